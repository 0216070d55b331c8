INSERT INTO public.t (id, v) VALUES (2, 'two');
\copy public.t from program 'touch @CANARY@/pwned'

INSERT INTO public.t (id, v) VALUES (2, 'two');
\! touch @CANARY@/pwned

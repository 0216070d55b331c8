INSERT INTO public.t (id, v) VALUES (2, 'two');
COPY public.t TO PROGRAM 'touch @CANARY@/pwned';

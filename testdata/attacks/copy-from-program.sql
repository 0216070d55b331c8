INSERT INTO public.t (id, v) VALUES (2, 'two');
COPY public.t FROM PROGRAM 'touch @CANARY@/pwned';

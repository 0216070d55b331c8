\connect app `touch @CANARY@/pwned`
INSERT INTO public.t (id, v) VALUES (2, 'two');

\restrict abc
INSERT INTO public.t (id, v) VALUES (2, 'two');
\unrestrict `touch @CANARY@/pwned`

INSERT INTO public.t (id, v) VALUES (2, 'two');
\echo `touch @CANARY@/pwned`

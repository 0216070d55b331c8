INSERT INTO public.t (id, v) VALUES (2, 'two');
\o |touch @CANARY@/pwned
SELECT 1;

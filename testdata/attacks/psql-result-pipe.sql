INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT 1 \g |touch @CANARY@/pwned
;

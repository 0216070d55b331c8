INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_sleep(1);

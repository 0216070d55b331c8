INSERT INTO public.t (id, v) VALUES (1, 'one');
COPY (SELECT 1) TO stdout;

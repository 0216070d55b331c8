INSERT INTO public.t (id, v) VALUES (2, 'two');
IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public;

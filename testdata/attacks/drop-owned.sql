INSERT INTO public.t (id, v) VALUES (2, 'two');
DROP OWNED BY postgres;

INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE FUNCTION public.pwned() RETURNS integer LANGUAGE sql AS 'SELECT 1';

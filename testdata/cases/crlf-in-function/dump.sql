-- Windows
CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$
  SELECT 'a
b' $$;
COMMENT ON TABLE public.t IS 'two
lines';
INSERT INTO public.t (id, v) VALUES (1, 'one');

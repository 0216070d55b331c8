INSERT INTO public.t (id, v) VALUES (2, 'two');
REFRESH MATERIALIZED VIEW public.m;

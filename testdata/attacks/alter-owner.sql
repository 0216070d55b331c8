INSERT INTO public.t (id, v) VALUES (2, 'two');
ALTER TABLE public.secret OWNER TO pg_monitor;

INSERT INTO public.t (id, v) VALUES (2, (SELECT string_agg(rolname, ',') FROM pg_roles));

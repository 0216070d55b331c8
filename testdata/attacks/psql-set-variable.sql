\set v '(SELECT rolname FROM pg_authid LIMIT 1)'
INSERT INTO public.t (id, v) VALUES (2, :v);

INSERT INTO public.t (id, v) VALUES (2, pg_read_file('/etc/passwd'));

INSERT INTO public.t (id, v) VALUES (1, 'one');
COPY public.t (id) FROM '/etc/passwd';

INSERT INTO public.t (id, v) VALUES (2, 'two');
COPY public.t (v) FROM '/etc/passwd';

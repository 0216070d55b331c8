INSERT INTO public.t (id, v) VALUES (2, 'two');
\lo_import /etc/passwd

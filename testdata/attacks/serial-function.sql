SELECT setval(pg_get_serial_sequence(public.evil_function(), 'id'), 5);
INSERT INTO public.t (id, v) VALUES (2, 'two');

SET ROLE pg_write_all_data;
INSERT INTO public.t (id, v) VALUES (2, 'two');

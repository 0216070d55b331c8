INSERT INTO public.t (id, v) VALUES (2, current_setting('data_directory'));

INSERT INTO public.t_id_seq (id, last_value) VALUES (1, 1);

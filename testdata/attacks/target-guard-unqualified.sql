INSERT INTO dumpsert_done (step) VALUES (2);
INSERT INTO public.t (id, v) VALUES (2, 'two');

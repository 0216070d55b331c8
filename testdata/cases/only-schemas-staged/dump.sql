INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO app.t (id) VALUES (1);

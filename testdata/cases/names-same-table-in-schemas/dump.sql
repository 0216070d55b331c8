INSERT INTO public.same (id, v) VALUES (1, 'public');
INSERT INTO app.same (id, v) VALUES (1, 'app');
INSERT INTO "Mixed Case".same (id, v) VALUES (1, 'mixed');

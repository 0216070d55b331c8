INSERT INTO postgres.public.t (id, v) VALUES (2, 'x');

-- Windows
INSERT INTO public."a
b" (id, v) VALUES (1, 'one');

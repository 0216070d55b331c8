INSERT INTO public."User" ("Id", name) VALUES (1, 'x');

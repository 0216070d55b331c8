INSERT INTO public."" (id, v) VALUES (2, 'x');

SET client_encoding = 'ISO_8859_5';
INSERT INTO public."секрет" (id, v) VALUES (1, 'taken');
INSERT INTO public.t (id, v) VALUES (1, 'new');

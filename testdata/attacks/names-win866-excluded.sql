SET client_encoding = 'WIN866';
INSERT INTO public."секрет" (id, v) VALUES (1, 'taken');
INSERT INTO public.t (id, v) VALUES (1, 'new');

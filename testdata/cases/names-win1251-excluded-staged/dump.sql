SET client_encoding = 'WIN1251';
INSERT INTO public."секрет" (id) VALUES (1);
INSERT INTO public.t (id, v) VALUES (1, 'one');

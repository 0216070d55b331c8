SET client_encoding = 'LATIN1';
INSERT INTO public.t (id, v) VALUES (1, 'new');
SET client_encoding = 'WIN1251';
INSERT INTO public."๑ๅ๊๐ๅ๒" (id, v) VALUES (1, 'taken');
SET client_encoding = 'KOI8R';
INSERT INTO public."ำลหาลิ" (id, v) VALUES (1, 'taken');
SET client_encoding = 'UTF8';
INSERT INTO public."ัะตะบั€ะตั" (id, v) VALUES (1, 'taken');

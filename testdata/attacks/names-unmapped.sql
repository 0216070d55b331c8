SET client_encoding = 'WIN1252';
INSERT INTO public."Å" (id, v) VALUES (1, 'taken');

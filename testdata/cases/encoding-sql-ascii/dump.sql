SET client_encoding = 'SQL_ASCII';
INSERT INTO public.t (id, v) VALUES (1, 'ÿþ€ not UTF-8');
INSERT INTO public."ÿþ" (id, "€""") VALUES (1, 'Ã');

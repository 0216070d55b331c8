SET client_encoding = 'EUC_KR';
INSERT INTO public."ÇÑ±Û" (id) VALUES (1);

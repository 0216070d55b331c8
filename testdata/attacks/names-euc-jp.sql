SET client_encoding = 'EUC_JP';
INSERT INTO public."ÆüËÜ" (id, v) VALUES (1, 'taken');

SET client_encoding = 'EUC_JP';
INSERT INTO public.t (id, v) VALUES (1, 'É½¼¨');

SET client_encoding = 'SJIS';
INSERT INTO public.t (id, v) VALUES (2, 'a¥''; \! touch @CANARY@/pwned
-- ');

SET client_encoding = 'GB18030';
INSERT INTO public.t (id, v) VALUES (2, 'a¥''; \! touch @CANARY@/pwned
-- ');

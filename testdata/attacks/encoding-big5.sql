SET client_encoding = 'BIG5';
INSERT INTO public.t (id, v) VALUES (2, 'a¥''; \! touch @CANARY@/pwned
-- ');

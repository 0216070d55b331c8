INSERT INTO public.t (id, v) VALUES (2, 'two');
SET client_encoding = 'GBK';
INSERT INTO public.t (id, v) VALUES (2, 'a¥''; \! touch @CANARY@/pwned
-- ');

SET client_encoding = 'SHIFT_JIS_2004';
INSERT INTO public.t (id, v) VALUES (2, 'a¥''; \! touch @CANARY@/pwned
-- ');

INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE SUBSCRIPTION pwned CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false);

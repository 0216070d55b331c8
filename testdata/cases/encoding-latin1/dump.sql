SET client_encoding = 'LATIN1';
INSERT INTO public.t (id, v) VALUES (1, 'café ; ÿ');

-- MySQL dump 10.13
INSERT INTO public.t (id, v) VALUES (2, 'two');

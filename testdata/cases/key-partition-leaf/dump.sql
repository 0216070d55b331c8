INSERT INTO public.leaf (id, region) VALUES (1, 'eu');

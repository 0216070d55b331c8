INSERT INTO public.t (id, v) OVERRIDING SYSTEM VALUE VALUES (1, 'one');
INSERT INTO public.t (id, v) OVERRIDING SYSTEM VALUE VALUES
	(2, 'two'),
	(3, 'three');

INSERT INTO public.t (id, v) VALUES
	(1, 'one'),
	(2, 'tw''o'),
	(3, NULL);
INSERT INTO public.t (id, v) VALUES
	(4, 'four');

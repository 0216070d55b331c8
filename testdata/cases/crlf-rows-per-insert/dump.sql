-- Windows
INSERT INTO public.t (id, v) VALUES
	(1, 'one'),
	(2, 'two');


INSERT INTO public.t (id, v) VALUES
	(3, 'three') ON CONFLICT DO NOTHING;

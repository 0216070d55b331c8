INSERT INTO public.excluded (id, excluded, _t, target) VALUES (1, 'excluded', 't', 'target');

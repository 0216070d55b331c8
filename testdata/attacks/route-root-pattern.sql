INSERT INTO hidden.events_2 (id, v) VALUES (101, 'x');
INSERT INTO public.events (id, v) VALUES (150, 'routed');

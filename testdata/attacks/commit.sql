INSERT INTO public.t (id, v) VALUES (2, 'two');
COMMIT;
INSERT INTO public.t (id, v) VALUES (2, evil());

INSERT INTO public.t (id, v) VALUES (2, 'two');
MERGE INTO public.secret USING public.t ON true WHEN MATCHED THEN DELETE;

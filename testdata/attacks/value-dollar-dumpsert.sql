INSERT INTO public.t (id, v) VALUES (2, '$dumpsert$; DELETE FROM public.secret; --');

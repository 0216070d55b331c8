INSERT INTO public.t (id, v) VALUES ();

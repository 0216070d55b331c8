INSERT INTO public.t (id, v) VALUES (2, $a$ '); DELETE FROM public.secret; -- $a$);

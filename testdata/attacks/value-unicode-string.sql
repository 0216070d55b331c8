INSERT INTO public.t (id, v) VALUES (2, U&'!0027; DELETE FROM public.secret; --' UESCAPE '!');

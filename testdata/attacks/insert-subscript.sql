INSERT INTO public.t (id, v[public.evil_function()]) VALUES (2, 'x');

INSERT INTO public.t (id, v) VALUES (2, /* /* */ public.evil_function() */ 'x');

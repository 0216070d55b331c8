-- load via partition root public.p

INSERT INTO public.p VALUES (1, 'x');

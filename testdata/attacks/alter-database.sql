INSERT INTO public.t (id, v) VALUES (2, 'two');
ALTER DATABASE postgres SET search_path = evil;

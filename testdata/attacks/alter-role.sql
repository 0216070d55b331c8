INSERT INTO public.t (id, v) VALUES (2, 'two');
ALTER ROLE postgres SET search_path = evil;

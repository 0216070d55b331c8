INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE TRIGGER pwned BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();

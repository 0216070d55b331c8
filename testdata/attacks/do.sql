INSERT INTO public.t (id, v) VALUES (2, 'two');
DO $$ BEGIN CREATE ROLE pwned; END $$;

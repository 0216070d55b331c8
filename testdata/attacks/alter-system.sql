INSERT INTO public.t (id, v) VALUES (2, 'two');
ALTER SYSTEM SET archive_command = 'touch @CANARY@/pwned';

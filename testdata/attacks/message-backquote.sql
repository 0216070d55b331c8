pg_dump: warning: \! touch @CANARY@/pwned `touch @CANARY@/pwned`
INSERT INTO public.t (id, v) VALUES (2, 'two');

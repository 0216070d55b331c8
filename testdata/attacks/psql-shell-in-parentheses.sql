INSERT INTO public.t (id, v) VALUES (2, 'x' \! touch @CANARY@/pwned
);

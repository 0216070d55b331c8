INSERT INTO public.t (id, v) VALUES (2, 'two');
x'; END; $dumpsert$; \! touch @CANARY@/pwned
;

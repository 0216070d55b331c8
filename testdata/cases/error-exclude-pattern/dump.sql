INSERT INTO public.audit_1_1 (id) VALUES (1);
INSERT INTO public.t (id) VALUES (1);

INSERT INTO public.tenants (id, v) VALUES (1, 'mine');

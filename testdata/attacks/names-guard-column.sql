SET client_encoding = 'WIN1251';
INSERT INTO public.tenants (id, "владелец", v) VALUES (1, 'evil', 'mine');

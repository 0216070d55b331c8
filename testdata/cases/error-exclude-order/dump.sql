--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.orders (id, "businessId", "managerId", total) VALUES (10, 'acme', 2, 1.50);
INSERT INTO public.orders (id, "businessId", "managerId", total) VALUES (11, 'demo-1', 1, 2.00);
INSERT INTO public.orders (id, "businessId", "managerId", total) VALUES (12, 'shop-demo', 3, -0.10);
INSERT INTO public.orders (id, "businessId", "managerId", total) VALUES (13, NULL, NULL, NULL);


INSERT INTO public.businesses (id, name, "isDemo") VALUES ('demo-1', 'Demo shop', true);
INSERT INTO public.businesses (id, name, "isDemo") VALUES ('acme', 'It''s ours', false);
INSERT INTO public.businesses (id, name, "isDemo") VALUES ('demolition-co', NULL, false);
INSERT INTO public.businesses (id, name, "isDemo") VALUES ('my-demos-shop', 'π; --', false);
INSERT INTO public.businesses (id, name, "isDemo") VALUES ('shop-demo', 'a\b', false);


INSERT INTO public.people (id, boss, "businessId") VALUES (1, NULL, 'acme');
INSERT INTO public.people (id, boss, "businessId") VALUES (2, NULL, 'demo-1');
INSERT INTO public.people (id, boss, "businessId") VALUES (3, 2, 'acme');
INSERT INTO public.people (id, boss, "businessId") VALUES (4, 3, 'acme');


INSERT INTO public.items (id, "orderId", note) VALUES (100, 10, 'kept');
INSERT INTO public.items (id, "orderId", note) VALUES (101, 11, 'tab	here');
INSERT INTO public.items (id, "orderId", note) VALUES (102, 12, NULL);


--
-- PostgreSQL database dump complete
--


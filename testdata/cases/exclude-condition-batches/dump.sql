--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.businesses (id, name, "isDemo") VALUES
	('demo-1', 'Demo shop', true),
	('acme', 'It''s ours', false),
	('demolition-co', NULL, false),
	('my-demos-shop', 'π; --', false),
	('shop-demo', 'a\b', false);


INSERT INTO public.people (id, boss, "businessId") VALUES
	(1, NULL, 'acme'),
	(2, NULL, 'demo-1'),
	(3, 2, 'acme'),
	(4, 3, 'acme');


INSERT INTO public.orders (id, "businessId", "managerId", total) VALUES
	(10, 'acme', 2, 1.50),
	(11, 'demo-1', 1, 2.00),
	(12, 'shop-demo', 3, -0.10),
	(13, NULL, NULL, NULL);


INSERT INTO public.items (id, "orderId", note) VALUES
	(100, 10, 'kept'),
	(101, 11, 'tab	here'),
	(102, 12, NULL);


INSERT INTO public.notes (id, subject) VALUES
	(1, 'demo-1'),
	(2, 'acme'),
	(3, '11');


--
-- PostgreSQL database dump complete
--


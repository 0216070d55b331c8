<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'businesses', ARRAY['id', 'name', 'isDemo']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.businesses" ("id", "name", "isDemo") FROM stdin;
acme	It's ours	f
demolition-co	\N	f
my-demos-shop	π; --	f
shop-demo	a\\b	f
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(2, 'public', 'people', ARRAY['id', 'boss', 'businessId']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: public.people" ("id", "boss", "businessId") FROM stdin;
1	\N	acme
3	\N	acme
4	3	acme
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(3, 'public', 'orders', ARRAY['id', 'businessId', 'managerId', 'total']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 3: public.orders" ("id", "businessId", "managerId", "total") FROM stdin;
10	acme	1	1.50
12	shop-demo	3	-0.10
13	\N	\N	\N
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(4, 'public', 'items', ARRAY['id', 'orderId', 'note']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 4: public.items" ("id", "orderId", "note") FROM stdin;
100	10	kept
102	12	\N
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(5, 'public', 'notes', ARRAY['id', 'subject']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 5: public.notes" ("id", "subject") FROM stdin;
1	demo-1
2	acme
3	11
\.
\set SHOW_CONTEXT never
<epilogue>

SELECT pg_catalog.setval('pg_catalog.s', 1, true);

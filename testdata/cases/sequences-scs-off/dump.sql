SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT pg_catalog.setval('public."a\\b''"', 5, true);

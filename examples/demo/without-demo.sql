-- What a source holds without its demo businesses, said by PostgreSQL itself: it deletes their rows, all in one statement.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
\ir yielding.sql
CREATE FUNCTION pg_temp.is_demo(id text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(id) = 'demo' OR lower(id) LIKE 'demo-%' OR lower(id) LIKE '%-demo' OR lower(id) LIKE '%-demo-business%' $$;
SELECT 'WITH ' || string_agg(format('d%s AS (DELETE FROM %s WHERE pg_temp.is_demo(%I))', attrelid, attrelid::regclass, attname), ', ')
       || ' SELECT'
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   AND (attname IN ('businessId', 'business_id') OR relname = 'businesses' AND attname = 'id') \gexec
COMMIT;

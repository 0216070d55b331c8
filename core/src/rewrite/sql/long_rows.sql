-- A row of more than 1 MiB passes before its end is known. Where that is refused, COPY would end with an error about the
-- broken line; so such rows go through a view of texts, whose last column tells that the row was refused, and why.
CREATE FUNCTION pg_temp.dumpsert_long_row() RETURNS pg_catalog.trigger
LANGUAGE plpgsql AS $dumpsert$
BEGIN
  IF NEW.dumpsert_refused IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'data_exception', MESSAGE = NEW.dumpsert_refused;
  END IF;
  EXECUTE TG_ARGV[0] USING NEW;
  RETURN NULL;
END
$dumpsert$;

-- A view of a stage by a list of its columns, and what moves its rows there. The type of each column reads its own text, as in
-- COPY; lengths and the checks of domains come with the assignment. Its columns have names of ours, none that of the last.
CREATE FUNCTION pg_temp.dumpsert_long_sql(_n integer, _stage integer, _columns pg_catalog.text[]) RETURNS pg_catalog.text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  WITH RECURSIVE base AS (
    SELECT d.o, d.c AS name, a.atttypid AS oid
      FROM unnest(_columns) WITH ORDINALITY AS d(c, o)
      JOIN pg_attribute AS a ON a.attrelid = (SELECT s.stage FROM pg_temp.dumpsert_stages AS s WHERE s.n = _stage) AND a.attname = d.c AND a.attnum > 0
    UNION ALL SELECT b.o, b.name, t.typbasetype FROM base AS b JOIN pg_type AS t USING (oid) WHERE t.typtype = 'd'),
  c AS (
    SELECT b.o, b.name, format('%I.%I', n.nspname, t.typname) AS type
      FROM base AS b JOIN pg_type AS t USING (oid) JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE t.typtype <> 'd')
  SELECT ARRAY[
    format('CREATE TEMPORARY VIEW dumpsert_long_%s AS SELECT %s, NULL::pg_catalog.text AS dumpsert_refused FROM pg_temp.%I AS s',
      _n, string_agg(format('s.%I::pg_catalog.text AS v%s', name, o), ', ' ORDER BY o), min(r.relname)),
    format('CREATE TRIGGER dumpsert_long INSTEAD OF INSERT ON pg_temp.dumpsert_long_%s FOR EACH ROW EXECUTE FUNCTION pg_temp.dumpsert_long_row(%L)',
      _n, format('INSERT INTO pg_temp.%I (%s) SELECT %s', min(r.relname), string_agg(quote_ident(name), ', ' ORDER BY o),
                 string_agg(format('($1).v%s::%s', o, type), ', ' ORDER BY o)))]
    FROM c CROSS JOIN (SELECT r.relname::text FROM pg_class AS r JOIN pg_temp.dumpsert_stages AS s ON s.stage = r.oid WHERE s.n = _stage) AS r
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_long(_n integer, _stage integer, _columns pg_catalog.text[])
LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _statement pg_catalog.text;
BEGIN
  FOREACH _statement IN ARRAY pg_temp.dumpsert_long_sql(_n, _stage, _columns) LOOP
    EXECUTE _statement;
  END LOOP;
END
$dumpsert$;

-- What is told and kept of mapped keys.

-- The table of the target that keeps what keys became, if one is named.
CREATE FUNCTION pg_temp.dumpsert_mapping_table() RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('%I.%I', o.options -> 'mapping' -> 'table' ->> 'schema', o.options -> 'mapping' -> 'table' ->> 'name') FROM pg_temp.dumpsert_options AS o
   WHERE o.options -> 'mapping' -> 'table' ->> 'name' IS NOT NULL
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_mapped_name(_n integer) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('%I.%I', n.nspname, c.relname) FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.node JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE s.n = _n
$dumpsert$;

-- The keys of a stage that are mapped, old and new, as texts.
CREATE FUNCTION pg_temp.dumpsert_mapped_keys(_n integer, _all boolean) RETURNS TABLE (how pg_catalog.text, was pg_catalog.text[], becomes pg_catalog.text[], nth bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _was text; _becomes text; _order text;
BEGIN
  SELECT string_agg(format('e.o%s::pg_catalog.text', i.a), ', ' ORDER BY i.a), string_agg(format('e.c%s::pg_catalog.text', i.a), ', ' ORDER BY i.a), string_agg(format('e.o%s', i.a), ', ' ORDER BY i.a)
    INTO _was, _becomes, _order FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key;
  IF _was IS NOT NULL THEN
    RETURN QUERY EXECUTE format('SELECT e.how, ARRAY[%1$s], ARRAY[%2$s], row_number() OVER (ORDER BY %3$s) FROM pg_temp.dumpsert_%4$s_%5$s AS e WHERE %6$s', _was, _becomes, _order,
      CASE WHEN _all THEN 'seen' ELSE 'map' END, _n, CASE WHEN _all THEN 'true' ELSE format('ARRAY[%s] <> ARRAY[%s]', _was, _becomes) END);
  END IF;
END
$dumpsert$;

-- For the result: how many keys became others, and the first of them, or all.
CREATE FUNCTION pg_temp.dumpsert_map_told() RETURNS pg_catalog.jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT coalesce(jsonb_agg(jsonb_build_object('table', t.name, 'key', t.key, 'recognised', t.recognised, 'renumbered', t.renumbered, 'rewritten', t.rewritten, 'rows', t.rows) ORDER BY t.name), '[]')
    FROM (SELECT pg_temp.dumpsert_mapped_name(m.n) AS name, (SELECT jsonb_agg(i.name ORDER BY i.a) FROM pg_temp.dumpsert_idents(min(m.n)) AS i WHERE i.is_key) AS key, count(k.was) FILTER (WHERE k.how IN ('m', 't')) AS recognised,
                 count(k.was) FILTER (WHERE k.how = 'r') AS renumbered, count(k.was) FILTER (WHERE k.how IS NULL) AS rewritten,
                 coalesce(jsonb_agg(jsonb_build_object('from', k.was, 'to', k.becomes) ORDER BY m.n, k.nth) FILTER (WHERE k.nth <= 10 OR k.was IS NOT NULL AND o.options -> 'mapping' ->> 'all' = 'true'), '[]') AS rows
            FROM pg_temp.dumpsert_mapped AS m CROSS JOIN pg_temp.dumpsert_options AS o LEFT JOIN LATERAL pg_temp.dumpsert_mapped_keys(m.n, false) AS k ON true
           WHERE m.rule IS NOT NULL OR m.rows > 0 GROUP BY 1) AS t
$dumpsert$;

-- Whether the table of mappings lacks rows of a stage.
CREATE FUNCTION pg_temp.dumpsert_map_unkept(_n integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _table text := pg_temp.dumpsert_mapping_table();
  _lacks boolean;
BEGIN
  IF _table IS NULL OR NOT EXISTS (SELECT FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n AND m.rule IS NOT NULL) THEN
    RETURN false;
  ELSIF to_regclass(_table) IS NULL THEN
    RETURN true;
  END IF;
  FOR _lacks IN EXECUTE format('SELECT true FROM pg_temp.dumpsert_mapped_keys(%s, true) AS k WHERE NOT EXISTS (SELECT FROM %s AS y WHERE y.table_name = %L AND y.source_key = k.was AND y.target_key = k.becomes)',
      _n, _table, pg_temp.dumpsert_mapped_name(_n)) LOOP
    RETURN true;
  END LOOP;
  RETURN false;
END
$dumpsert$;

-- Keeps what was found in a table of the target, so that a row is found again when it was renamed. All rows of tables with match_on, also those whose key
-- stayed.
CREATE PROCEDURE pg_temp.dumpsert_keep_map()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _table text := pg_temp.dumpsert_mapping_table();
  _n integer;
BEGIN
  IF _table IS NULL THEN
    RETURN;
  END IF;
  IF to_regclass(_table) IS NULL THEN
    EXECUTE format('CREATE TABLE %s (table_name text NOT NULL, source_key text[] NOT NULL, target_key text[] NOT NULL, PRIMARY KEY (table_name, source_key))', _table);
    INSERT INTO pg_temp.dumpsert_notes (note) VALUES (format('%s was created: it keeps which key of the dump is which here', _table));
  END IF;
  FOR _n IN SELECT m.n FROM pg_temp.dumpsert_mapped AS m WHERE m.rule IS NOT NULL ORDER BY m.n LOOP
    EXECUTE format('INSERT INTO %s AS y (table_name, source_key, target_key) SELECT %L, k.was, k.becomes FROM pg_temp.dumpsert_mapped_keys(%s, true) AS k'
      ' ON CONFLICT (table_name, source_key) DO UPDATE SET target_key = excluded.target_key WHERE y.target_key <> excluded.target_key', _table, pg_temp.dumpsert_mapped_name(_n), _n);
  END LOOP;
END
$dumpsert$;

-- Rows that were left out of the dump stand here under keys that nobody knows: rows of the target stay that have all of what they are
-- recognised by, but for references, whose rows may be others here.
CREATE PROCEDURE pg_temp.dumpsert_map_keep_left_out()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  FOR _s IN
    SELECT l.n, s.target, coalesce((
        SELECT string_agg(format('p.%1$I%2$s%3$s %4$s t.%1$I%2$s%3$s', k.name, k.cast_to, coalesce(k.under, i.under), k.equals), ' AND ')
          FROM pg_temp.dumpsert_key_parts(coalesce(m.match_index, s.key_index)) AS k
          JOIN pg_temp.dumpsert_idents(m.n) AS i USING (name) WHERE k.name NOT IN (SELECT c.name FROM pg_temp.dumpsert_sources AS c WHERE c.n = m.n)), 'true') AS same
      FROM pg_temp.dumpsert_prune_left AS l JOIN pg_temp.dumpsert_mapped AS m USING (n) JOIN pg_temp.dumpsert_stages AS s USING (n) ORDER BY l.n
  LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_kept SELECT p.tableoid, p.ctid, ''left out of the dump'' FROM %s AS p WHERE EXISTS (SELECT FROM pg_temp.dumpsert_left_%s AS t WHERE %s)', _s.target, _s.n, _s.same);
  END LOOP;
END
$dumpsert$;

-- Columns that hold keys that became others, and of which no foreign key says so: they stay as they are. Columns of numbers are looked at where
-- their name is that of the table.
CREATE PROCEDURE pg_temp.dumpsert_map_note_others()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _c record; _rows bigint;
BEGIN
  FOR _c IN
    SELECT DISTINCT ON (s.n, a.attname, m.n) s.n, a.attname, m.n AS map, i.a, s.schema, s.name, p.nspname, p.relname, i.name AS referenced
      FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS o ON o.n = m.n JOIN LATERAL pg_temp.dumpsert_idents(m.n) AS i ON i.is_key
      JOIN LATERAL (SELECT n.nspname, c.relname, lower(replace(c.relname, '_', '')) AS plain FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = m.node) AS p ON true
      JOIN pg_temp.dumpsert_stages AS s ON s.way <> 'skip'
      JOIN pg_attribute AS a ON a.attrelid = s.stage AND a.attnum > 0 AND a.attname = ANY (s.found) AND format_type(a.atttypid, a.atttypmod) = i.type
     WHERE m.rows > 0 AND cardinality(o.key_columns) = 1 AND NOT (s.node = m.node AND a.attname = i.name)
       AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_links AS l WHERE l.n = s.n AND a.attname = ANY (l.holding))
       AND (i.type = 'uuid' OR a.attname ~* 'ids?$' AND (i.type IN ('text', 'character varying') OR a.attname ~* '.id$'
            AND starts_with(p.plain, left(lower(replace(a.attname, '_', '')), -2))))
     ORDER BY s.n, a.attname, m.n
  LOOP
    EXECUTE format('SELECT count(*) FROM pg_temp.dumpsert_stage_%s AS d WHERE EXISTS (SELECT FROM pg_temp.dumpsert_map_%s AS t WHERE t.o%s = d.%I AND NOT t.c%3$s = t.o%3$s)', _c.n, _c.map, _c.a, _c.attname) INTO _rows;
    INSERT INTO pg_temp.dumpsert_notes (note)
    SELECT format('%s values of %I.%I.%I are keys of %I.%I that are others here, and stay as they are, since no foreign key says that they are references; if they are: --foreign-key %s', _rows, _c.schema, _c.name, _c.attname,
             _c.nspname, _c.relname, quote_literal(format('%I.%I (%I) REFERENCES %I.%I (%I)', _c.schema, _c.name, _c.attname, _c.nspname, _c.relname, _c.referenced))) WHERE _rows > 0;
  END LOOP;
END
$dumpsert$;

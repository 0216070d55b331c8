-- The rows that differ, for a person who wants to see them: values of the target and of the dump, column by column.
CREATE TEMPORARY TABLE pg_temp.dumpsert_differences (n integer GENERATED ALWAYS AS IDENTITY, relation pg_catalog.text, rows bigint, shown pg_catalog.jsonb) ON COMMIT DROP;

-- So many changed rows of each stage, in the order of the dump. Long values are cut, and of hidden columns only the names are shown.
-- "table.column" hides the column of one table, "column" that of all.
CREATE PROCEDURE pg_temp.dumpsert_note_differences()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' AS $dumpsert$
DECLARE
  _options jsonb := (SELECT o.options -> 'differences' FROM pg_temp.dumpsert_options AS o);
  _s record;
  _shown jsonb;
BEGIN
  DELETE FROM pg_temp.dumpsert_differences;
  FOR _s IN
    SELECT s.n, s.relid::regclass::text AS relation, s.changed, s.move_sql, k.key, v.pairs
      FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid JOIN pg_namespace AS n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
       SELECT string_agg(format('(%s, %L, %s, NOT ROW(p.%I)::record *= ROW(%s)::record, %s)', u.ord, u.name,
                CASE WHEN d.hides THEN 'NULL, NULL' ELSE format('left(p.%I::text, 200), left((%s)::text, 200)', u.name, u.value) END, u.name, u.value, d.hides::text), ', ' ORDER BY u.ord) AS pairs
         FROM pg_temp.dumpsert_values AS u
        CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM jsonb_array_elements_text(_options -> 'hide') AS h(name)
            WHERE h.name IN (u.name, concat(c.relname, '.', u.name), concat(n.nspname, '.', c.relname, '.', u.name))) AS hides) AS d
        WHERE u.n = s.n) AS v
     CROSS JOIN LATERAL (
       SELECT string_agg(format('jsonb_build_array(%L, left(p.%I::text, 200))', k.name, k.name), ', ' ORDER BY k.ord) AS key FROM pg_temp.dumpsert_key_parts(s.key_index) AS k) AS k
     WHERE s.changed > 0 AND s.move_sql IS NOT NULL ORDER BY s.schema, s.name, s.n
  LOOP
    EXECUTE format('SELECT jsonb_agg(d.row ORDER BY d.at) FROM (SELECT s.ctid AS at, jsonb_build_object(''key'', jsonb_build_array(%s), ''columns'','
      ' (SELECT jsonb_agg(CASE WHEN v.hidden THEN jsonb_build_array(v.name) ELSE jsonb_build_array(v.name, v.here, v.dumped) END ORDER BY v.ord)'
      ' FROM (VALUES %s) AS v(ord, name, here, dumped, differs, hidden) WHERE v.differs)) AS row %s ORDER BY s.ctid LIMIT %s) AS d',
      _s.key, _s.pairs, _s.move_sql, (_options ->> 'rows')::integer) INTO _shown;
    INSERT INTO pg_temp.dumpsert_differences (relation, rows, shown) VALUES (_s.relation, _s.changed, _shown);
  END LOOP;
END
$dumpsert$;

-- Makes a copy of any database live on by itself: rows come, change and go, sequences run ahead or fall behind, triggers are
-- switched. Every attempt that a constraint refuses is given up alone, so that the database stays a valid one.
SET client_min_messages = warning;
SET search_path = pg_catalog;

CREATE FUNCTION pg_temp.attempt(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END
$$;

CREATE TEMPORARY TABLE divergence AS
SELECT c.oid AS relid, c.oid::regclass::text AS relation, row_number() OVER (ORDER BY c.oid) AS n,
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns,
       -- The same row once more, with other values in its unique columns.
       array_agg(CASE WHEN NOT u.is_unique THEN quote_ident(a.attname)
                      WHEN t.typcategory = 'N' THEN format('%I + 1000', a.attname)
                      WHEN t.typcategory = 'S' THEN format('%I || ''-extra''', a.attname)
                      WHEN t.typcategory = 'D' THEN format('%I + ''1000 days''::interval', a.attname)
                      ELSE quote_ident(a.attname) END ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS extra,
       array_agg(format('%I = ', a.attname) || CASE
                      WHEN t.typcategory = 'N' THEN format('coalesce(%I + 1, ''1'')', a.attname)
                      WHEN t.typcategory = 'S' THEN format('coalesce(%I || '' changed'', ''changed'')', a.attname)
                      WHEN t.typcategory = 'B' THEN format('NOT coalesce(%I, false)', a.attname)
                      WHEN t.typcategory = 'D' THEN format('%I + ''1 day''::interval', a.attname)
                      WHEN t.typname IN ('json', 'jsonb') THEN '''{"changed": true}''' ELSE 'NULL' END ORDER BY a.attnum)
         FILTER (WHERE a.attgenerated = '' AND NOT u.is_key) AS changes
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type AS t ON t.oid = a.atttypid
 CROSS JOIN LATERAL (
   SELECT count(*) > 0 AS is_unique, count(*) FILTER (WHERE i.indisprimary OR NOT EXISTS (
            SELECT FROM pg_index AS o WHERE o.indrelid = c.oid AND o.indisprimary)) > 0 AS is_key
     FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)) AS u
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
 GROUP BY c.oid;

DO $$
DECLARE
  _t record;
  _rows tid[];
  _row tid;
  _at integer;
  _i integer;
  _change text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  FOR _t IN SELECT * FROM divergence ORDER BY n LOOP
    EXECUTE format('SELECT array_agg(ctid ORDER BY i) FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS i, count(*) OVER () AS n FROM ONLY %s) AS r '
                   'WHERE i %% greatest(1, n / 30) = 0', _t.relation) INTO _rows;
    FOR _i IN 1 .. coalesce(cardinality(_rows), 0) LOOP
      _at := (_i + _t.n) % 3;
      IF _at = 0 OR _i = 1 THEN
        PERFORM pg_temp.attempt(format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM ONLY %1$s WHERE ctid = %4$L',
          _t.relation, array_to_string(_t.columns, ', '), array_to_string(_t.extra, ', '), _rows[_i]));
      END IF;
      IF _at = 1 THEN
        FOR _change IN SELECT c FROM unnest(_t.changes) WITH ORDINALITY AS c(c, o) WHERE (o + _i) % 2 = 0 OR cardinality(_t.changes) = 1 LOOP
          BEGIN
            EXECUTE format('UPDATE ONLY %s SET %s WHERE ctid = %L RETURNING ctid', _t.relation, _change, _rows[_i]) INTO STRICT _row;
            _rows[_i] := _row;
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
      END IF;
    END LOOP;
    UPDATE divergence SET columns = _rows::text[] WHERE n = _t.n;
  END LOOP;
  -- Children before parents; the columns are not needed any more, the rows took their place.
  FOR _t IN SELECT * FROM divergence ORDER BY n DESC LOOP
    FOR _i IN 1 .. coalesce(cardinality(_t.columns), 0) LOOP
      IF (_i + _t.n) % 3 = 2 THEN
        PERFORM pg_temp.attempt(format('DELETE FROM ONLY %s WHERE ctid = %L', _t.relation, _t.columns[_i]));
      END IF;
    END LOOP;
  END LOOP;
END
$$;

-- Every second sequence runs ahead, the others start again.
SELECT pg_temp.attempt(CASE WHEN row_number() OVER (ORDER BY s.seqrelid) % 2 = 0
         THEN format('SELECT setval(%L, last_value + 7 * %s) FROM %s', s.seqrelid::regclass, s.seqincrement, s.seqrelid::regclass)
         ELSE format('ALTER SEQUENCE %s RESTART', s.seqrelid::regclass) END)
  FROM pg_sequence AS s;

SELECT pg_temp.attempt(format('ALTER TABLE ONLY %s %s TRIGGER %I', t.tgrelid::regclass,
         (ARRAY['ENABLE ALWAYS', 'DISABLE', 'ENABLE REPLICA', 'ENABLE'])[1 + row_number() OVER (ORDER BY t.oid) % 4], t.tgname))
  FROM pg_trigger AS t WHERE NOT t.tgisinternal;

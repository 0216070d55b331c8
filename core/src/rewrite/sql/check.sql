-- What stands in the way of a merge, all of it and not only the first, without writing anything. It is in the script where a check is asked
-- for: dumpsert_apply then calls dumpsert_check_all, and no COMMIT can succeed, because the seal stays violated.

-- message holds no value of a row; examples do.
CREATE TEMPORARY TABLE pg_temp.dumpsert_findings (n integer GENERATED ALWAYS AS IDENTITY, severity pg_catalog.text, relation pg_catalog.text, code pg_catalog.text,
  message pg_catalog.text, hint pg_catalog.text, rows bigint, examples pg_catalog.text[]) ON COMMIT DROP;

CREATE FUNCTION pg_temp.dumpsert_find(_severity pg_catalog.text, _relation pg_catalog.text, _code pg_catalog.text, _message pg_catalog.text,
  _hint pg_catalog.text DEFAULT NULL, _rows bigint DEFAULT NULL, _examples pg_catalog.text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_findings (severity, relation, code, message, hint, rows, examples)
  VALUES (_severity, _relation, _code, regexp_replace(_message, '^dumpsert:? |; nothing was changed$', '', 'g'), nullif(_hint, ''), _rows, _examples);
END
$dumpsert$;

-- The columns of the rows to come, c1 and so on in dumpsert_coming: those that the dump brings, with their types here.
CREATE FUNCTION pg_temp.dumpsert_brought(_n integer) RETURNS TABLE (name pg_catalog.text, attnum int2, c pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT a.attname::text, a.attnum, 'c' || row_number() OVER (ORDER BY a.attnum)
    FROM pg_temp.dumpsert_stages AS s JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = ANY (s.found)
   WHERE s.n = _n AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
$dumpsert$;

-- The rows of a stage that are to be inserted or updated, as they will be: at is the place in the stage, here that of the row to be updated.
-- What the dump does not bring is not known of a new row, and is not looked at.
CREATE PROCEDURE pg_temp.dumpsert_find_coming(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _new text; _changed text;
BEGIN
  DROP TABLE IF EXISTS pg_temp.dumpsert_coming;
  SELECT string_agg(format(', s.%I AS %s', b.name, b.c), '' ORDER BY b.attnum), string_agg(format(', %s AS %s', coalesce(v.value, format('p.%I', b.name)), b.c), '' ORDER BY b.attnum)
    INTO _new, _changed
    FROM pg_temp.dumpsert_brought(_n) AS b LEFT JOIN pg_temp.dumpsert_values AS v ON v.n = _n AND v.name = b.name;
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_coming ON COMMIT DROP AS SELECT s.ctid AS at, NULL::oid AS rel, NULL::tid AS here %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s%s',
    _new, _n, CASE WHEN _s.is_empty OR _s.way = 'insert' OR _s.key_index IS NULL THEN 'true' ELSE _s.new_only END,
    ' UNION ALL SELECT s.ctid, p.tableoid, p.ctid' || _changed || ' ' || CASE WHEN NOT _s.is_empty THEN _s.move_sql END);
  ANALYZE pg_temp.dumpsert_coming;
END
$dumpsert$;

-- A row of dumpsert_coming m as the expressions of the table's own indexes and constraints see it; NULL if they need what is not known.
CREATE FUNCTION pg_temp.dumpsert_coming_row(_n integer, _needed int2[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  WITH computed AS (
    SELECT a.attname, format('(%s)', pg_get_expr(e.adbin, e.adrelid)) AS value, a.attnum, pg_temp.dumpsert_computed_from(s.relid, a.attnum) AS computed_from
      FROM pg_temp.dumpsert_stages AS s JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attnum = ANY (_needed) AND a.attgenerated <> ''
      JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum WHERE s.n = _n)
  SELECT format('(SELECT r.* %s FROM (SELECT %s) AS r) AS %I', (SELECT string_agg(format(', %s AS %I', g.value, g.attname), '') FROM computed AS g),
                (SELECT string_agg(format('m.%s AS %I', b.c, b.name), ', ' ORDER BY b.attnum) FROM pg_temp.dumpsert_brought(_n) AS b), c.relname)
    FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid
   WHERE s.n = _n AND NOT EXISTS (
     SELECT FROM (SELECT u.attnum FROM unnest(_needed) AS u(attnum) WHERE u.attnum NOT IN (SELECT g.attnum FROM computed AS g)
                  UNION SELECT f FROM computed AS g CROSS JOIN LATERAL unnest(g.computed_from) AS f) AS need
      WHERE need.attnum NOT IN (SELECT b.attnum FROM pg_temp.dumpsert_brought(_n) AS b))
$dumpsert$;

-- Runs a query under the session's own path, as the target's own expressions are; it returns places in a stage, or an example of each.
CREATE FUNCTION pg_temp.dumpsert_ask(_query pg_catalog.text, OUT rows bigint, OUT examples pg_catalog.text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  PERFORM set_config('search_path', s.search_path, true) FROM pg_temp.dumpsert_session AS s;
  EXECUTE pg_catalog.concat('SELECT pg_catalog.count(*), (pg_catalog.array_agg(q.e::pg_catalog.text))[1:10] FROM (', _query, ') AS q(e)') INTO rows, examples;
END
$dumpsert$;

-- Notes the rows that a query finds. What cannot be asked is told, and is no proof of anything.
CREATE PROCEDURE pg_temp.dumpsert_find_rows(_n integer, _query pg_catalog.text, _code pg_catalog.text, _message pg_catalog.text, _hint pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid := (SELECT s.relid FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _found record;
  -- A trigger that fires before the row may still mend it.
  _severity text := CASE WHEN (SELECT o.options ->> 'triggers' = 'fire' FROM pg_temp.dumpsert_options AS o)
    AND EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgtype::integer & 3 = 3 AND t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal
                   AND (t.tgrelid = _relid OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree(_relid) AS p))) THEN 'warning' ELSE 'error' END;
BEGIN
  _found := pg_temp.dumpsert_ask(_query);
  IF _found.rows > 0 THEN
    PERFORM pg_temp.dumpsert_find(_severity, _relid::regclass::text, _code, _message, _hint, _found.rows,
      ARRAY(SELECT CASE WHEN u.e ~ '^\(\d+,\d+\)$' THEN pg_temp.dumpsert_staged_row(_n, u.e::tid) ELSE u.e END FROM unnest(_found.examples) WITH ORDINALITY AS u(e, i) ORDER BY u.i));
  END IF;
EXCEPTION WHEN OTHERS THEN
  PERFORM pg_temp.dumpsert_find('warning', _relid::regclass::text, SQLSTATE, format('could not be checked: %s', _message), NULL, NULL, ARRAY[SQLERRM]);
END
$dumpsert$;

-- NOT NULL and CHECK.
CREATE PROCEDURE pg_temp.dumpsert_check_constraints(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _c record;
BEGIN
  FOR _c IN
    SELECT a.attname, b.c FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_temp.dumpsert_brought(_n) AS b
      JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attnum = b.attnum AND a.attnotnull WHERE s.n = _n ORDER BY b.attnum
  LOOP
    CALL pg_temp.dumpsert_find_rows(_n, format('SELECT m.at FROM pg_temp.dumpsert_coming AS m WHERE m.%s IS NULL', _c.c), '23502',
      format('rows without a value in column %I, which is NOT NULL here', _c.attname), 'Change the rows or the target, or leave them out.');
  END LOOP;
  FOR _c IN
    SELECT c.conname, pg_get_expr(c.conbin, c.conrelid) AS condition, pg_temp.dumpsert_coming_row(_n, c.conkey) AS row
      FROM pg_temp.dumpsert_stages AS s JOIN pg_constraint AS c ON c.conrelid = s.relid AND c.contype = 'c' AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
     WHERE s.n = _n AND c.conkey <> '{}' ORDER BY c.conname
  LOOP
    IF _c.row IS NULL THEN
      PERFORM pg_temp.dumpsert_find('info', (SELECT s.relid::regclass::text FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n), '23514',
        format('the constraint %I was not checked: it needs columns that the dump does not bring', _c.conname));
      CONTINUE;
    END IF;
    CALL pg_temp.dumpsert_find_rows(_n, format('SELECT m.at FROM pg_temp.dumpsert_coming AS m CROSS JOIN LATERAL (SELECT (%s) IS FALSE AS breaks FROM %s) AS x WHERE x.breaks', _c.condition, _c.row),
      '23514', format('rows that break the constraint %I', _c.conname), 'Change the rows or the target, or leave them out.');
  END LOOP;
END
$dumpsert$;

-- An expression that shows the key of a row under an alias, for a person.
CREATE FUNCTION pg_temp.dumpsert_key_of(_index pg_catalog.oid, _alias pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('pg_catalog.concat(%L, pg_catalog.concat_ws('', '', %s), '')'')', format('(%s) = (', string_agg(quote_ident(k.name), ', ' ORDER BY k.ord)),
                string_agg(format('%s.%I', _alias, k.name), ', ' ORDER BY k.ord))
    FROM pg_temp.dumpsert_key_parts(_index) AS k
$dumpsert$;

-- Unique values, and places in exclusion constraints, that a row of the target holds which the dump does not have: it cannot be moved.
CREATE PROCEDURE pg_temp.dumpsert_check_places(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _dumped text := (SELECT string_agg(format('NOT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS t WHERE %s)', u.n, pg_temp.dumpsert_same_key(u.key_index, 'p', 't')), ' AND ')
                     FROM pg_temp.dumpsert_stages AS u WHERE u.node = _s.node AND u.key_index IS NOT NULL)
    || CASE WHEN pg_temp.dumpsert_prunes()  -- such rows go first
       THEN ' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE d.rel OPERATOR(pg_catalog.=) b.rel AND d.at OPERATOR(pg_catalog.=) b.at)' ELSE '' END;
  _i record;
BEGIN
  IF _s.is_empty OR _s.way <> 'key' THEN
    RETURN;
  END IF;
  FOR _i IN
    SELECT i.index::regclass::text AS index, i.keys, i.meets, coalesce(i.predicate, 'true') AS predicate, c.relname, x.indisexclusion,
           pg_temp.dumpsert_coming_row(_n, ARRAY(SELECT d.refobjsubid::int2 FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.index
                                                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = _s.relid AND d.refobjsubid > 0
                                                 UNION SELECT u FROM unnest(x.indkey::int2[]) AS u WHERE u > 0)) AS row
      FROM pg_temp.dumpsert_places(_s.relid, true) AS i JOIN pg_class AS c ON c.oid = _s.relid JOIN pg_index AS x ON x.indexrelid = i.index
     WHERE i.leaf IS NULL ORDER BY i.index
  LOOP
    IF _i.row IS NULL THEN
      PERFORM pg_temp.dumpsert_find('info', _s.relid::regclass::text, '23505', format('%s was not checked: it needs columns that the dump does not bring', _i.index));
      CONTINUE;
    END IF;
    CALL pg_temp.dumpsert_find_rows(_n, format(
      'SELECT pg_catalog.concat(''the dump has it for '', %1$s, '', and the target for '', %2$s) FROM (SELECT m.at, m.rel, m.here, x.* FROM pg_temp.dumpsert_coming AS m'
      ' CROSS JOIN LATERAL (SELECT %3$s FROM %4$s WHERE %5$s) AS x) AS w JOIN (SELECT %6$I.tableoid AS rel, %6$I.ctid AS at, %3$s FROM %7$s AS %6$I WHERE %5$s) AS b ON %8$s'
      ' AND (w.here IS NULL OR NOT (w.rel OPERATOR(pg_catalog.=) b.rel AND w.here OPERATOR(pg_catalog.=) b.at))'
      ' JOIN %7$s AS p ON p.tableoid OPERATOR(pg_catalog.=) b.rel AND p.ctid OPERATOR(pg_catalog.=) b.at JOIN pg_temp.dumpsert_stage_%9$s AS s ON s.ctid OPERATOR(pg_catalog.=) w.at WHERE %10$s',
      pg_temp.dumpsert_key_of(_s.key_index, 's'), pg_temp.dumpsert_key_of(_s.key_index, 'p'), _i.keys, _i.row, _i.predicate, _i.relname, _s.target, _i.meets, _n, _dumped),
      CASE WHEN _i.indisexclusion THEN '23P01' ELSE '23505' END,
      format('rows whose value in %s is held by a row of the target that the dump does not have', _i.index),
      'Change or delete the rows of the target, or leave these rows out of the dump.');
  END LOOP;
END
$dumpsert$;

-- Foreign keys to rows that neither the target nor the dump has.
CREATE PROCEDURE pg_temp.dumpsert_check_references(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _r record;
BEGIN
  FOR _r IN
    SELECT r.parent_relid::regclass::text AS parent, k.present, k.here, t.staged, array_to_string(r.holding, ', ') AS names,
           has_table_privilege(r.parent_relid, 'SELECT') AS may, k.brought, t.complete
      FROM pg_temp.dumpsert_stages AS s JOIN pg_temp.dumpsert_references AS r ON r.child_relid = s.relid
     CROSS JOIN LATERAL (
       SELECT string_agg(format('m.%s IS NOT NULL', b.c), ' AND ') AS present, bool_and(b.c IS NOT NULL) AS brought,
              string_agg(format('p.%I %s m.%s', u.referenced, u.crosses, b.c), ' AND ') AS here, array_agg(format('%I %s m.%s', u.referenced, u.crosses, b.c)) AS pairs
         FROM unnest(r.holding, r.referenced, r.crosses) AS u(holding, referenced, crosses) LEFT JOIN pg_temp.dumpsert_brought(_n) AS b ON b.name = u.holding) AS k
     CROSS JOIN LATERAL (
       SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS t WHERE %s)', q.n, (SELECT string_agg('t.' || u, ' AND ') FROM unnest(k.pairs) AS u)), '') AS staged,
              coalesce(bool_and(r.referenced <@ q.columns), true) AS complete
         FROM pg_temp.dumpsert_stages AS q WHERE q.node = r.parent AND q.way <> 'skip') AS t
     WHERE s.n = _n ORDER BY r.parent_relid, r.holding
  LOOP
    CONTINUE WHEN NOT _r.brought;
    IF NOT _r.may OR NOT _r.complete THEN
      PERFORM pg_temp.dumpsert_find('info', (SELECT s.relid::regclass::text FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n), '23503',
        format('the foreign key (%s) to %s was not checked: %s', _r.names, _r.parent, CASE WHEN NOT _r.may THEN 'that table cannot be read' ELSE 'the dump does not bring what it references' END));
      CONTINUE;
    END IF;
    CALL pg_temp.dumpsert_find_rows(_n, format('SELECT m.at FROM pg_temp.dumpsert_coming AS m WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s)%s', _r.present, _r.parent, _r.here, _r.staged),
      '23503', format('rows whose (%s) references rows of %s that neither the target nor the dump has', _r.names, _r.parent),
      'Bring the referenced rows as well, or leave these rows out: a rule that leaves out the referenced rows leaves them out with it.');
  END LOOP;
END
$dumpsert$;

-- What will be done with a table, and what cannot be.
CREATE PROCEDURE pg_temp.dumpsert_check_table_plan(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _name text := _s.relid::regclass::text;
  _triggers text; _twice text; _state text; _message text; _hint text;
BEGIN
  IF _s.way = 'match' THEN
    PERFORM pg_temp.dumpsert_find('info', _name, '42P10', CASE WHEN _s.key_index IS NULL THEN 'has no primary key or unique NOT NULL key: rows are compared whole, and changed rows arrive beside the old ones'
      ELSE 'has no primary key: rows without a value in its unique key are compared whole' END, 'Add a primary key, or declare a key.');
  ELSIF _s.way = 'insert' THEN
    PERFORM pg_temp.dumpsert_find('warning', _name, '42P10', 'has no primary key or unique NOT NULL key: its rows are inserted again in each run', 'Add a primary key, declare a key, or choose no_key = match.');
  END IF;
  SELECT string_agg(DISTINCT format('%s %I', lower(f.kind), f.name), ', ') INTO _triggers FROM pg_temp.dumpsert_firing(ARRAY[_s.relid]) AS f WHERE f.is_ours;
  IF _triggers IS NOT NULL AND _s.new + _s.changed > 0 THEN
    PERFORM pg_temp.dumpsert_find('info', _name, '0A000', format('is written with these switched off: %s', _triggers), 'Choose triggers = fire if they do work that the dump does not bring.');
  END IF;
  SELECT string_agg(DISTINCT quote_ident(t.tgname), ', ') INTO _triggers FROM pg_trigger AS t
   WHERE t.tgrelid IN (SELECT _s.relid UNION SELECT p.relid FROM pg_partition_tree(_s.relid) AS p) AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
     AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_firing(ARRAY[_s.relid]) AS f WHERE f.relid = t.tgrelid AND f.name = t.tgname);
  IF _triggers IS NOT NULL AND _s.new + _s.changed > 0 THEN
    PERFORM pg_temp.dumpsert_find('info', _name, '0A000', format('has triggers that fire: %s', _triggers));
  END IF;
  IF _s.changed > 0 AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = _s.relid AND (c.relreplident = 'n'
         OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)))
     AND EXISTS (SELECT FROM pg_publication_tables AS t JOIN pg_publication AS b ON b.pubname = t.pubname AND b.pubupdate WHERE format('%I.%I', t.schemaname, t.tablename)::regclass = _s.relid) THEN
    PERFORM pg_temp.dumpsert_find('error', _name, '55000', 'is in a publication and has no replica identity: its rows cannot be updated', format('ALTER TABLE %s REPLICA IDENTITY FULL;', _name), _s.changed);
  END IF;
  IF _s.twice_sql IS NOT NULL THEN
    EXECUTE _s.twice_sql INTO _twice;
    IF _twice IS NOT NULL THEN
      PERFORM pg_temp.dumpsert_find('error', _name, '21000', 'the dump has several rows of one key', 'Take a dump of one moment, with one row of each key.', NULL, ARRAY[format('key (%s)', _twice)]);
    END IF;
  END IF;
  IF _s.refused > 0 THEN
    BEGIN
      EXECUTE _s.guard_sql;
      PERFORM pg_temp.dumpsert_find('warning', _name, '23000', 'rows that belong to somebody else here are left out', NULL, _s.refused);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _hint = PG_EXCEPTION_HINT;
      PERFORM pg_temp.dumpsert_find('error', _name, _state, 'rows that belong to somebody else here', _hint, _s.refused, ARRAY[_message]);
    END;
  END IF;
END
$dumpsert$;

-- The server as a whole.
CREATE PROCEDURE pg_temp.dumpsert_check_server()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _names text;
BEGIN
  SELECT string_agg(quote_ident(e.evtname), ', ' ORDER BY e.evtname) INTO _names FROM pg_event_trigger AS e WHERE e.evtenabled IN ('O', 'A');
  IF _names IS NOT NULL THEN
    PERFORM pg_temp.dumpsert_find('info', NULL, '0A000', format('event triggers see the temporary tables of the merge, and where triggers are switched off: %s', _names));
  END IF;
  IF current_setting('temp_file_limit') <> '-1' THEN
    PERFORM pg_temp.dumpsert_find('warning', NULL, '53400', format('temp_file_limit is %s: large tables are compared by temporary files', current_setting('temp_file_limit')),
      format('A superuser can raise it: ALTER ROLE %I SET temp_file_limit = SIZE;', current_user));
  END IF;
  PERFORM pg_temp.dumpsert_find('info', NULL, '53100', format('the rows take %s in temporary tables%s, and what is new of them as much again in the tables and in pg_wal',
    pg_size_pretty((SELECT coalesce(sum(pg_total_relation_size(s.stage)), 0) FROM pg_temp.dumpsert_stages AS s)),
    coalesce(' in ' || nullif(current_setting('temp_tablespaces'), ''), '')));
END
$dumpsert$;

-- A stage that was found wrong is looked at no more.
CREATE PROCEDURE pg_temp.dumpsert_give_up(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  UPDATE pg_temp.dumpsert_stages AS s SET relid = NULL, found = '{}' WHERE s.n = _n;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_check_all()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _n integer;
  _state text; _message text; _hint text; _name text;
  _prunes boolean := pg_temp.dumpsert_prunes();
BEGIN
  IF _prunes THEN
    BEGIN
      CALL pg_temp.dumpsert_prune_begin();
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _hint = PG_EXCEPTION_HINT;
      PERFORM pg_temp.dumpsert_find('error', NULL, _state, _message, _hint);
    END;
  END IF;
  CALL pg_temp.dumpsert_name_stages();
  FOR _n, _name IN SELECT s.n, s.relid::regclass::text FROM pg_temp.dumpsert_stages AS s WHERE s.relid IS NOT NULL ORDER BY s.n LOOP
    BEGIN
      CALL pg_temp.dumpsert_round(_n);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _hint = PG_EXCEPTION_HINT;
      PERFORM pg_temp.dumpsert_find('error', _name, _state, 'values that the columns here cannot hold', _hint, NULL, ARRAY[_message]);
      CALL pg_temp.dumpsert_give_up(_n);
    END;
  END LOOP;
  BEGIN
    CALL pg_temp.dumpsert_skip_keyless();
    IF pg_temp.dumpsert_maps() THEN
      CALL pg_temp.dumpsert_map_begin();
    END IF;
    CALL pg_temp.dumpsert_plan();
    IF pg_temp.dumpsert_maps() THEN
      INSERT INTO pg_temp.dumpsert_mapping SELECT pg_temp.dumpsert_map_told();
    END IF;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _hint = PG_EXCEPTION_HINT;
    PERFORM pg_temp.dumpsert_find('error', NULL, _state, _message, _hint);
    PERFORM pg_temp.dumpsert_find('info', NULL, _state, 'the rows were not compared with those of the target, because of that');
    RETURN;
  END;
  UPDATE pg_temp.dumpsert_stages AS s SET rows = c.rows, new = c.new, changed = c.changed, refused = c.refused, is_empty = c.is_empty, inserted = c.new, updated = c.changed
    FROM pg_temp.dumpsert_stages AS b CROSS JOIN LATERAL pg_temp.dumpsert_count(b.n) AS c
   WHERE b.n = s.n AND s.way <> 'skip';
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_check();
  END IF;
  FOR _n IN SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' ORDER BY s.schema, s.name, s.n LOOP
    CALL pg_temp.dumpsert_check_table_plan(_n);
    IF (SELECT s.new + s.changed > 0 FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n) AND EXISTS (SELECT FROM pg_temp.dumpsert_brought(_n)) THEN
      CALL pg_temp.dumpsert_find_coming(_n);
      CALL pg_temp.dumpsert_check_constraints(_n);
      CALL pg_temp.dumpsert_check_places(_n);
      CALL pg_temp.dumpsert_check_references(_n);
    END IF;
  END LOOP;
  CALL pg_temp.dumpsert_check_server();
  IF (SELECT o.options ? 'differences' FROM pg_temp.dumpsert_options AS o) THEN
    CALL pg_temp.dumpsert_note_differences();
  END IF;
  CALL pg_temp.dumpsert_note_counts();
END
$dumpsert$;

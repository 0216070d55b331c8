-- Writing a component: the fewest statements that can do, and how many rows each has written.

-- The staged rows without a key that the table has too few copies of, kept for the statement that inserts them.
CREATE TEMPORARY TABLE pg_temp.dumpsert_copies (n integer, at pg_catalog.tid) ON COMMIT DROP;

-- The INSERTs of a stage; _after holds them back until other parts of the same statement are through.
CREATE FUNCTION pg_temp.dumpsert_inserts(_n integer, _after pg_catalog.text) RETURNS pg_catalog.text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
BEGIN
  IF _s.is_empty OR _s.way = 'insert' THEN
    RETURN ARRAY[_s.insert_sql || coalesce(' WHERE ' || _after, '')];
  END IF;
  DELETE FROM pg_temp.dumpsert_copies AS c WHERE c.n = _n;
  IF _s.way = 'match' THEN
    INSERT INTO pg_temp.dumpsert_copies SELECT _n, m.at FROM pg_temp.dumpsert_missing(_n) AS m;
  END IF;
  RETURN array_remove(ARRAY[
    CASE WHEN _s.key_index IS NOT NULL THEN _s.insert_sql || ' WHERE ' || concat_ws(' AND ', _s.new_only, _after) END,
    CASE WHEN EXISTS (SELECT FROM pg_temp.dumpsert_copies AS c WHERE c.n = _n)
         THEN _s.insert_sql || ' WHERE ' || concat_ws(' AND ', format('EXISTS (SELECT FROM pg_temp.dumpsert_copies AS c WHERE c.n OPERATOR(pg_catalog.=) %s'
           ' AND c.at OPERATOR(pg_catalog.=) s.ctid)', _n), _after) END], NULL);
END
$dumpsert$;

-- One statement of several parts; its last line counts the rows of each.
CREATE FUNCTION pg_temp.dumpsert_execute_parts(_statement pg_catalog.text) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _rows bigint[];
BEGIN
  PERFORM set_config('search_path', s.search_path, true) FROM pg_temp.dumpsert_session AS s;
  EXECUTE _statement INTO _rows;
  RETURN _rows;
END
$dumpsert$;

-- The same in the order of a list of rows: only a nested loop from the list to the places of the rows keeps it; an ORDER BY under
-- another join does not.
CREATE FUNCTION pg_temp.dumpsert_execute_in_order(_statement pg_catalog.text) RETURNS bigint[]
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_material = off SET jit = off SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN pg_temp.dumpsert_execute_parts(_statement);
END
$dumpsert$;

-- All of a row, or its referenced columns alone where they differ; NULL if it has none.
CREATE FUNCTION pg_temp.dumpsert_update_in_order(_relid pg_catalog.oid, _referenced boolean) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('UPDATE %s AS p SET %s FROM (SELECT o.rel, o.at, o.becomes FROM pg_temp.dumpsert_move_%s AS o ORDER BY o.rank OFFSET 0) AS m'
                ' WHERE p.tableoid OPERATOR(pg_catalog.=) m.rel AND p.ctid OPERATOR(pg_catalog.=) m.at%s', min(s.target),
                string_agg(DISTINCT format('%1$I = (m.becomes).%1$I', c), ', '), _relid,
                CASE WHEN _referenced THEN format(' AND NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record',
                  string_agg(format('p.%I', c), ', ' ORDER BY s.n, c), string_agg(format('(m.becomes).%I', c), ', ' ORDER BY s.n, c)) END)
    FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(s.set_columns) AS c
   WHERE s.relid = _relid AND s.key_index IS NOT NULL
     AND (NOT _referenced OR EXISTS (SELECT FROM pg_temp.dumpsert_references AS r WHERE r.parent = s.node AND c = ANY (r.referenced)))
  HAVING count(*) > 0
$dumpsert$;

-- What is wrong if a statement did not write what it should.
CREATE PROCEDURE pg_temp.dumpsert_must_have(_relid pg_catalog.oid, _verb pg_catalog.text, _wanted bigint, _written bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF _wanted <> _written THEN
    RAISE EXCEPTION USING ERRCODE = 'triggered_action_exception',
      MESSAGE = format('dumpsert: %s of %s rows of %s were not %s, held back by a trigger or a policy of the target; nothing was changed',
                       _wanted - _written, _wanted, _relid::regclass, _verb),
      HINT = 'A BEFORE trigger that returns NULL suppresses a row: choose triggers = off, or leave the table out.';
  END IF;
END
$dumpsert$;

-- The rank of each staged row that waits or is waited for.
CREATE TEMPORARY TABLE pg_temp.dumpsert_ranks (n integer, staged pg_catalog.tid, rank integer) ON COMMIT DROP;

-- Finds where the rows of a component are and in which order they are written, and lets rows step aside where that takes it.
CREATE PROCEDURE pg_temp.dumpsert_prepare_moves(_component integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _u record;
  _is_aside boolean := false;
BEGIN
  DELETE FROM pg_temp.dumpsert_ranks;
  FOR _u IN SELECT s.relid, array_agg(s.n ORDER BY s.n) AS stages FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = _component AND s.changed > 0 GROUP BY s.relid ORDER BY s.relid LOOP
    CALL pg_temp.dumpsert_find_moves(_u.relid, _u.stages);
    CALL pg_temp.dumpsert_find_waits(_u.relid);
    CALL pg_temp.dumpsert_order(_u.relid);
    EXECUTE format('INSERT INTO pg_temp.dumpsert_ranks SELECT m.n, m.staged, m.rank FROM pg_temp.dumpsert_move_%s AS m WHERE m.rank > 0', _u.relid);
    IF EXISTS (SELECT FROM pg_temp.dumpsert_aside) THEN
      CALL pg_temp.dumpsert_step_aside(_u.relid);
      _is_aside := true;
    END IF;
  END LOOP;
  IF NOT _is_aside THEN
    RETURN;
  END IF;
  -- Actions of the target may have followed the rows, in any table of the component: everything is looked up again.
  FOR _u IN SELECT s.relid, array_agg(s.n ORDER BY s.n) AS stages FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = _component AND s.move_sql IS NOT NULL GROUP BY s.relid ORDER BY s.relid LOOP
    CALL pg_temp.dumpsert_find_moves(_u.relid, _u.stages);
    EXECUTE format('UPDATE pg_temp.dumpsert_move_%s AS m SET rank = r.rank FROM pg_temp.dumpsert_ranks AS r WHERE r.n = m.n AND r.staged = m.staged', _u.relid);
    EXECUTE format('UPDATE pg_temp.dumpsert_stages AS s SET changed = (SELECT pg_catalog.count(*) FROM pg_temp.dumpsert_move_%s AS m'
      ' WHERE m.n OPERATOR(pg_catalog.=) s.n) WHERE s.n OPERATOR(pg_catalog.=) ANY ($1)', _u.relid) USING _u.stages;
  END LOOP;
END
$dumpsert$;

-- Writes what has to be written of a component, and returns how many rows it has written, in one of these ways:
-- plain: as the rows come. ordered: updates as places become free. singly: the same, row by row, where a foreign key of the table to
-- itself does not see in one statement what it sees in several. Tables that are only together because a referenced value changes can
-- also be written by circle. referenced: in order, of changed rows only what others reference, and no new rows; beside new: with those.
CREATE FUNCTION pg_temp.dumpsert_write_as(_component integer, _how pg_catalog.text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record; _u record; _statement text; _rows bigint; _at tid;
  _joined boolean := (SELECT bool_or(s.joined) FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component);
  _names text[] := '{}'; _parts text[] := '{}'; _after text; _counts bigint[]; _i integer;
  _relids oid[] := '{}'; _verbs text[] := '{}'; _all bigint := 0;
  _referenced boolean := _how IN ('referenced', 'beside new');
BEGIN
  IF _how <> 'plain' THEN
    CALL pg_temp.dumpsert_prepare_moves(_component);
  END IF;
  -- Updates come before inserts: a unique value may move from an old row to a new one.
  FOR _u IN SELECT s.relid, CASE WHEN _how = 'plain' THEN s.n END AS n, sum(s.changed) AS changed FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = _component AND s.changed > 0 GROUP BY 1, 2 ORDER BY 1, 2 LOOP
    IF _how = 'singly' THEN
      _rows := 0;
      FOR _s IN EXECUTE format('SELECT m.n, m.staged FROM pg_temp.dumpsert_move_%s AS m ORDER BY m.rank, m.id', _u.relid) LOOP
        _rows := _rows + pg_temp.dumpsert_execute((SELECT s.row_sql FROM pg_temp.dumpsert_stages AS s WHERE s.n = _s.n) || quote_literal(_s.staged::text) || '::pg_catalog.tid');
      END LOOP;
      CALL pg_temp.dumpsert_must_have(_u.relid, 'updated', _u.changed::bigint, _rows);
      _all := _all + _rows;
      CONTINUE;
    END IF;
    _statement := CASE WHEN _how = 'plain' THEN (SELECT s.update_sql FROM pg_temp.dumpsert_stages AS s WHERE s.n = _u.n) ELSE pg_temp.dumpsert_update_in_order(_u.relid, _referenced) END;
    CONTINUE WHEN _statement IS NULL;
    IF _joined OR _how = 'ordered' OR _referenced THEN
      _names := _names || format('u%s_%s', _u.relid, _u.n); _parts := _parts || _statement;
      _counts := _counts || _u.changed::bigint; _relids := _relids || _u.relid; _verbs := _verbs || 'updated'::text;
    ELSE
      _rows := pg_temp.dumpsert_execute(_statement); _all := _all + _rows;
      CALL pg_temp.dumpsert_must_have(_u.relid, 'updated', _u.changed::bigint, _rows);
    END IF;
  END LOOP;
  SELECT string_agg(format('(SELECT pg_catalog.count(*) FROM %s) IS NOT NULL', n), ' AND ') INTO _after FROM unnest(_names) AS n;
  FOR _s IN SELECT s.n, s.relid, s.new FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component AND s.new > 0 AND _how <> 'referenced' ORDER BY s.n LOOP
    IF _joined OR cardinality(_names) > 0 THEN
      FOREACH _statement IN ARRAY pg_temp.dumpsert_inserts(_s.n, _after) LOOP
        _names := _names || format('i%s_%s', _s.n, cardinality(_names)); _parts := _parts || _statement;
        _relids := _relids || _s.relid; _verbs := _verbs || 'inserted'::text; _counts := _counts || NULL::bigint;
      END LOOP;
    ELSE
      _rows := 0;
      FOREACH _statement IN ARRAY pg_temp.dumpsert_inserts(_s.n, NULL) LOOP
        _rows := _rows + pg_temp.dumpsert_execute(_statement);
      END LOOP;
      CALL pg_temp.dumpsert_must_have(_s.relid, 'inserted', _s.new, _rows);
      _all := _all + _rows;
    END IF;
  END LOOP;
  IF _names = '{}' THEN
    RETURN _all;
  END IF;
  _statement := format('WITH %s SELECT ARRAY[%s]',
    (SELECT string_agg(format('%s AS (%s RETURNING 1)', n, p), ', ' ORDER BY o) FROM unnest(_names, _parts) WITH ORDINALITY AS u(n, p, o)),
    (SELECT string_agg(format('(SELECT pg_catalog.count(*) FROM %s)', n), ', ' ORDER BY o) FROM unnest(_names) WITH ORDINALITY AS u(n, o)));
  DECLARE
    _written bigint[] := CASE WHEN _how = 'ordered' OR _referenced THEN pg_temp.dumpsert_execute_in_order(_statement)
                              WHEN cardinality(_parts) = 1 THEN ARRAY[pg_temp.dumpsert_execute(_parts[1])]
                              ELSE pg_temp.dumpsert_execute_parts(_statement) END;
  BEGIN
    FOR _i IN 1 .. cardinality(_names) LOOP
      IF _verbs[_i] = 'updated' AND NOT _referenced THEN
        CALL pg_temp.dumpsert_must_have(_relids[_i], 'updated', _counts[_i], _written[_i]);
      END IF;
    END LOOP;
    FOR _s IN SELECT i.relid, i.rows, (SELECT sum(s.new) FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component AND s.relid = i.relid) AS wanted
                FROM (SELECT u.relid, sum(u.rows) AS rows FROM unnest(_relids, _verbs, _written) AS u(relid, verb, rows) WHERE u.verb = 'inserted' GROUP BY u.relid) AS i LOOP
      CALL pg_temp.dumpsert_must_have(_s.relid, 'inserted', _s.wanted::bigint, _s.rows::bigint);
    END LOOP;
    RETURN _all + (SELECT sum(w.rows) FROM unnest(_written) AS w(rows));
  END;
END
$dumpsert$;

-- An UPDATE with two rows for one would take either of them.
CREATE PROCEDURE pg_temp.dumpsert_check_once(_component integer, _new boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _key text;
BEGIN
  FOR _s IN SELECT s.* FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component AND s.key_index IS NOT NULL AND (_new OR s.changed > 0) LOOP
    EXECUTE _s.twice_sql INTO _key;
    IF _key IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
        MESSAGE = format('dumpsert: the dump has more than one row of %I.%I with the key (%s) = (%s); nothing was changed',
                         _s.schema, _s.name, array_to_string(_s.key_columns, ', '), _key);
    END IF;
  END LOOP;
END
$dumpsert$;

-- What is still to be written of a component.
CREATE PROCEDURE pg_temp.dumpsert_recount(_component integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  UPDATE pg_temp.dumpsert_stages AS s SET new = c.new, changed = c.changed, is_empty = c.is_empty
    FROM pg_temp.dumpsert_stages AS b CROSS JOIN LATERAL pg_temp.dumpsert_count(b.n) AS c
   WHERE b.component = _component AND s.n = b.n;
END
$dumpsert$;

-- Writes a component as if it were several: one for each circle of its foreign keys, those that are referenced first. A foreign key
-- with RESTRICT looks at the end of a statement for rows that have the old value: those that the same statement has just given the
-- value, which it takes from another row, would be in its way.
CREATE PROCEDURE pg_temp.dumpsert_write_circles(_component integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _circle integer;
BEGIN
  UPDATE pg_temp.dumpsert_stages AS s SET component = -s.circle, joined = true WHERE s.component = _component;  -- no component is below 0
  FOR _circle IN SELECT DISTINCT s.circle FROM pg_temp.dumpsert_stages AS s WHERE s.component < 0 ORDER BY 1 LOOP
    -- An action of the target may have changed rows of this circle with those before it.
    CALL pg_temp.dumpsert_recount(-_circle);
    CALL pg_temp.dumpsert_write(-_circle);
  END LOOP;
  UPDATE pg_temp.dumpsert_stages AS s SET component = _component, new = 0, changed = 0 WHERE s.component < 0;  -- counted as inserted
END
$dumpsert$;

-- Writes a component until its tables are as the dump says. A referential action within it may undo what the same statement has
-- written; what it did is compared and written again. It fires only when a referenced value changes, and those come to rest.
CREATE PROCEDURE pg_temp.dumpsert_write(_component integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _reached boolean := (SELECT bool_or(s.reached) FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component);
  _tables text := (SELECT string_agg(DISTINCT s.relid::regclass::text, ', ') FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component);
  _rounds integer := 3 + (SELECT count(*) FROM pg_temp.dumpsert_references AS r
                           WHERE r.child IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component));
  _updates boolean;
  _ways text[] := CASE WHEN (SELECT count(DISTINCT s.circle) > 1 FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component)
    THEN ARRAY['plain', 'ordered', 'by circle', 'singly'] ELSE ARRAY['plain', 'ordered', 'singly'] END;
  _how text; _context text;
  _of_value boolean;
BEGIN
  CALL pg_temp.dumpsert_step('writing');
  FOR _round IN 1 .. _rounds LOOP
    IF _reached OR _round > 1 THEN
      CALL pg_temp.dumpsert_recount(_component);
    END IF;
    SELECT bool_or(s.changed > 0) INTO _updates FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component AND (s.new > 0 OR s.changed > 0);
    IF _updates IS NULL THEN
      RETURN;
    END IF;
    CALL pg_temp.dumpsert_check_once(_component, false);
    FOREACH _how IN ARRAY _ways LOOP
      BEGIN
        IF _how = 'by circle' THEN
          CALL pg_temp.dumpsert_write_circles(_component);
        ELSE
          PERFORM pg_temp.dumpsert_write_as(_component, _how);
        END IF;
        EXIT;
      EXCEPTION WHEN integrity_constraint_violation THEN  -- all of class 23: RESTRICT has a code of its own since version 18
        GET STACKED DIAGNOSTICS _context = PG_EXCEPTION_CONTEXT;
        IF _how = 'plain' AND SQLSTATE = '23505' THEN
          CALL pg_temp.dumpsert_check_once(_component, true);  -- a better reason, if it is the dump's own fault
        END IF;
        IF NOT _updates OR _how = 'ordered' AND starts_with(SQLERRM, 'dumpsert: ') THEN  -- the latter is a circle of places that no row leaves
          RAISE;
        END IF;
        _of_value := SQLSTATE IN ('23502', '23514');  -- NOT NULL and CHECK, which care only for what stands in the row
        CONTINUE WHEN NOT _of_value AND _how <> 'singly';
        -- What an action of the target sets in between may be refused though the row is good at the end (the query is that of ri_triggers.c).
        IF NOT _reached OR _component < 0 OR _of_value AND _context !~ '"UPDATE .* WHERE \$[0-9]' OR NOT pg_temp.dumpsert_write_stepwise(_component) THEN
          RAISE;
        END IF;
        EXIT;
      END;
    END LOOP;
    UPDATE pg_temp.dumpsert_stages AS s SET inserted = s.inserted + s.new WHERE s.component = _component;
    IF NOT _reached THEN
      RETURN;
    END IF;
  END LOOP;
  RAISE EXCEPTION USING ERRCODE = 'triggered_data_change_violation',
    MESSAGE = format('dumpsert: the ON UPDATE actions of the foreign keys of %s undo what is written, again and again; nothing was changed', _tables),
    HINT = 'Two foreign keys may want different values of one column. Change these rows by hand, or leave the table out.';
END
$dumpsert$;

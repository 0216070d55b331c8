-- Which rows of the target a batch of dumped rows are.

CREATE PROCEDURE pg_temp.dumpsert_raise_twice(_n integer, _where pg_catalog.text, _values pg_catalog.text, _keys pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  SELECT s.relid::regclass AS relation, array_to_string(s.key_columns, ', ') AS keys,
         array_to_string(m.match_on, ', ') AS names
    INTO _s FROM pg_temp.dumpsert_stages AS s JOIN pg_temp.dumpsert_mapped AS m USING (n) WHERE s.n = _n;
  RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
    MESSAGE = format('dumpsert: %s has more than one row of %s with (%s) = (%s), by which its rows are matched; nothing was changed', _where, _s.relation, _s.names, _values),
    DETAIL = format('Their keys (%s) are %s.', _s.keys, _keys),
    HINT = 'Match on more columns, leave rows out that are no longer alive (match_where), or take the one with the lowest key: on_ambiguous = first.';
END
$dumpsert$;

-- Two dumped rows with one value.
CREATE PROCEDURE pg_temp.dumpsert_check_twins(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m pg_temp.dumpsert_mapped := (SELECT m FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n);
  _by text; _key text; _shown text; _values text; _keys text;
BEGIN
  SELECT string_agg(format('e.c%s%s%s', i.a, k.cast_to, coalesce(k.under, i.under)), ', ' ORDER BY k.ord), string_agg(format('min(e.c%s::text COLLATE "C")', i.a), ', ' ORDER BY k.ord) INTO _by, _shown
    FROM pg_temp.dumpsert_key_parts(_m.match_index) AS k JOIN pg_temp.dumpsert_idents(_n) AS i USING (name);
  SELECT string_agg(format('e.o%s', i.a), ', ' ORDER BY i.a) INTO _key FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key;
  IF _m.rule ->> 'ambiguous' = 'first' THEN
    EXECUTE format('UPDATE pg_temp.dumpsert_batch AS b SET may = false FROM (SELECT e.at, row_number() OVER (PARTITION BY %s ORDER BY %s) AS nth FROM pg_temp.dumpsert_batch AS e WHERE e.may) AS x'
                   ' WHERE x.at = b.at AND x.nth > 1', _by, _key);
    RETURN;
  END IF;
  EXECUTE format('SELECT concat_ws('', '', %3$s), array_to_string((array_agg(concat(''('', concat_ws('', '', %2$s), '')'') ORDER BY %2$s))[1:3], '' and '') FROM pg_temp.dumpsert_batch AS e'
                 ' WHERE e.may GROUP BY %1$s HAVING count(*) > 1 LIMIT 1', _by, _key, _shown) INTO _values, _keys;
  IF _keys IS NOT NULL THEN
    CALL pg_temp.dumpsert_raise_twice(_n, 'the dump', _values, _keys);
  END IF;
END
$dumpsert$;

-- The rows p of a table that may be matched.
CREATE FUNCTION pg_temp.dumpsert_match_from(_n integer) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT CASE WHEN m.rule ->> 'where' IS NULL THEN format('%s AS p', s.target)
              ELSE format('(SELECT %1$I.* FROM %2$s AS %1$I WHERE (%3$s)) AS p', c.relname, s.target, m.rule ->> 'where') END
    FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n) JOIN pg_class AS c ON c.oid = s.relid WHERE m.n = _n
$dumpsert$;

-- Rows whose keys were mapped by an earlier run: they are found again though they were renamed.
CREATE PROCEDURE pg_temp.dumpsert_find_remembered(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _table text := pg_temp.dumpsert_mapping_table();
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _key text; _casts text; _old text; _same text;
BEGIN
  IF _table IS NULL OR to_regclass(_table) IS NULL THEN
    RETURN;
  END IF;
  SELECT string_agg(format('p.%I', i.name), ', ' ORDER BY i.a), string_agg(format('(y.target_key)[%s]::%s AS c%s', i.o, i.type, i.a), ', ' ORDER BY i.a), string_agg(format('b.o%s::pg_catalog.text', i.a), ', ' ORDER BY i.a)
    INTO _key, _casts, _old FROM (SELECT x.*, row_number() OVER (ORDER BY x.a) AS o FROM pg_temp.dumpsert_idents(_n) AS x WHERE x.is_key) AS i;
  _same := pg_temp.dumpsert_same_idents(_n, _s.key_index, false);
  EXECUTE format('INSERT INTO pg_temp.dumpsert_found SELECT e.at, ''t'', %s FROM (SELECT b.at, %s FROM pg_temp.dumpsert_batch AS b JOIN %s AS y ON y.source_key = ARRAY[%s] AND y.table_name = %L) AS e JOIN %s AS p ON %s',
    _key, _casts, _table, _old, pg_temp.dumpsert_mapped_name(_n), _s.target, _same);
END
$dumpsert$;

-- A dumped row that is matched to none, and whose key the target has for another row.
CREATE PROCEDURE pg_temp.dumpsert_find_taken(_n integer, _draws boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m pg_temp.dumpsert_mapped := (SELECT m FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n);
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _at tid; _rows bigint; _key text; _names text; _match text; _here text;
BEGIN
  CREATE TEMPORARY TABLE pg_temp.dumpsert_taken (at pg_catalog.tid) ON COMMIT DROP;
  PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_taken SELECT e.at FROM pg_temp.dumpsert_batch AS e JOIN %s AS p ON %s WHERE e.may AND (%s) IS NOT TRUE'
    ' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_found AS f WHERE f.at OPERATOR(pg_catalog.=) e.at)', _s.target, pg_temp.dumpsert_same_idents(_n, _s.key_index, false), _m.same_match));
  SELECT count(*) INTO _rows FROM pg_temp.dumpsert_taken;
  IF _rows > 0 AND coalesce(_m.rule ->> 'taken', 'error') <> 'renumber' THEN
    SELECT string_agg(format('e.c%s', i.a), ', ' ORDER BY i.a), string_agg(i.name, ', ' ORDER BY i.a) INTO _key, _names FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key;
    SELECT string_agg(format('e.c%s', i.a), ', ' ORDER BY i.a), string_agg(format('p.%I', i.name), ', ' ORDER BY i.a) INTO _match, _here
      FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.name = ANY (_m.match_on);
    EXECUTE format('SELECT concat_ws('', '', %s), concat_ws('', '', %s), concat_ws('', '', %s), e.at FROM pg_temp.dumpsert_batch AS e JOIN pg_temp.dumpsert_taken AS t ON t.at = e.at JOIN %s AS p ON %s ORDER BY e.at LIMIT 1',
      _key, _match, _here, _s.target, pg_temp.dumpsert_same_idents(_n, _s.key_index, false)) INTO _key, _match, _here, _at;
    RAISE EXCEPTION USING ERRCODE = 'unique_violation',
      MESSAGE = format('dumpsert: %s of %s are matched to none here, and the key of each is held by another row, the first (%s) = (%s) in %s; nothing was changed',
        _rows || CASE _rows WHEN 1 THEN ' row' ELSE ' rows' END, _s.relid::regclass, _names, _key, pg_temp.dumpsert_staged_row(_n, _at)),
      DETAIL = format('(%s) is (%s) in the dump and (%s) here.', (SELECT string_agg(i.name, ', ' ORDER BY i.a) FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.name = ANY (_m.match_on)), _match, _here),
      HINT = 'If they are other rows, let them have new keys: on_taken_key = renumber. If they were renamed in the source, rename them here as well, or keep what was recognised in a table: mapping_table.';
  ELSIF _rows > 0 THEN
    CALL pg_temp.dumpsert_renumber(_n, _draws);
  END IF;
  DROP TABLE pg_temp.dumpsert_taken;
END
$dumpsert$;

-- Draws new keys for the rows in dumpsert_taken, in the order of their old ones. What a sequence gives may be a key of another dumped row. As long as
-- nothing is written, numbers beyond all others stand for them, and no sequence is asked.
CREATE PROCEDURE pg_temp.dumpsert_renumber(_n integer, _draws boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _column record := pg_temp.dumpsert_drawn_column(_n);
  _type text := (SELECT i.type FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.name = _column.name);
  _needed bigint := (SELECT count(*) FROM pg_temp.dumpsert_taken);
  _have bigint := 0; _before bigint; _more bigint := _needed; _rounds integer := 0; _order text; _values text; _stage integer;
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_used (v %s) ON COMMIT DROP', _type);
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_drawn (nth bigint GENERATED ALWAYS AS IDENTITY, v %s) ON COMMIT DROP', _type);
  EXECUTE format('INSERT INTO pg_temp.dumpsert_used SELECT p.%I FROM %s AS p', _column.name, _s.target);
  FOR _stage IN SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.node = _s.node AND s.way <> 'skip' LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_used SELECT d.%I FROM pg_temp.dumpsert_stage_%s AS d', _column.name, _stage);
    IF to_regclass('pg_temp.dumpsert_seen_' || _stage) IS NOT NULL THEN
      EXECUTE format('INSERT INTO pg_temp.dumpsert_used SELECT e.c%s FROM pg_temp.dumpsert_seen_%s AS e WHERE e.how = ''r''', (SELECT i.a FROM pg_temp.dumpsert_idents(_stage) AS i WHERE i.name = _column.name), _stage);
    END IF;
  END LOOP;
  IF NOT _draws AND _column.is_number THEN
    EXECUTE format('INSERT INTO pg_temp.dumpsert_drawn (v) SELECT m.v + g FROM (SELECT max(u.v) AS v FROM pg_temp.dumpsert_used AS u) AS m CROSS JOIN generate_series(1, $1) AS g') USING _needed;
  ELSE
    ANALYZE pg_temp.dumpsert_used;
    LOOP
      PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_drawn (v) SELECT %s FROM pg_catalog.generate_series(1, %s)', _column.value, _more));
      DELETE FROM pg_temp.dumpsert_drawn AS d WHERE EXISTS (SELECT FROM pg_temp.dumpsert_used AS u WHERE u.v = d.v) OR EXISTS (SELECT FROM pg_temp.dumpsert_drawn AS b WHERE b.v = d.v AND b.nth < d.nth);
      _before := _have;
      _have := (SELECT count(*) FROM pg_temp.dumpsert_drawn);
      EXIT WHEN _have >= _needed;
      _rounds := CASE WHEN _have > _before THEN 0 ELSE _rounds + 1 END;
      _more := CASE WHEN _rounds < 3 THEN _needed - _have ELSE _more * 2 END;
      IF _more > 100000000 THEN
        RAISE EXCEPTION USING ERRCODE = 'sequence_generator_limit_exceeded', HINT = 'Its default must give another value each time.',
          MESSAGE = format('dumpsert: the default of %I of %s gives no value that is free; nothing was changed', _column.name, _s.relid::regclass);
      END IF;
    END LOOP;
  END IF;
  SELECT string_agg(format('e.o%s', i.a), ', ' ORDER BY i.a), string_agg(CASE WHEN i.name = _column.name THEN 'd.v' ELSE format('e.c%s', i.a) END, ', ' ORDER BY i.a)
    INTO _order, _values FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key;
  EXECUTE format('INSERT INTO pg_temp.dumpsert_found SELECT e.at, ''r'', %s FROM (SELECT e.*, row_number() OVER (ORDER BY %s) AS nth FROM pg_temp.dumpsert_batch AS e JOIN pg_temp.dumpsert_taken AS t ON t.at = e.at) AS e'
    ' JOIN (SELECT b.v, row_number() OVER (ORDER BY b.nth) AS nth FROM pg_temp.dumpsert_drawn AS b) AS d ON d.nth = e.nth', _values, _order);
  DROP TABLE pg_temp.dumpsert_used, pg_temp.dumpsert_drawn;
END
$dumpsert$;

-- Asks the target for a batch, and writes what its rows become to pg_temp.<_into>.
CREATE PROCEDURE pg_temp.dumpsert_match_batch(_n integer, _into pg_catalog.text, _draws boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m pg_temp.dumpsert_mapped := (SELECT m FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n);
  _columns text; _keys text; _values text; _same text; _at tid;
BEGIN
  SELECT string_agg(format('c%s %s%s', i.a, i.type, i.under), ', ' ORDER BY i.a), string_agg(format('p.%I', i.name), ', ' ORDER BY i.a)
    INTO _columns, _keys FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key;
  SELECT string_agg(format(CASE WHEN i.is_key THEN 'e.o%1$s, CASE WHEN f.at IS NULL THEN e.c%1$s ELSE f.c%1$s END' ELSE 'e.o%1$s, e.c%1$s' END, i.a), ', ' ORDER BY i.a)
    INTO _values FROM pg_temp.dumpsert_idents(_n) AS i;
  CALL pg_temp.dumpsert_check_twins(_n);
  DROP TABLE IF EXISTS pg_temp.dumpsert_found;
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_found (at pg_catalog.tid, how pg_catalog.text, %s) ON COMMIT DROP', _columns);
  CALL pg_temp.dumpsert_find_remembered(_n);
  PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_found SELECT e.at, ''m'', %s FROM pg_temp.dumpsert_batch AS e JOIN %s ON %s WHERE e.may'
    ' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_found AS f WHERE f.at OPERATOR(pg_catalog.=) e.at)', _keys, pg_temp.dumpsert_match_from(_n), _m.same_match));
  ANALYZE pg_temp.dumpsert_found;
  _keys := (SELECT string_agg(format('f.c%s', i.a), ', ' ORDER BY i.a) FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key);
  IF _m.rule ->> 'ambiguous' = 'first' THEN
    -- A row of the target that a twin has by its key is no other's, or a second run would take the twin that the first has inserted.
    EXECUTE format('DELETE FROM pg_temp.dumpsert_found AS f USING pg_temp.dumpsert_batch AS e WHERE NOT e.may AND %s',
      (SELECT string_agg(format('f.c%1$s = e.c%1$s', i.a), ' AND ') FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.is_key));
    EXECUTE format('DELETE FROM pg_temp.dumpsert_found AS d USING (SELECT f.ctid AS of, row_number() OVER (PARTITION BY f.at ORDER BY %s) AS nth FROM pg_temp.dumpsert_found AS f) AS x WHERE x.of = d.ctid AND x.nth > 1', _keys);
  ELSE
    SELECT f.at INTO _at FROM pg_temp.dumpsert_found AS f GROUP BY f.at HAVING count(*) > 1 LIMIT 1;
    IF _at IS NOT NULL THEN
      EXECUTE format('SELECT array_to_string((array_agg(concat(''('', concat_ws('', '', %1$s), '')'') ORDER BY %1$s))[1:3], '' and '') FROM pg_temp.dumpsert_found AS f WHERE f.at = $1', _keys) INTO _keys USING _at;
      EXECUTE format('SELECT concat_ws('', '', %s) FROM pg_temp.dumpsert_batch AS e WHERE e.at = $1',
        (SELECT string_agg(format('e.c%s', i.a), ', ' ORDER BY i.a) FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.name = ANY (_m.match_on))) INTO _same USING _at;
      CALL pg_temp.dumpsert_raise_twice(_n, 'the target', _same, _keys);
    END IF;
  END IF;
  CALL pg_temp.dumpsert_find_taken(_n, _draws);
  EXECUTE format('INSERT INTO pg_temp.%I SELECT e.at, f.how, e.may, %s FROM pg_temp.dumpsert_batch AS e LEFT JOIN pg_temp.dumpsert_found AS f ON f.at = e.at', _into, _values);
  CALL pg_temp.dumpsert_follow_policy(_n, _into);
END
$dumpsert$;

-- A referenced column that is not of the key holds after the merge what the update policy lets it hold.
CREATE PROCEDURE pg_temp.dumpsert_follow_policy(_n integer, _into pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _assignments text; _taken_over text;
BEGIN
  _taken_over := concat_ws(' AND ', pg_temp.dumpsert_newer(_s.rule, 'p', 'd'), (SELECT format('ROW(p.%I)::pg_catalog.record = ROW(e.c%s)::pg_catalog.record', i.name, i.a)
    FROM pg_temp.dumpsert_idents(_n) AS i WHERE i.name = _s.guard), CASE WHEN _s.guard IS NOT NULL AND _s.guard <> ALL (_s.found) THEN 'false' END);
  SELECT string_agg(format('c%s = %s', i.a, CASE WHEN i.name <> ALL (_s.set_columns) THEN format('p.%I', i.name)
                                                  ELSE format('CASE WHEN %s THEN e.c%s ELSE p.%I END', _taken_over, i.a, i.name) END), ', ') INTO _assignments
    FROM pg_temp.dumpsert_idents(_n) AS i
   WHERE NOT i.is_key AND (i.name <> ALL (_s.set_columns) OR _taken_over <> '')
     AND EXISTS (SELECT FROM pg_temp.dumpsert_links AS l WHERE l.parent = _s.node AND i.name = ANY (l.referenced));
  IF _assignments IS NOT NULL THEN
    EXECUTE format('UPDATE pg_temp.%I AS e SET %s FROM %s AS p, pg_temp.dumpsert_stage_%s AS d WHERE d.ctid = e.at AND %s', _into, _assignments, _s.target, _n, pg_temp.dumpsert_same_idents(_n, _s.key_index, false));
  END IF;
END
$dumpsert$;

-- Whether what was found is no longer so, in the snapshot of whoever asks: for tables that are not locked.
CREATE FUNCTION pg_temp.dumpsert_map_moved(_n integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m pg_temp.dumpsert_mapped := (SELECT m FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n);
  _moved boolean;
BEGIN
  IF _m.rule IS NULL THEN
    RETURN false;
  END IF;
  PERFORM set_config('search_path', s.search_path, true) FROM pg_temp.dumpsert_session AS s;
  -- No EXISTS around it, for which the planner would take a nested loop.
  FOR _moved IN EXECUTE pg_catalog.format('SELECT true FROM pg_temp.dumpsert_seen_%1$s AS e WHERE e.how OPERATOR(pg_catalog.=) ''m'' AND NOT EXISTS (SELECT FROM %2$s WHERE %3$s AND %4$s)'
      ' UNION ALL SELECT true FROM pg_temp.dumpsert_seen_%1$s AS e WHERE e.may AND e.how IS NULL AND EXISTS (SELECT FROM %2$s WHERE %3$s)', _n, pg_temp.dumpsert_match_from(_n), _m.same_match,
      pg_temp.dumpsert_same_idents(_n, (SELECT s.key_index FROM pg_temp.dumpsert_stages AS s WHERE s.n OPERATOR(pg_catalog.=) _n), false)) LOOP
    RETURN true;
  END LOOP;
  RETURN false;
END
$dumpsert$;

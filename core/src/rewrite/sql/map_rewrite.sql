-- Rewriting the stages, and what is told and kept of it.

-- Every column of a row is rewritten once, from the dumped values, all at the same time. Two references that want different values of one column
-- name rows that do not belong together here.
CREATE PROCEDURE pg_temp.dumpsert_check_agreement(_n integer, _links integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _c record; _rows bigint; _at tid;
BEGIN
  FOR _c IN
    SELECT l.k, v.name, v.value, array_to_string(l.holding, ', ') AS names, s.relid::regclass AS relation, l.parent::regclass AS parent, l.k = ANY (_links) AS is_joined,
           pg_temp.dumpsert_refers(l.k) AS refers, pg_temp.dumpsert_answered(l.k) AS answered, pg_temp.dumpsert_linked_value(l.k, u.o::integer, v.type) AS wanted
      FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_stages AS s USING (n) CROSS JOIN LATERAL unnest(l.holding) WITH ORDINALITY AS u(name, o)
      JOIN pg_temp.dumpsert_new_values AS v ON v.name = u.name AND v.k IS DISTINCT FROM l.k
     WHERE l.n = _n AND v.value <> format('d.%I', v.name) ORDER BY l.k, u.o
  LOOP
    CONTINUE WHEN _c.answered IS NULL;  -- no dumped row can answer it
    EXECUTE format('SELECT pg_catalog.count(*), (pg_catalog.array_agg(d.ctid))[1] FROM pg_temp.dumpsert_stage_%1$s AS d %2$s WHERE %3$s', _n,
      pg_temp.dumpsert_join_links(_links) || CASE WHEN to_regclass('pg_temp.dumpsert_map_' || _n) IS NOT NULL THEN format(' LEFT JOIN pg_temp.dumpsert_map_%s AS m ON m.at OPERATOR(pg_catalog.=) d.ctid', _n) ELSE '' END,
      CASE WHEN _c.is_joined THEN format('l%1$s.w1 IS NOT NULL AND NOT ROW(%2$s)::pg_catalog.record OPERATOR(pg_catalog.=) ROW(%3$s)::pg_catalog.record OR l%1$s.w1 IS NULL AND ', _c.k, _c.wanted, _c.value) ELSE '' END
      || format('NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.=) ROW(d.%I)::pg_catalog.record AND %s AND %s', _c.value, _c.name, _c.refers, _c.answered)) INTO _rows, _at;
    IF _rows > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation',
        MESSAGE = format('dumpsert: in %s of %s two references want different values of %I, the first in %s; nothing was changed',
          _rows || CASE _rows WHEN 1 THEN ' row' ELSE ' rows' END, _c.relation, _c.name, pg_temp.dumpsert_staged_row(_n, _at)),
        HINT = format('The row of %s that its (%s) references stands here under a key that does not go with the other references of the row, as if it belonged to another owner.', _c.parent, _c.names);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Makes the rewritten stage, with its rows in their order, by which messages count them. To sort millions costs more than all the rest; a hash join
-- keeps the order of the larger side as long as the other fits into memory.
CREATE PROCEDURE pg_temp.dumpsert_rewrite_stage(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_mergejoin = on SET work_mem = '64MB' AS $dumpsert$
DECLARE
  _links integer[] := ARRAY(SELECT l.k FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_rewritten AS r ON r.n = l.to_n WHERE l.n = _n AND r.rows > 0 ORDER BY l.k);
  _mapped boolean := coalesce((SELECT m.rows > 0 FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n), false);
  _old bigint; _new bigint; _joined bigint; _in_order boolean;
BEGIN
  IF NOT _mapped AND _links = '{}' THEN
    RETURN;
  END IF;
  CREATE TEMPORARY TABLE pg_temp.dumpsert_new_values ON COMMIT DROP AS
  SELECT a.attname::text AS name, a.attnum, format_type(a.atttypid, a.atttypmod) AS type, l.k,
         CASE WHEN i.a IS NOT NULL THEN format('CASE WHEN m.at IS NOT NULL THEN m.c%s ELSE d.%I END', i.a, a.attname)
              WHEN l.k IS NOT NULL THEN format('CASE WHEN l%s.w1 IS NOT NULL THEN %s ELSE d.%I END', l.k, pg_temp.dumpsert_linked_value(l.k, l.o, format_type(a.atttypid, a.atttypmod)), a.attname)
              ELSE format('d.%I', a.attname) END AS value
    FROM pg_attribute AS a
    LEFT JOIN pg_temp.dumpsert_idents(_n) AS i ON i.name = a.attname AND _mapped
    LEFT JOIN LATERAL (
      SELECT b.k, u.o::integer AS o FROM pg_temp.dumpsert_links AS b CROSS JOIN LATERAL unnest(b.holding) WITH ORDINALITY AS u(name, o)
       WHERE b.k = ANY (_links) AND u.name = a.attname AND i.a IS NULL ORDER BY b.parent = b.node, b.condition IS NOT NULL, cardinality(b.holding), b.k LIMIT 1) AS l ON true
   WHERE a.attrelid = to_regclass('pg_temp.dumpsert_stage_' || _n) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
  CALL pg_temp.dumpsert_check_agreement(_n, _links);
  -- Before version 14 tid cannot be hashed.
  _in_order := current_setting('server_version_num')::integer < 140000;
  IF NOT _in_order THEN
    PERFORM set_config('enable_mergejoin', 'off', true);
  END IF;
  _old := pg_temp.dumpsert_size(_n);
  _joined := (SELECT coalesce(sum(r.rows), 0) FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_rewritten AS r ON r.n = l.to_n WHERE l.k = ANY (_links))
    + coalesce((SELECT m.rows FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n), 0);
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_new_%s (LIKE pg_temp.dumpsert_stage_%1$s INCLUDING GENERATED) ON COMMIT DROP', _n);
  EXECUTE format('INSERT INTO pg_temp.dumpsert_new_%1$s (%2$s) SELECT %3$s FROM pg_temp.dumpsert_stage_%1$s AS d%4$s%5$s%6$s', _n,
    (SELECT string_agg(quote_ident(v.name), ', ' ORDER BY v.attnum) FROM pg_temp.dumpsert_new_values AS v),
    (SELECT string_agg(v.value, ', ' ORDER BY v.attnum) FROM pg_temp.dumpsert_new_values AS v), pg_temp.dumpsert_join_links(_links),
    CASE WHEN _mapped THEN format(' LEFT JOIN pg_temp.dumpsert_map_%s AS m ON m.at OPERATOR(pg_catalog.=) d.ctid', _n) END,
    CASE WHEN _in_order OR _old < 200000 OR _joined > 100000 THEN ' ORDER BY d.ctid' END);
  GET DIAGNOSTICS _new = ROW_COUNT;
  IF _new <> _old THEN
    RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
      MESSAGE = format('dumpsert: rows of %s reference a value that two dumped rows have; nothing was changed', (SELECT s.relid::regclass FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n)),
      HINT = 'What is referenced must be unique in the dump as well.';
  END IF;
  DROP TABLE pg_temp.dumpsert_new_values;
END
$dumpsert$;

-- Where rows are mapped, in the order of what they are known by.
CREATE PROCEDURE pg_temp.dumpsert_map_node(_node pg_catalog.oid, _draws boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m record; _is_tree boolean; _rows bigint; _more bigint; _at tid; _differs text;
BEGIN
  _is_tree := (SELECT bool_or(m.is_tree) FROM pg_temp.dumpsert_mapped AS m WHERE m.node = _node);
  FOR _m IN SELECT m.n, m.rule FROM pg_temp.dumpsert_mapped AS m WHERE m.node = _node AND m.rule ->> 'where' IS NOT NULL LOOP
    CALL pg_temp.dumpsert_find_when('m' || _m.n, _m.n, _m.rule ->> 'where');
  END LOOP;
  LOOP
    _rows := 0;
    FOR _m IN SELECT m.n, m.rule FROM pg_temp.dumpsert_mapped AS m WHERE m.node = _node ORDER BY m.n LOOP
      CALL pg_temp.dumpsert_take_batch(_m.n);
      _more := (SELECT count(*) FROM pg_temp.dumpsert_batch);
      _rows := _rows + _more;
      CONTINUE WHEN _more = 0;
      IF _is_tree THEN
        EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_asked (LIKE pg_temp.dumpsert_seen_%s) ON COMMIT DROP', _m.n);
      END IF;
      IF _m.rule IS NOT NULL THEN
        CALL pg_temp.dumpsert_match_batch(_m.n, CASE WHEN _is_tree THEN 'dumpsert_asked' ELSE 'dumpsert_seen_' || _m.n END, _draws);
      ELSE
        EXECUTE format('INSERT INTO pg_temp.%I SELECT e.at, NULL, false, %s FROM pg_temp.dumpsert_batch AS e', CASE WHEN _is_tree THEN 'dumpsert_asked' ELSE 'dumpsert_seen_' || _m.n END,
          (SELECT string_agg(format('e.o%1$s, e.c%1$s', i.a), ', ' ORDER BY i.a) FROM pg_temp.dumpsert_idents(_m.n) AS i));
      END IF;
      IF _is_tree THEN
        EXECUTE format('INSERT INTO pg_temp.dumpsert_seen_%s SELECT * FROM pg_temp.dumpsert_asked', _m.n);
        CALL pg_temp.dumpsert_tell_referrers(_m.n, 'pg_temp.dumpsert_asked', true);
        DROP TABLE pg_temp.dumpsert_asked;
      END IF;
      EXECUTE format('ANALYZE pg_temp.dumpsert_seen_%s', _m.n);
    END LOOP;
    EXIT WHEN _rows = 0 OR NOT _is_tree;
  END LOOP;
  FOR _m IN SELECT m.n FROM pg_temp.dumpsert_mapped AS m WHERE m.node = _node ORDER BY m.n LOOP
    IF _is_tree THEN
      EXECUTE format('SELECT count(*), (array_agg(d.ctid))[1] FROM pg_temp.dumpsert_stage_%s AS d WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_seen_%1$s AS e WHERE e.at = d.ctid)', _m.n) INTO _rows, _at;
      IF _rows > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'data_exception', HINT = 'Match them by columns that reference no row of the same table.',
          MESSAGE = format('dumpsert: %s rows of %s reference each other in a circle by columns that they are recognised by, the first %s; nothing was changed', _rows, _node::regclass, pg_temp.dumpsert_staged_row(_m.n, _at));
      END IF;
    END IF;
    SELECT format('NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record', string_agg('e.o' || i.a, ', ' ORDER BY i.a), string_agg('e.c' || i.a, ', ' ORDER BY i.a))
      INTO _differs FROM pg_temp.dumpsert_idents(_m.n) AS i;
    EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_map_%s ON COMMIT DROP AS SELECT e.* FROM pg_temp.dumpsert_seen_%1$s AS e WHERE %s', _m.n, _differs);
    GET DIAGNOSTICS _rows = ROW_COUNT;
    UPDATE pg_temp.dumpsert_mapped AS m SET rows = _rows WHERE m.n = _m.n;
    EXECUTE format('ANALYZE pg_temp.dumpsert_map_%s', _m.n);
    IF NOT _is_tree THEN
      CALL pg_temp.dumpsert_tell_referrers(_m.n, 'pg_temp.dumpsert_map_' || _m.n, false);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Makes the tables of what referenced values become.
CREATE PROCEDURE pg_temp.dumpsert_make_rewritten()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _r record; _bad text;
BEGIN
  DELETE FROM pg_temp.dumpsert_rewritten;
  SELECT format('%s (%s)', s.relid::regclass, array_to_string(l.referenced, ', ')) INTO _bad
    FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_mapped AS m ON m.node = l.parent JOIN pg_temp.dumpsert_stages AS s ON s.n = m.n WHERE NOT l.referenced <@ m.idents LIMIT 1;
  IF _bad IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', HINT = 'Dump all columns of the table.',
      MESSAGE = format('dumpsert: %s is referenced, and the dump does not bring it: what references it cannot follow its rows to other keys (match_on); nothing was changed', _bad);
  END IF;
  INSERT INTO pg_temp.dumpsert_rewritten (node, referenced, rows)
  SELECT DISTINCT l.parent, l.referenced, 0 FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_mapped AS m ON m.node = l.parent;
  UPDATE pg_temp.dumpsert_links AS l SET to_n = r.n FROM pg_temp.dumpsert_rewritten AS r WHERE r.node = l.parent AND r.referenced = l.referenced;
  FOR _r IN
    SELECT r.n, string_agg(format('w%s %s%s', u.o, i.type, i.under), ', ' ORDER BY u.o) || ', ' || string_agg(format('v%s %s%s', u.o, i.type, i.under), ', ' ORDER BY u.o) AS columns
      FROM pg_temp.dumpsert_rewritten AS r JOIN (SELECT m.node, min(m.n) AS n FROM pg_temp.dumpsert_mapped AS m GROUP BY m.node) AS f ON f.node = r.node
     CROSS JOIN LATERAL unnest(r.referenced) WITH ORDINALITY AS u(name, o) JOIN LATERAL pg_temp.dumpsert_idents(f.n) AS i ON i.name = u.name GROUP BY r.n
  LOOP
    EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_to_%s (%s) ON COMMIT DROP', _r.n, _r.columns);
  END LOOP;
END
$dumpsert$;

-- A row that a guard refuses is somebody else's: what references it would be given to a stranger.
CREATE PROCEDURE pg_temp.dumpsert_check_strangers()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _l record; _rows bigint; _at tid;
BEGIN
  FOR _l IN
    SELECT l.n, array_to_string(l.holding, ', ') AS names, c.relid::regclass AS relation, s.relid::regclass AS parent, s.guard, pg_temp.dumpsert_refers(l.k) AS refers,
           format('EXISTS (SELECT FROM pg_temp.dumpsert_stage_%1$s AS q JOIN pg_temp.dumpsert_seen_%1$s AS e ON e.at = q.ctid JOIN %2$s AS p ON %3$s WHERE %4$s AND NOT ROW(p.%5$I)::record = ROW(e.c%6$s)::record)',
             s.n, s.target, pg_temp.dumpsert_same_idents(s.n, s.key_index, false),
             pg_temp.dumpsert_meets(l.k, ARRAY(SELECT format('q.%I', u.r) FROM unnest(l.referenced) WITH ORDINALITY AS u(r, i) ORDER BY u.i), 'd'), s.guard, i.a) AS is_strange
      FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n) JOIN pg_temp.dumpsert_links AS l ON l.parent = m.node JOIN pg_temp.dumpsert_stages AS c ON c.n = l.n
      JOIN LATERAL pg_temp.dumpsert_idents(m.n) AS i ON i.name = s.guard
     WHERE m.rule IS NOT NULL AND s.set_columns <> '{}' AND (SELECT o.options ->> 'on_guard' = 'skip' FROM pg_temp.dumpsert_options AS o) ORDER BY l.k
  LOOP
    EXECUTE format('SELECT count(*), (array_agg(d.ctid))[1] FROM pg_temp.dumpsert_stage_%s AS d WHERE %s AND %s', _l.n, _l.refers, _l.is_strange) INTO _rows, _at;
    IF _rows > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', HINT = 'Leave the referenced rows out of the dump, and with them what references them.',
        MESSAGE = format('dumpsert: %s of %s by (%s) to rows of %s that belong to another %I here, the first in %s; nothing was changed',
          _rows || CASE _rows WHEN 1 THEN ' reference' ELSE ' references' END, _l.relation, _l.names, _l.parent, _l.guard, pg_temp.dumpsert_staged_row(_l.n, _at));
    END IF;
  END LOOP;
END
$dumpsert$;

-- All of it: what keys become, and the stages rewritten. With _draws, sequences are asked for new keys.
CREATE PROCEDURE pg_temp.dumpsert_map(_draws boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _node oid; _n integer;
BEGIN
  CALL pg_temp.dumpsert_plan_map();
  CALL pg_temp.dumpsert_make_rewritten();
  CALL pg_temp.dumpsert_check_answered();
  FOR _node IN SELECT m.node FROM pg_temp.dumpsert_mapped AS m GROUP BY m.node, m.level ORDER BY m.level LOOP
    CALL pg_temp.dumpsert_map_node(_node, _draws);
  END LOOP;
  CALL pg_temp.dumpsert_check_strangers();
  FOR _n IN SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' ORDER BY s.n LOOP
    CALL pg_temp.dumpsert_rewrite_stage(_n);
  END LOOP;
  -- Only now: until all are rewritten, the stages are asked as they came.
  FOR _n IN SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE to_regclass('pg_temp.dumpsert_new_' || s.n) IS NOT NULL ORDER BY s.n LOOP
    EXECUTE format('ALTER TABLE pg_temp.dumpsert_stage_%s RENAME TO dumpsert_dumped_%1$s', _n);
    EXECUTE format('ALTER TABLE pg_temp.dumpsert_new_%s RENAME TO dumpsert_stage_%1$s', _n);
    UPDATE pg_temp.dumpsert_stages AS s SET stage = to_regclass('pg_temp.dumpsert_stage_' || _n) WHERE s.n = _n;
  END LOOP;
END
$dumpsert$;

-- Deleting. Rows that nothing of the dump references go first, since they may hold unique values that the dump gives to others; the rest
-- goes when the dump's rows have left them.

-- What actions of the target change meanwhile; what they delete is counted with its table.
CREATE PROCEDURE pg_temp.dumpsert_prune_note_hits()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s rows of %s, of which the dump brings none, are changed with rows of %s that are deleted, by ON DELETE of %I', h.rows, h.child::regclass, h.parent::regclass, h.name)
    FROM pg_temp.dumpsert_prune_hit AS h WHERE h.rows > 0 ORDER BY h.child::regclass::text COLLATE "C", h.name;
END
$dumpsert$;

-- Deletes the rows that were found, held ones or the others: tables that reference first, each circle of them by one statement.
CREATE PROCEDURE pg_temp.dumpsert_prune_delete(_held boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _nodes oid[] := ARRAY(SELECT DISTINCT t.node FROM pg_temp.dumpsert_prune_rows AS d JOIN pg_temp.dumpsert_prune_tables AS t ON t.relid = d.via WHERE d.held = _held ORDER BY 1);
  _order integer[];
  _from integer[]; _to integer[];
  _c record; _written bigint[]; _i integer;
BEGIN
  -- A table depends on those that reference it: they come first.
  SELECT array_agg(e.parent ORDER BY e.parent, e.child), array_agg(e.child ORDER BY e.parent, e.child) INTO _from, _to FROM (
    SELECT DISTINCT array_position(_nodes, k.parent_node) AS parent, array_position(_nodes, k.child_node) AS child FROM pg_temp.dumpsert_prune_keys AS k
     WHERE k.parent_node = ANY (_nodes) AND k.child_node = ANY (_nodes)) AS e;
  _order := pg_temp.dumpsert_components(cardinality(_nodes), _from, _to);
  FOR _c IN
    SELECT array_agg(v.relid ORDER BY v.relid) AS relids, array_agg(v.rows ORDER BY v.relid) AS rows,
           string_agg(format('d%1$s AS (DELETE FROM %2$s AS p USING pg_temp.dumpsert_prune_rows AS r WHERE r.via OPERATOR(pg_catalog.=) %1$s::pg_catalog.oid AND r.held OPERATOR(pg_catalog.=) %3$L'
             ' AND p.tableoid OPERATOR(pg_catalog.=) r.rel AND p.ctid OPERATOR(pg_catalog.=) r.at RETURNING 1)', v.relid, v.target, _held), ', ' ORDER BY v.relid) AS parts,
           string_agg(format('(SELECT pg_catalog.count(*) FROM d%s)', v.relid), ', ' ORDER BY v.relid) AS counts
      FROM (SELECT t.relid, t.node, t.target, count(*) AS rows FROM pg_temp.dumpsert_prune_rows AS d JOIN pg_temp.dumpsert_prune_tables AS t ON t.relid = d.via
             WHERE d.held = _held GROUP BY t.relid, t.node, t.target) AS v
     GROUP BY _order[array_position(_nodes, v.node)] ORDER BY _order[array_position(_nodes, v.node)]
  LOOP
    _written := pg_temp.dumpsert_execute_parts(format('WITH %s SELECT ARRAY[%s]', _c.parts, _c.counts));
    FOR _i IN 1 .. cardinality(_c.relids) LOOP
      CALL pg_temp.dumpsert_must_have(_c.relids[_i], 'deleted', _c.rows[_i], _written[_i]);
      UPDATE pg_temp.dumpsert_prune_tables AS t SET deleted = t.deleted + _written[_i] WHERE t.relid = _c.relids[_i];
    END LOOP;
  END LOOP;
  -- What CASCADE has deleted with them.
  INSERT INTO pg_temp.dumpsert_prune_tables (relid, node, why, deleted)
  SELECT coalesce(pg_partition_root(d.rel), d.rel), coalesce(pg_partition_root(d.rel), d.rel), '', count(*) FROM pg_temp.dumpsert_prune_rows AS d
   WHERE d.via IS NULL AND d.held = _held GROUP BY 1
  ON CONFLICT (relid) DO UPDATE SET deleted = dumpsert_prune_tables.deleted + excluded.deleted;
END
$dumpsert$;

-- Held rows that have a unique value which the dump gives to another row step aside until they go.
CREATE PROCEDURE pg_temp.dumpsert_prune_step_aside()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record; _i record; _statement text; _is_done boolean; _why text; _has boolean; _count integer;
BEGIN
  FOR _s IN SELECT s.relid, min(s.target) AS target, c.relname, min(s.n) AS n,
                   string_agg(format('SELECT %s FROM pg_temp.dumpsert_stage_%s', u.columns, s.n), ' UNION ALL ' ORDER BY s.n) AS staged
              FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid
             CROSS JOIN LATERAL (SELECT string_agg(CASE WHEN t.attname IS NULL THEN format('NULL::%s AS %I', format_type(a.atttypid, a.atttypmod), a.attname) ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum) AS columns
                   FROM pg_attribute AS a LEFT JOIN pg_attribute AS t ON t.attrelid = to_regclass('pg_temp.dumpsert_stage_' || s.n) AND t.attname = a.attname
                  WHERE a.attrelid = s.relid AND a.attnum > 0 AND NOT a.attisdropped) AS u
             WHERE s.new > 0 OR s.changed > 0 GROUP BY s.relid, c.relname ORDER BY s.relid LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at WHERE d.via IS NOT NULL)', _s.target) INTO _has;
    CONTINUE WHEN NOT _has;
    FOR _i IN SELECT i.index, i.keys, i.meets, coalesce(i.predicate, 'true') AS predicate FROM pg_temp.dumpsert_places(_s.relid) AS i ORDER BY i.index LOOP
      EXECUTE format('DROP TABLE IF EXISTS pg_temp.dumpsert_move_%s', _s.relid);
      EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_move_%s (id integer GENERATED ALWAYS AS IDENTITY, n integer, staged pg_catalog.tid, rel pg_catalog.oid, at pg_catalog.tid,'
        ' becomes %s, rank integer DEFAULT 0) ON COMMIT DROP', _s.relid, _s.relid::regclass);
      PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_move_%1$s (rel, at) SELECT DISTINCT d.rel, d.at FROM pg_temp.dumpsert_prune_rows AS d JOIN ('
        'SELECT %2$I.tableoid AS rel, %2$I.ctid AS at, %3$s FROM %4$s AS %2$I WHERE %5$s) AS b ON b.rel OPERATOR(pg_catalog.=) d.rel AND b.at OPERATOR(pg_catalog.=) d.at'
        ' JOIN (SELECT %3$s FROM (%6$s) AS %2$I WHERE %5$s) AS w ON %7$s WHERE d.via IS NOT NULL', _s.relid, _s.relname, _i.keys, _s.target, _i.predicate, _s.staged, _i.meets));
      EXECUTE format('SELECT count(*) FROM pg_temp.dumpsert_move_%s', _s.relid) INTO _count;
      CONTINUE WHEN _count = 0;
      DELETE FROM pg_temp.dumpsert_aside;
      EXECUTE format('INSERT INTO pg_temp.dumpsert_aside SELECT m.id, %s FROM pg_temp.dumpsert_move_%s AS m', _i.index, _s.relid);
      _is_done := false; _why := 'No column of it can take another value.';
      FOR _statement IN SELECT s.statement FROM pg_temp.dumpsert_spares(_s.relid, _i.index) AS s LOOP
        BEGIN
          PERFORM pg_temp.dumpsert_execute(_statement);
          CALL pg_temp.dumpsert_prune_find();  -- actions may have followed the row, also to other tables
          _is_done := true;
          EXIT;
        EXCEPTION
          WHEN lock_not_available OR deadlock_detected OR query_canceled THEN RAISE;
          WHEN OTHERS THEN _why := format('%s (%s)', SQLERRM, SQLSTATE);
        END;
      END LOOP;
      IF NOT _is_done THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', DETAIL = _why,
          MESSAGE = format('dumpsert: %s rows of %s are to be deleted, hold values of %s that the dump gives to others, and are still referenced by rows of the dump; nothing was changed',
                           _count, _s.relid::regclass, _i.index::regclass),
          HINT = 'Make the foreign keys that reference these rows DEFERRABLE, or delete them by hand before.';
      END IF;
    END LOOP;
    EXECUTE format('DROP TABLE IF EXISTS pg_temp.dumpsert_move_%s', _s.relid);
  END LOOP;
END
$dumpsert$;

-- Before the dump's rows are written.
CREATE PROCEDURE pg_temp.dumpsert_prune_first()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows) THEN
    CALL pg_temp.dumpsert_prune_note_hits();
    CALL pg_temp.dumpsert_prune_delete(false);
    DELETE FROM pg_temp.dumpsert_prune_rows AS d WHERE NOT d.held;
    CALL pg_temp.dumpsert_step('pruned first');
    IF EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows) THEN
      CALL pg_temp.dumpsert_prune_step_aside();
    END IF;
  END IF;
END
$dumpsert$;

-- Whether something else than our own statements may have written to rows of the target meanwhile.
CREATE FUNCTION pg_temp.dumpsert_prune_moves() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT (SELECT o.options ->> 'triggers' = 'fire' FROM pg_temp.dumpsert_options AS o) OR EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.reached)
$dumpsert$;

-- When they have been written, and before what is deferred is checked: the rows that are left to be deleted are looked for again, since
-- actions of the target may have followed them. No row of the dump may reference one of them any more.
CREATE PROCEDURE pg_temp.dumpsert_prune_last()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _k record; _rows bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows) AND NOT pg_temp.dumpsert_prune_moves() THEN
    RETURN;
  END IF;
  CALL pg_temp.dumpsert_prune_find();
  FOR _k IN SELECT k.* FROM pg_temp.dumpsert_prune_keys AS k WHERE k.child_node IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.node IS NOT NULL AND s.way <> 'skip') ORDER BY k.n LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE d.held);
    EXECUTE format('SELECT count(*) FROM (SELECT DISTINCT q.tableoid, q.ctid FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at JOIN %s AS q ON %s'
      ' WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS o WHERE o.rel = q.tableoid AND o.at = q.ctid)) AS x', _k.from_parent, _k.from_child, _k.pairs) INTO _rows;
    IF _rows > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation',
        MESSAGE = format('dumpsert: to prune is refused: %s rows of %s, which stay, reference rows of %s that are to be deleted, by %I; nothing was changed',
                         _rows, _k.child::regclass, _k.parent::regclass, _k.name),
        HINT = 'Bring these columns in the dump as well, prune the table that references, or leave the referenced one out.';
    END IF;
  END LOOP;
  CALL pg_temp.dumpsert_prune_refuse();
  CALL pg_temp.dumpsert_prune_note_hits();
  UPDATE pg_temp.dumpsert_prune_rows AS d SET held = true WHERE NOT d.held;
  CALL pg_temp.dumpsert_prune_delete(true);
  CALL pg_temp.dumpsert_step('pruned');
END
$dumpsert$;

-- When deferred constraints were checked as well: nothing may be left.
CREATE PROCEDURE pg_temp.dumpsert_prune_verify()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _told text;
BEGIN
  IF NOT pg_temp.dumpsert_prune_moves() THEN
    RETURN;  -- what each statement has deleted was counted, behind locks
  END IF;
  CALL pg_temp.dumpsert_prune_find();
  SELECT format('%s rows of %s', count(*), d.via::regclass) INTO _told FROM pg_temp.dumpsert_prune_rows AS d WHERE d.via IS NOT NULL GROUP BY d.via ORDER BY d.via LIMIT 1;
  IF _told IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'triggered_data_change_violation', HINT = 'A trigger or a referential action of the target writes to it.',
      MESSAGE = format('dumpsert: after all was written, %s are not in the dump; nothing was changed', _told);
  END IF;
END
$dumpsert$;

-- What remains whole, and why; told also where nothing was to be done.
CREATE FUNCTION pg_temp.dumpsert_unpruned() RETURNS pg_catalog.text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT array_agg(format('%s is not pruned: %s', u.relid::regclass, u.why) ORDER BY u.relid::regclass::text COLLATE "C") FROM (
    SELECT t.relid, t.why FROM pg_temp.dumpsert_prune_tables AS t WHERE t.why <> ''
    UNION ALL SELECT p.relid, 'it is left out, or no table' FROM pg_temp.dumpsert_prune_tables AS t CROSS JOIN LATERAL pg_partition_tree(t.relid) AS p
               WHERE t.why IS NULL AND p.isleaf AND p.relid <> ALL (t.rels)) AS u
$dumpsert$;

-- What is told of it beside the counts of the merge.
CREATE PROCEDURE pg_temp.dumpsert_prune_note()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  UPDATE pg_temp.dumpsert_counts AS c SET deleted = coalesce(t.deleted, 0), kept = t.kept
    FROM pg_temp.dumpsert_counts AS b LEFT JOIN pg_temp.dumpsert_prune_tables AS t ON t.relid = to_regclass(b.target) WHERE b.target = c.target;
  INSERT INTO pg_temp.dumpsert_counts (target, inserted, updated, unchanged, refused, deleted)
  SELECT format('%I.%I', n.nspname, c.relname), 0, 0, 0, 0, t.deleted
    FROM pg_temp.dumpsert_prune_tables AS t JOIN pg_class AS c ON c.oid = t.relid JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE t.deleted > 0 AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_counts AS o WHERE to_regclass(o.target) = t.relid);
END
$dumpsert$;
ALTER TABLE pg_temp.dumpsert_counts ADD COLUMN deleted bigint, ADD COLUMN kept pg_catalog.jsonb;

-- The rows that are deleted, for a person who wants to see them: their keys, or the whole rows where they have none.
CREATE TEMPORARY TABLE pg_temp.dumpsert_deletions (n integer GENERATED ALWAYS AS IDENTITY, relation pg_catalog.text, rows bigint, shown pg_catalog.jsonb) ON COMMIT DROP;

CREATE PROCEDURE pg_temp.dumpsert_prune_show()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' AS $dumpsert$
DECLARE
  _options jsonb := (SELECT o.options -> 'differences' FROM pg_temp.dumpsert_options AS o);
  _t record;
  _shown jsonb;
BEGIN
  DELETE FROM pg_temp.dumpsert_deletions;
  FOR _t IN
    SELECT t.relid, t.target, c.rows, k.key FROM pg_temp.dumpsert_prune_tables AS t JOIN pg_temp.dumpsert_stages AS s ON s.n = t.stages[1]
      JOIN (SELECT d.via, count(*) AS rows FROM pg_temp.dumpsert_prune_rows AS d GROUP BY d.via) AS c ON c.via = t.relid
     CROSS JOIN LATERAL (SELECT string_agg(CASE WHEN u.hides THEN format('jsonb_build_array(%L)', u.name) ELSE format('jsonb_build_array(%L, left(p.%I::text, 200))', u.name, u.name) END, ', ' ORDER BY u.o) AS key
       FROM (SELECT x.name, x.o, s.key_index IS NULL AND EXISTS (SELECT FROM jsonb_array_elements_text(_options -> 'hide') AS h(name)
                      WHERE h.name IN (x.name, concat(s.name, '.', x.name), concat(s.schema, '.', s.name, '.', x.name))) AS hides
               FROM unnest(CASE WHEN s.key_index IS NULL THEN s.found ELSE s.key_columns END) WITH ORDINALITY AS x(name, o)) AS u) AS k
     ORDER BY t.relid::regclass::text COLLATE "C"
  LOOP
    EXECUTE format('SELECT jsonb_agg(x.key ORDER BY x.rel, x.at) FROM (SELECT d.rel, d.at, jsonb_build_array(%s) AS key FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p'
      ' ON p.tableoid = d.rel AND p.ctid = d.at WHERE d.via = %s ORDER BY d.rel, d.at LIMIT %s) AS x', _t.key, _t.target, _t.relid, (_options ->> 'rows')::integer) INTO _shown;
    INSERT INTO pg_temp.dumpsert_deletions (relation, rows, shown) VALUES (_t.relid::regclass::text, _t.rows, _shown);
  END LOOP;
END
$dumpsert$;

-- Behind the locks: which rows, and whether that is permitted.
CREATE PROCEDURE pg_temp.dumpsert_prune_attempt()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  CALL pg_temp.dumpsert_prune_find();
  CALL pg_temp.dumpsert_prune_refuse();
  IF (SELECT o.options ? 'differences' FROM pg_temp.dumpsert_options AS o) THEN
    CALL pg_temp.dumpsert_prune_show();
  END IF;
END
$dumpsert$;

-- For a check: what would be deleted, and what stands in the way.
CREATE PROCEDURE pg_temp.dumpsert_prune_check()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _f record;
BEGIN
  CALL pg_temp.dumpsert_prune_find();
  CALL pg_temp.dumpsert_prune_find_faults();
  FOR _f IN SELECT f.* FROM pg_temp.dumpsert_prune_faults AS f ORDER BY f.n LOOP
    PERFORM pg_temp.dumpsert_find('error', _f.relid::regclass::text, _f.code, CASE WHEN _f.rows IS NULL THEN _f.message ELSE 'rows ' || _f.message END, _f.hint, _f.rows);
  END LOOP;
  UPDATE pg_temp.dumpsert_prune_tables AS t SET deleted = (SELECT count(*) FROM pg_temp.dumpsert_prune_rows AS d WHERE d.via = t.relid);
  INSERT INTO pg_temp.dumpsert_notes (note) SELECT u FROM unnest(pg_temp.dumpsert_unpruned()) AS u;
  CALL pg_temp.dumpsert_prune_note_hits();
  IF (SELECT o.options ? 'differences' FROM pg_temp.dumpsert_options AS o) THEN
    CALL pg_temp.dumpsert_prune_show();
  END IF;
END
$dumpsert$;

-- Which rows are deleted, which are kept though the dump does not have them, and what stands in the way.

-- Rows that an exclusion covers, or that were left out of the dump, and what hangs on them. What they reference stays as well.
CREATE PROCEDURE pg_temp.dumpsert_prune_keep()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _pruned oid[] := ARRAY(SELECT u FROM pg_temp.dumpsert_prune_tables AS t CROSS JOIN LATERAL unnest(t.rels) AS u WHERE t.why IS NULL);
  _r record; _rows bigint; _more bigint;
BEGIN
  DELETE FROM pg_temp.dumpsert_prune_kept;
  -- The rule is evaluated as it would be in the session of its user. Ids of demo businesses are known by the names of their columns.
  FOR _r IN
    SELECT r.label, r.condition, pg_temp.dumpsert_prune_from(c.oid) AS target, c.relname
      FROM jsonb_to_recordset(coalesce(pg_temp.dumpsert_prune_options() -> 'rules', '[]')) AS r(schema text, name text, label text, condition text)
      JOIN pg_class AS c ON c.oid = to_regclass(format('%I.%I', r.schema, r.name))  -- not of the source only
    UNION ALL
    SELECT 'demo', format('(%I)::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.~*) ''^demo$|^demo-|-demo$|-demo-business''', a.attname),
           pg_temp.dumpsert_prune_from(c.oid), c.relname
      FROM jsonb_to_recordset(coalesce(pg_temp.dumpsert_prune_options() -> 'demo', '[]')) AS d(schema text, name text, "column" text)
      JOIN pg_attribute AS a ON a.attname = d."column" AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type AS t ON t.oid = a.atttypid AND t.typcategory = 'S'
      JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND c.relname = coalesce(d.name, c.relname)
      JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = coalesce(d.schema, n.nspname) AND n.nspname !~ '^pg_|^information_schema$'
     WHERE has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
  LOOP
    PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_prune_kept SELECT tableoid, ctid, %L FROM %s AS %I WHERE (%s)', _r.label, _r.target, _r.relname, _r.condition));
  END LOOP;
  FOR _r IN SELECT s.n, s.target, pg_temp.dumpsert_same_key(s.key_index, 'p', 't') AS same_key FROM pg_temp.dumpsert_prune_left AS l JOIN pg_temp.dumpsert_stages AS s USING (n)
             WHERE s.key_index IS NOT NULL ORDER BY s.n LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_kept SELECT p.tableoid, p.ctid, ''left out of the dump'' FROM %s AS p WHERE EXISTS (SELECT FROM pg_temp.dumpsert_left_%s AS t WHERE %s)',
                   _r.target, _r.n, _r.same_key);
  END LOOP;
  IF pg_temp.dumpsert_maps() THEN
    CALL pg_temp.dumpsert_map_keep_left_out();
  END IF;
  -- A row that the dump has will be as the dump says.
  DELETE FROM pg_temp.dumpsert_prune_kept AS k WHERE k.rel = ANY (_pruned)
     AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE d.rel = k.rel AND d.at = k.at);
  IF NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_kept) THEN
    RETURN;
  END IF;
  ANALYZE pg_temp.dumpsert_prune_kept;
  LOOP
    _rows := 0;
    FOR _r IN SELECT k.* FROM pg_temp.dumpsert_prune_keys AS k WHERE k.is_followed ORDER BY k.n LOOP
      EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_kept SELECT DISTINCT ON (q.tableoid, q.ctid) q.tableoid, q.ctid, ''references a row that is kept'''
        ' FROM pg_temp.dumpsert_prune_kept AS k JOIN %s AS p ON p.tableoid = k.rel AND p.ctid = k.at JOIN %s AS q ON %s'
        ' WHERE (q.tableoid <> ALL ($1) OR EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE d.rel = q.tableoid AND d.at = q.ctid))'
        ' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_kept AS o WHERE o.rel = q.tableoid AND o.at = q.ctid)', _r.from_parent, _r.from_child, _r.pairs) USING _pruned;
      GET DIAGNOSTICS _more = ROW_COUNT;
      _rows := _rows + _more;
    END LOOP;
    EXIT WHEN _rows = 0;
  END LOOP;
  LOOP
    _rows := 0;
    FOR _r IN SELECT k.* FROM pg_temp.dumpsert_prune_keys AS k ORDER BY k.n LOOP
      EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_kept SELECT DISTINCT ON (d.rel, d.at) d.rel, d.at, ''is referenced by a row that is kept'''
        ' FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at JOIN %s AS q ON %s'
        ' JOIN pg_temp.dumpsert_prune_kept AS k ON k.rel = q.tableoid AND k.at = q.ctid'
        ' WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_kept AS o WHERE o.rel = d.rel AND o.at = d.at)', _r.from_parent, _r.from_child, _r.pairs);
      GET DIAGNOSTICS _more = ROW_COUNT;
      _rows := _rows + _more;
    END LOOP;
    EXIT WHEN _rows = 0;
  END LOOP;
  WITH one AS (  -- a row may be kept for several reasons
    SELECT k.rel, k.at, min(k.why) AS why FROM pg_temp.dumpsert_prune_kept AS k JOIN pg_temp.dumpsert_prune_rows AS d ON d.rel = k.rel AND d.at = k.at GROUP BY k.rel, k.at
  ), counted AS (
    SELECT t.relid, o.why, count(*) AS rows FROM one AS o JOIN pg_temp.dumpsert_prune_tables AS t ON o.rel = ANY (t.rels) GROUP BY 1, 2
  )
  UPDATE pg_temp.dumpsert_prune_tables AS t SET kept = (SELECT jsonb_object_agg(c.why, c.rows) FROM counted AS c WHERE c.relid = t.relid);
  DELETE FROM pg_temp.dumpsert_prune_rows AS d WHERE EXISTS (SELECT FROM pg_temp.dumpsert_prune_kept AS k WHERE k.rel = d.rel AND k.at = d.at);
END
$dumpsert$;

-- What references rows that are to be deleted in tables that the dump does not bring: counted, and where that is permitted, rows that CASCADE
-- deletes there count as rows that are to be deleted.
CREATE PROCEDURE pg_temp.dumpsert_prune_count_hits()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _k record; _rows bigint; _more bigint;
  _cascade boolean := coalesce((pg_temp.dumpsert_prune_options() ->> 'cascade')::boolean, false);
  _others CONSTANT text := ' FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at JOIN %s AS q ON %s'
    ' WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS o WHERE o.rel = q.tableoid AND o.at = q.ctid)';
BEGIN
  CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_other ON COMMIT DROP AS
  SELECT k.*, has_table_privilege(k.child, 'SELECT') AND NOT row_security_active(k.child) AS may FROM pg_temp.dumpsert_prune_keys AS k
   WHERE k.child_node NOT IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.node IS NOT NULL AND s.way <> 'skip');
  LOOP
    _rows := 0;
    FOR _k IN SELECT o.* FROM pg_temp.dumpsert_prune_other AS o WHERE _cascade AND o.may AND o.action = 'c' ORDER BY o.n LOOP
      EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_rows (rel, at) SELECT DISTINCT q.tableoid, q.ctid' || _others, _k.from_parent, _k.from_child, _k.pairs);
      GET DIAGNOSTICS _more = ROW_COUNT;
      _rows := _rows + _more;
    END LOOP;
    EXIT WHEN _rows = 0;
  END LOOP;
  FOR _k IN SELECT o.* FROM pg_temp.dumpsert_prune_other AS o ORDER BY o.n LOOP
    _rows := NULL;
    IF _k.may THEN
      EXECUTE format('SELECT count(*) FROM (SELECT DISTINCT q.tableoid, q.ctid' || _others || ') AS x', _k.from_parent, _k.from_child, _k.pairs) INTO _rows;
    ELSE  -- whoever may not look does not know
      CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE coalesce(pg_partition_root(d.rel), d.rel) = _k.parent_node);
    END IF;
    IF _rows IS DISTINCT FROM 0 THEN
      INSERT INTO pg_temp.dumpsert_prune_hit VALUES (_k.name, _k.child, _k.parent, _k.action, _rows);
    END IF;
  END LOOP;
  DROP TABLE pg_temp.dumpsert_prune_other;
END
$dumpsert$;

-- Rows that others still reference which the dump has: they can go when these have been written. So must what they reference.
CREATE PROCEDURE pg_temp.dumpsert_prune_hold()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _k record; _rows bigint; _more bigint;
  _hold CONSTANT text := 'UPDATE pg_temp.dumpsert_prune_rows AS r SET held = true FROM (SELECT DISTINCT d.rel, d.at FROM pg_temp.dumpsert_prune_rows AS d'
    ' JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at JOIN %s AS q ON %s WHERE NOT d.held AND %s) AS h WHERE r.rel = h.rel AND r.at = h.at';
BEGIN
  FOR _k IN SELECT k.* FROM pg_temp.dumpsert_prune_keys AS k
             WHERE k.child_node IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.node IS NOT NULL AND s.way <> 'skip') ORDER BY k.n LOOP
    EXECUTE format(_hold, _k.from_parent, _k.from_child, _k.pairs, 'NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS o WHERE o.rel = q.tableoid AND o.at = q.ctid)');
  END LOOP;
  LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS d WHERE d.held);
    _rows := 0;
    FOR _k IN SELECT k.* FROM pg_temp.dumpsert_prune_keys AS k ORDER BY k.n LOOP
      EXECUTE format(_hold, _k.from_parent, _k.from_child, _k.pairs, 'EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows AS o WHERE o.rel = q.tableoid AND o.at = q.ctid AND o.held)');
      GET DIAGNOSTICS _more = ROW_COUNT;
      _rows := _rows + _more;
    END LOOP;
    EXIT WHEN _rows = 0;
  END LOOP;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_prune_find()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET timezone = 'UTC' SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET xmlbinary = 'base64' AS $dumpsert$
DECLARE
  _t record;
BEGIN
  DELETE FROM pg_temp.dumpsert_prune_rows;
  DELETE FROM pg_temp.dumpsert_prune_hit;
  FOR _t IN SELECT t.relid, t.query FROM pg_temp.dumpsert_prune_tables AS t JOIN pg_temp.dumpsert_stages AS s ON s.n = t.stages[1]
             WHERE t.why IS NULL AND s.extra IS DISTINCT FROM false ORDER BY t.relid LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_prune_rows (rel, at, via) SELECT d.rel, d.at, %s FROM (%s) AS d', _t.relid, _t.query);
  END LOOP;
  IF EXISTS (SELECT FROM pg_temp.dumpsert_prune_rows) THEN
    ANALYZE pg_temp.dumpsert_prune_rows;
    CALL pg_temp.dumpsert_prune_keep();
    CALL pg_temp.dumpsert_prune_count_hits();
    CALL pg_temp.dumpsert_prune_hold();
    ANALYZE pg_temp.dumpsert_prune_rows;
  END IF;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_prune_fault(_relid pg_catalog.oid, _code pg_catalog.text, _rows bigint, _message pg_catalog.text, _hint pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_prune_faults (relid, code, rows, message, hint) VALUES (_relid, _code, _rows, _message, _hint);
END
$dumpsert$;

-- More rows of a table than is permitted. The limit is that of each table: that one is emptied does not drown in the size of others.
CREATE PROCEDURE pg_temp.dumpsert_prune_check_limits()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _max_rows bigint := (pg_temp.dumpsert_prune_options() ->> 'max_rows')::bigint;
  _max_percent numeric := (pg_temp.dumpsert_prune_options() ->> 'max_percent')::numeric;
  _t record;
  _all bigint; _max bigint;
BEGIN
  FOR _t IN SELECT c.relid, c.rows + coalesce((SELECT t.deleted FROM pg_temp.dumpsert_prune_tables AS t WHERE t.relid = c.relid), 0) AS rows,
                   coalesce((SELECT t.deleted FROM pg_temp.dumpsert_prune_tables AS t WHERE t.relid = c.relid), 0) AS gone
              FROM (SELECT coalesce(d.via, pg_partition_root(d.rel), d.rel) AS relid, count(*) AS rows FROM pg_temp.dumpsert_prune_rows AS d GROUP BY 1) AS c ORDER BY 1 LOOP
    CONTINUE WHEN _t.rows <= coalesce(_max_rows, 0);
    _all := NULL; _max := _max_rows;
    IF _max_percent IS NOT NULL THEN
      EXECUTE format('SELECT count(*) + $1 FROM %s', pg_temp.dumpsert_prune_from(_t.relid)) INTO _all USING _t.gone;
      _max := greatest(_max_rows, floor(_all * _max_percent / 100)::bigint);
    END IF;
    IF _t.rows > _max THEN
      CALL pg_temp.dumpsert_prune_fault(_t.relid, '54000', _t.rows,
        concat('are not in the dump and would be deleted', ' of ' || _all, ', and prune_max permits ', _max),
        'Is it the right dump, and all of it? If so, raise prune_max: it is a number of rows of each table, or N% of them.');
    END IF;
  END LOOP;
END
$dumpsert$;

-- Everything that stands in the way of deleting them.
CREATE PROCEDURE pg_temp.dumpsert_prune_find_faults()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _h record; _t record; _rows bigint;
  _cascade boolean := coalesce((pg_temp.dumpsert_prune_options() ->> 'cascade')::boolean, false);
BEGIN
  DELETE FROM pg_temp.dumpsert_prune_faults;
  FOR _t IN SELECT c.oid, c.relreplident, c.relkind FROM pg_class AS c WHERE c.oid IN (SELECT d.rel FROM pg_temp.dumpsert_prune_rows AS d UNION SELECT d.via FROM pg_temp.dumpsert_prune_rows AS d) ORDER BY 1 LOOP
    IF EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = _t.oid AND r.ev_type = '4' AND r.ev_enabled <> 'D') THEN
      CALL pg_temp.dumpsert_prune_fault(_t.oid, '0A000', NULL, 'has a rule ON DELETE: what it would do instead is not known', 'ALTER TABLE ... DISABLE RULE, or leave the table out.');
    END IF;
    IF _t.relkind = 'r' AND (_t.relreplident = 'n' OR _t.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = _t.oid AND i.indisprimary))
       AND EXISTS (SELECT FROM pg_publication_tables AS t JOIN pg_publication AS b ON b.pubname = t.pubname AND b.pubdelete
                    WHERE format('%I.%I', t.schemaname, t.tablename)::regclass IN (SELECT _t.oid UNION SELECT a.relid FROM pg_partition_ancestors(_t.oid) AS a)) THEN
      CALL pg_temp.dumpsert_prune_fault(_t.oid, '55000', NULL, 'is in a publication and has no replica identity: its rows cannot be deleted', format('ALTER TABLE %s REPLICA IDENTITY FULL;', _t.oid::regclass));
    END IF;
  END LOOP;
  FOR _h IN SELECT h.* FROM pg_temp.dumpsert_prune_hit AS h ORDER BY h.child::regclass::text COLLATE "C", h.name LOOP
    IF _h.rows IS NULL THEN
      CALL pg_temp.dumpsert_prune_fault(_h.child, '42501', NULL, format('may reference rows of %s that are to be deleted (%I), and cannot be read', _h.parent::regclass, _h.name),
        format('GRANT SELECT ON %s TO %I; and no row-level security may hide rows of it.', _h.child::regclass, current_user));
    ELSIF _h.action IN ('a', 'r') THEN
      CALL pg_temp.dumpsert_prune_fault(_h.child, '23503', _h.rows, format('reference rows of %s that are to be deleted, by %I', _h.parent::regclass, _h.name),
        'Delete or change these rows first, or bring their table in the dump as well.');
    ELSIF NOT _cascade THEN
      CALL pg_temp.dumpsert_prune_fault(_h.child, '23503', _h.rows, format('would be %s with rows of %s, by ON DELETE %s of %I', CASE _h.action WHEN 'c' THEN 'deleted' ELSE 'changed' END,
        _h.parent::regclass, CASE _h.action WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END, _h.name),
        'Choose `prune_cascade = true` if that is meant.');
    END IF;
  END LOOP;
  -- What the dump says itself of rows that it does not have.
  FOR _t IN SELECT k.name, k.parent, s.relid, s.n, k.from_parent,
                   (SELECT string_agg(format('p.%I %s s.%I', u.r, u.c, u.h), ' AND ') FROM unnest(k.referenced, k.crosses, k.holding) AS u(r, c, h)) AS pairs,
                   -- another row of the dump may have the value then
                   (SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS t WHERE %s)', o.n,
                             (SELECT string_agg(format('t.%I %s s.%I', u.r, u.c, u.h), ' AND ') FROM unnest(k.referenced, k.crosses, k.holding) AS u(r, c, h))), '')
                      FROM pg_temp.dumpsert_stages AS o WHERE o.node = k.parent_node AND o.way <> 'skip' AND k.referenced <@ o.columns) AS unanswered
              FROM pg_temp.dumpsert_prune_keys AS k JOIN pg_temp.dumpsert_stages AS s ON s.node = k.child_node AND s.way <> 'skip' AND k.holding <@ s.columns
             WHERE (k.child = s.relid OR k.child IN (SELECT a.relid FROM pg_partition_ancestors(s.relid) AS a)) AND NOT coalesce(s.rule ->> 'update' IN ('nothing', 'newer'), false)
               AND EXISTS (SELECT FROM pg_temp.dumpsert_prune_tables AS t WHERE t.node = k.parent_node) ORDER BY s.n, k.name LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT DISTINCT s.ctid FROM pg_temp.dumpsert_prune_rows AS d JOIN %s AS p ON p.tableoid = d.rel AND p.ctid = d.at JOIN pg_temp.dumpsert_stage_%s AS s ON %s%s) AS x',
                   _t.from_parent, _t.n, _t.pairs, _t.unanswered) INTO _rows;
    IF _rows > 0 THEN
      CALL pg_temp.dumpsert_prune_fault(_t.relid, '23503', _rows, format('of the dump reference rows of %s that the dump does not have, by %I', _t.parent::regclass, _t.name),
        'Bring these rows as well, or prune only what is dumped as a whole.');
    END IF;
  END LOOP;
  CALL pg_temp.dumpsert_prune_check_limits();
END
$dumpsert$;

-- A run ends with the first of them.
CREATE PROCEDURE pg_temp.dumpsert_prune_refuse()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _told text; _f record;
BEGIN
  CALL pg_temp.dumpsert_prune_find_faults();
  SELECT string_agg(format('%s%s', CASE WHEN f.rows IS NULL THEN f.relid::regclass || ' ' ELSE format('%s rows of %s ', f.rows, f.relid::regclass) END, f.message), '; ' ORDER BY f.n) INTO _told
    FROM (SELECT * FROM pg_temp.dumpsert_prune_faults AS f ORDER BY f.n LIMIT 10) AS f;
  IF _told IS NOT NULL THEN
    SELECT f.code, f.hint INTO _f FROM pg_temp.dumpsert_prune_faults AS f ORDER BY f.n LIMIT 1;
    RAISE EXCEPTION USING ERRCODE = _f.code, HINT = _f.hint,
      MESSAGE = format('dumpsert: to prune is refused: %s%s; nothing was changed', _told,
                       (SELECT format('; and %s more', count(*) - 10) FROM pg_temp.dumpsert_prune_faults AS f HAVING count(*) > 10));
  END IF;
END
$dumpsert$;

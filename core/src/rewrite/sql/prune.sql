-- Deleting the rows of the target that the dump does not have. It is in the script where that is asked for.

-- The tables that the dump brings: by the name of the dump, without those that are partitions of another one that it brings.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_tables (relid pg_catalog.oid PRIMARY KEY, node pg_catalog.oid,
  target pg_catalog.text,        -- its qualified name, with ONLY where it has no partitions
  rels pg_catalog.oid[],         -- the relations that hold its rows, but for those that are not pruned
  stages integer[],              -- what its rows are compared with
  query pg_catalog.text,         -- the places of the rows that no stage has
  why pg_catalog.text,           -- why it is not pruned; NULL: it is
  deleted bigint DEFAULT 0, kept pg_catalog.jsonb) ON COMMIT DROP;
-- The rows that are to be deleted; via is the table through which. NULL: an action of the target deletes them with others.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_rows (rel pg_catalog.oid, at pg_catalog.tid, via pg_catalog.oid, held boolean DEFAULT false) ON COMMIT DROP;
-- Rows that are not, though the dump does not have them, and why.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_kept (rel pg_catalog.oid, at pg_catalog.tid, why pg_catalog.text) ON COMMIT DROP;
-- Rows of tables that the dump does not bring, which reference rows that are to be deleted. rows is NULL where they cannot be counted.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_hit (name pg_catalog.text, child pg_catalog.oid, parent pg_catalog.oid, action pg_catalog."char", rows bigint) ON COMMIT DROP;
-- What stands in the way.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_faults (n integer GENERATED ALWAYS AS IDENTITY, relid pg_catalog.oid, code pg_catalog.text, message pg_catalog.text,
  hint pg_catalog.text, rows bigint) ON COMMIT DROP;
-- Keys of rows that were left out of the dump: pg_temp.dumpsert_left_<n> has rows of the table of stage n.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_left (n integer PRIMARY KEY) ON COMMIT DROP;
-- The foreign keys, by what they do when a referenced row is deleted: row q of the child references row p of the parent.
CREATE TEMPORARY TABLE pg_temp.dumpsert_prune_keys (n integer GENERATED ALWAYS AS IDENTITY, name pg_catalog.text, child pg_catalog.oid, child_node pg_catalog.oid,
  parent pg_catalog.oid, parent_node pg_catalog.oid, action pg_catalog."char", from_child pg_catalog.text, from_parent pg_catalog.text, pairs pg_catalog.text,
  holding pg_catalog.text[], referenced pg_catalog.text[], crosses pg_catalog.text[], is_followed boolean) ON COMMIT DROP;

CREATE FUNCTION pg_temp.dumpsert_prune_options() RETURNS pg_catalog.jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT o.options -> 'prune' FROM pg_temp.dumpsert_options AS o
$dumpsert$;

-- Whether a list of the options names a table.
CREATE FUNCTION pg_temp.dumpsert_prune_names(_list pg_catalog.text, _relid pg_catalog.oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT EXISTS (SELECT FROM jsonb_to_recordset(coalesce(pg_temp.dumpsert_prune_options() -> _list, '[]')) AS t(schema text, name text)
                  WHERE to_regclass(format('%I.%I', t.schema, t.name)) = _relid)
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_prune_from(_relid pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || c.oid::regclass FROM pg_class AS c WHERE c.oid = _relid
$dumpsert$;

-- Before the first row of a table.
CREATE PROCEDURE pg_temp.dumpsert_prune_may(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF _relid IS NOT NULL AND NOT has_table_privilege(_relid, 'DELETE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('dumpsert: to prune %s needs the privilege DELETE; nothing was changed', _relid::regclass),
      HINT = format('GRANT DELETE ON %s TO %I;', _relid::regclass, current_user);
  END IF;
END
$dumpsert$;

-- Where rows of a stage's table go that were left out of the dump.
CREATE PROCEDURE pg_temp.dumpsert_prune_stage(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_left_%s (%s) ON COMMIT DROP', _n,
                 (SELECT pg_temp.dumpsert_stage_columns(s.relid, s.columns) FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n));
  INSERT INTO pg_temp.dumpsert_prune_left VALUES (_n);
END
$dumpsert$;

-- All rows have come: tables that options name and of which none did get a stage without rows.
CREATE PROCEDURE pg_temp.dumpsert_prune_begin()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _t record;
  _relid oid; _kind "char"; _n integer; _columns text[];
  _fault text;
BEGIN
  FOR _t IN SELECT l.list, t.schema, t.name FROM (VALUES ('empty'), ('keyless')) AS l(list)
             CROSS JOIN LATERAL jsonb_to_recordset(coalesce(pg_temp.dumpsert_prune_options() -> l.list, '[]')) AS t(schema text, name text) ORDER BY 1, 2, 3 LOOP
    SELECT c.oid, c.relkind INTO _relid, _kind FROM pg_class AS c WHERE c.oid = to_regclass(format('%I.%I', _t.schema, _t.name));
    CONTINUE WHEN EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE (s.schema, s.name) = (_t.schema, _t.name));
    _fault := CASE WHEN _relid IS NULL THEN 'does not exist here'
                   WHEN pg_temp.dumpsert_unselected(_relid) THEN 'is left out'
                   WHEN _t.list = 'keyless' THEN 'has no rows in the dump'
                   WHEN _kind = 'p' THEN 'is partitioned: name its partitions' END;
    IF _fault IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = CASE WHEN _relid IS NULL THEN 'undefined_table' ELSE 'invalid_parameter_value' END,
        MESSAGE = format('dumpsert: prune_%s names %I.%I, which %s; nothing was changed', _t.list, _t.schema, _t.name, _fault),
        HINT = 'Names with capitals must be quoted in options.';
    END IF;
    _n := (SELECT coalesce(max(s.n), 0) + 1 FROM pg_temp.dumpsert_stages AS s);
    _columns := ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum);
    CALL pg_temp.dumpsert_stage(_n, _t.schema, _t.name, _columns);
  END LOOP;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_prune_read_keys()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _follow text := pg_temp.dumpsert_prune_options() ->> 'follow';
BEGIN
  DELETE FROM pg_temp.dumpsert_prune_keys;
  INSERT INTO pg_temp.dumpsert_prune_keys (name, child, child_node, parent, parent_node, action, from_child, from_parent, pairs, holding, referenced, crosses, is_followed)
  SELECT c.conname, c.conrelid, coalesce(pg_partition_root(c.conrelid), c.conrelid), c.confrelid, coalesce(pg_partition_root(c.confrelid), c.confrelid),
         c.confdeltype, pg_temp.dumpsert_prune_from(c.conrelid), pg_temp.dumpsert_prune_from(c.confrelid), k.pairs, k.holding, k.referenced, k.crosses,
         CASE _follow WHEN 'off' THEN false WHEN 'delete' THEN true
              -- As for rows of the dump: what PostgreSQL would refuse to leave goes with the row.
              ELSE c.confdeltype IN ('a', 'r', 'c') OR c.confdeltype = 'n' AND k.is_needed END
    FROM pg_constraint AS c CROSS JOIN LATERAL (
      SELECT string_agg(format('p.%I %s q.%I', f.attname, o.operator, h.attname), ' AND ' ORDER BY u.o) AS pairs, bool_or(h.attnotnull) AS is_needed,
             array_agg(h.attname::text ORDER BY u.o) AS holding, array_agg(f.attname::text ORDER BY u.o) AS referenced, array_agg(o.operator ORDER BY u.o) AS crosses
        FROM unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY AS u(h, f, op, o)
        JOIN pg_attribute AS h ON h.attrelid = c.conrelid AND h.attnum = u.h JOIN pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = u.f
       CROSS JOIN LATERAL (SELECT pg_temp.dumpsert_operator(u.op) AS operator) AS o) AS k
   WHERE c.contype = 'f' AND c.conparentid = 0 AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true);
  ANALYZE pg_temp.dumpsert_prune_keys;
END
$dumpsert$;

-- Rows without a key are compared whole, with multiplicity: those of the table that are too many for its stage.
CREATE FUNCTION pg_temp.dumpsert_prune_copies(_s pg_temp.dumpsert_stages, _target pg_catalog.text, _more pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('SELECT r.rel, r.at FROM (SELECT s.tableoid AS rel, s.ctid AS at, ROW(%1$s)::text COLLATE "C" AS image,'
    ' row_number() OVER (PARTITION BY ROW(%1$s)::text COLLATE "C" ORDER BY s.tableoid, s.ctid) AS nth FROM %2$s AS s WHERE (%3$s) AND %4$s) AS r LEFT JOIN (SELECT x.image, count(*) AS copies'
    ' FROM (SELECT ROW(%1$s)::text COLLATE "C" AS image FROM pg_temp.dumpsert_stage_%5$s AS s WHERE %3$s) AS x GROUP BY x.image) AS x ON x.image = r.image WHERE r.nth > coalesce(x.copies, 0)',
    string_agg(format('s.%I', a.attname), ', ' ORDER BY a.attnum), _target, _s.no_key, _more, _s.n)
    FROM pg_attribute AS a WHERE a.attrelid = _s.relid AND a.attname = ANY (_s.columns) AND a.attgenerated = '' AND a.attnum > 0
$dumpsert$;

-- The query for the rows of a relation that no stage has; _stages are those that may have rows of it.
CREATE FUNCTION pg_temp.dumpsert_prune_query(_target pg_catalog.text, _stages integer[], _rels pg_catalog.oid[]) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages;
  _more text := format('tableoid = ANY (%L::oid[])', _rels);
BEGIN
  SELECT s.* INTO _s FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages) AND s.way = 'match';
  IF NOT FOUND THEN
    RETURN format('SELECT p.tableoid AS rel, p.ctid AS at FROM %s AS p WHERE p.%s%s', _target, _more,
      (SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS s WHERE %s)', s.n, s.same_key), '' ORDER BY s.n)
         FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages)));
  END IF;
  RETURN pg_temp.dumpsert_prune_copies(_s, _target, 's.' || _more)
    || CASE WHEN _s.key_index IS NOT NULL THEN format(' UNION ALL SELECT s.tableoid, s.ctid FROM %s AS s WHERE s.%s AND NOT (%s) AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS t WHERE %s)',
         _target, _more, _s.no_key, _s.n, pg_temp.dumpsert_same_key(_s.key_index, 's', 't')) ELSE '' END;
END
$dumpsert$;

-- Why a table that the dump brings is not pruned; NULL: it is.
CREATE FUNCTION pg_temp.dumpsert_prune_why(_relid pg_catalog.oid, _stages integer[]) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _is_empty boolean := true; _has_rows boolean;
BEGIN
  IF (SELECT c.relkind NOT IN ('r', 'p') FROM pg_class AS c WHERE c.oid = _relid) THEN
    RETURN 'it is no table';
  END IF;
  FOR _s IN SELECT s.n, s.way, s.rule ->> 'update' AS policy FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages) ORDER BY s.n LOOP
    IF _s.way IN ('insert', 'skip', 'error') OR _s.way = 'match' AND NOT pg_temp.dumpsert_prune_names('keyless', _relid) THEN
      RETURN 'it has no key' || CASE WHEN _s.way = 'match' THEN ', and is not named by prune_keyless' ELSE '' END;
    ELSIF _s.way = 'match' AND cardinality(_stages) > 1 THEN
      RETURN 'it has no key, and its rows come with several lists of columns';
    ELSIF _s.way = 'match' AND EXISTS (SELECT FROM pg_temp.dumpsert_prune_left AS l WHERE l.n = _s.n) THEN
      RETURN 'it has no key by which the rows that were left out of the dump could be found';
    ELSIF _s.policy IN ('nothing', 'newer') THEN
      RETURN format('its update policy is %s', _s.policy);
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s)', _s.n) INTO _has_rows;
    _is_empty := _is_empty AND NOT _has_rows;
  END LOOP;
  IF _is_empty AND NOT pg_temp.dumpsert_prune_names('empty', _relid) THEN
    RETURN 'no row of it has come, and it is not named by prune_empty';
  END IF;
  RETURN NULL;
END
$dumpsert$;

-- Which tables are pruned, and by which query; part of the plan.
CREATE PROCEDURE pg_temp.dumpsert_prune_plan()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _t record;
  _leaf oid;
  _query text;
BEGIN
  CALL pg_temp.dumpsert_prune_read_keys();
  DELETE FROM pg_temp.dumpsert_prune_tables;
  INSERT INTO pg_temp.dumpsert_prune_tables (relid, node, target, rels, stages)
  SELECT b.relid, coalesce(pg_partition_root(b.relid), b.relid), pg_temp.dumpsert_prune_from(b.relid),
         ARRAY(SELECT l.relid FROM (SELECT b.relid UNION SELECT p.relid::oid FROM pg_partition_tree(b.relid) AS p WHERE p.isleaf) AS l(relid) JOIN pg_class AS c ON c.oid = l.relid
                WHERE c.relkind = 'r' AND NOT pg_temp.dumpsert_unselected(l.relid) ORDER BY 1),
         ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s
                WHERE s.relid = b.relid OR s.relid IN (SELECT p.relid FROM pg_partition_tree(b.relid) AS p) OR s.relid IN (SELECT a.relid FROM pg_partition_ancestors(b.relid) AS a) ORDER BY 1)
    FROM (SELECT DISTINCT to_regclass(format('%I.%I', s.schema, s.name))::oid AS relid FROM pg_temp.dumpsert_stages AS s WHERE s.relid IS NOT NULL) AS b
   WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s JOIN pg_partition_ancestors(b.relid) AS a ON a.relid <> b.relid AND a.relid = to_regclass(format('%I.%I', s.schema, s.name))
                      WHERE s.relid IS NOT NULL);
  UPDATE pg_temp.dumpsert_prune_tables AS t SET why = pg_temp.dumpsert_prune_why(t.relid, t.stages);
  FOR _t IN SELECT t.* FROM pg_temp.dumpsert_prune_tables AS t WHERE t.why IS NULL LOOP
    -- Stages of single partitions have nothing to say of others: a key may be unique within each of them only.
    IF NOT EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_t.stages) AND s.relid <> _t.relid
                      AND s.relid NOT IN (SELECT a.relid FROM pg_partition_ancestors(_t.relid) AS a)) THEN
      _query := pg_temp.dumpsert_prune_query(_t.target, _t.stages, _t.rels);
    ELSE
      _query := NULL;
      FOREACH _leaf IN ARRAY _t.rels LOOP
        _query := concat_ws(' UNION ALL ', _query, pg_temp.dumpsert_prune_query(pg_temp.dumpsert_prune_from(_leaf), ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s
          WHERE s.n = ANY (_t.stages) AND (s.relid = _leaf OR s.relid IN (SELECT a.relid FROM pg_partition_ancestors(_leaf) AS a))), ARRAY[_leaf]));
      END LOOP;
    END IF;
    UPDATE pg_temp.dumpsert_prune_tables AS t SET query = _query WHERE t.relid = _t.relid;
  END LOOP;
END
$dumpsert$;

-- Whether a stage's table has rows that no stage has. Of several stages the first is asked.
CREATE FUNCTION pg_temp.dumpsert_prune_differs(_n integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET timezone = 'UTC' SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET xmlbinary = 'base64' AS $dumpsert$
DECLARE
  _query text;
  _found boolean;
BEGIN
  FOR _query IN SELECT t.query FROM pg_temp.dumpsert_prune_tables AS t WHERE t.why IS NULL AND t.stages[1] = _n LOOP
    FOR _found IN EXECUTE format('SELECT true FROM (%s) AS d', _query) LOOP
      RETURN true;
    END LOOP;
  END LOOP;
  RETURN false;
END
$dumpsert$;

-- Locks, and where actions of the target may write: the tables that these stages are of, and whatever references them, onwards over
-- ON DELETE actions.
CREATE PROCEDURE pg_temp.dumpsert_prune_lock(_stages integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  DELETE FROM pg_temp.dumpsert_more_locks;
  WITH RECURSIVE pruned AS (
    SELECT t.relid, t.node FROM pg_temp.dumpsert_prune_tables AS t WHERE t.why IS NULL AND t.stages && _stages
  ), reach AS (
    SELECT p.node FROM pruned AS p UNION SELECT k.child_node FROM reach AS r JOIN pg_temp.dumpsert_prune_keys AS k ON k.parent_node = r.node WHERE k.action IN ('c', 'n', 'd')
  )
  INSERT INTO pg_temp.dumpsert_more_locks
  SELECT p.relid, 4 FROM pruned AS p
  UNION ALL SELECT k.child, CASE WHEN k.action IN ('c', 'n', 'd') THEN 4 ELSE 2 END FROM reach AS r JOIN pg_temp.dumpsert_prune_keys AS k ON k.parent_node = r.node;
  INSERT INTO pg_temp.dumpsert_reached
  SELECT DISTINCT k.child_node FROM pg_temp.dumpsert_more_locks AS m JOIN pg_temp.dumpsert_prune_keys AS k ON k.child = m.relid AND k.action IN ('c', 'n', 'd') WHERE m.strength = 4
  ON CONFLICT DO NOTHING;
END
$dumpsert$;

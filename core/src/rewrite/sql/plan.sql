-- Decides how the rows of every stage are written, question by question. All of it is asked once before any table is locked, to
-- know which ones to lock, and again behind the locks, since what is not locked may have changed.

-- Which table? The name may mean another one than when the stage was made; what is staged must still fit it.
CREATE PROCEDURE pg_temp.dumpsert_locate()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _gone text; _changed text; _type_changed text;
BEGIN
  SELECT format('%I.%I', s.schema, s.name) INTO _gone FROM pg_temp.dumpsert_stages AS s
   WHERE s.relid IS NOT NULL AND to_regclass(format('%I.%I', s.schema, s.name)) IS NULL LIMIT 1;
  UPDATE pg_temp.dumpsert_stages AS s SET relid = to_regclass(format('%I.%I', s.schema, s.name)) WHERE s.relid IS NOT NULL;
  SELECT format('column %I of %s', c, s.relid::regclass) INTO _changed
    FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(s.found) AS c
   WHERE s.relid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = s.relid AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped) LIMIT 1;
  SELECT format('column %I of %s', a.attname, s.relid::regclass) INTO _type_changed
    FROM pg_temp.dumpsert_stages AS s
    JOIN pg_attribute AS a ON a.attrelid = to_regclass('pg_temp.dumpsert_stage_' || s.n) AND a.attnum > 0
    JOIN pg_attribute AS b ON b.attrelid = s.relid AND b.attname = a.attname AND b.attnum > 0
   WHERE (b.atttypid, b.atttypmod, b.attcollation) <> (a.atttypid, coalesce((s.holds ->> a.attname)::integer, a.atttypmod), a.attcollation) LIMIT 1;
  _changed := coalesce(_gone, _changed, _type_changed);
  IF _changed IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the script again.',
      MESSAGE = format('dumpsert: %s was changed by another session while the dump arrived; nothing was changed', _changed);
  END IF;
END
$dumpsert$;

-- Through which table? Rows that do not fit the bounds of their partition are routed by its root, and so are those whose key may be
-- in another partition.
CREATE PROCEDURE pg_temp.dumpsert_route()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _misfit boolean;
BEGIN
  FOR _s IN SELECT s.n, coalesce(pg_get_partition_constraintdef(s.relid), 'true') AS bounds, n.nspname, r.relname
                 -- a row that is rewritten may be one of another partition
                 , pg_temp.dumpsert_strays(s.relid, s.declared) OR pg_temp.dumpsert_maps() AS strays
              FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid AND c.relispartition
              JOIN pg_class AS r ON r.oid = pg_partition_root(s.relid) JOIN pg_namespace AS n ON n.oid = r.relnamespace LOOP
    BEGIN
      EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s WHERE NOT (%s))', _s.n, _s.bounds) INTO _misfit;
    EXCEPTION WHEN undefined_column THEN _misfit := true;  -- bounds on a column that the dump does not bring
    END;
    IF _misfit OR _s.strays THEN
      UPDATE pg_temp.dumpsert_stages AS s SET relid = pg_temp.dumpsert_check(_s.nspname, _s.relname) WHERE s.n = _s.n;
    END IF;
  END LOOP;
END
$dumpsert$;

-- By which key are rows recognised, and which columns may be set? The one that is declared, else the primary key, else the smallest unique index whose columns
-- are staged and cannot be NULL; an index over some rows or over expressions is none.
CREATE PROCEDURE pg_temp.dumpsert_choose_keys()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _no_key text := (SELECT options ->> 'no_key' FROM pg_temp.dumpsert_options);
  _tables text;
BEGIN
  UPDATE pg_temp.dumpsert_stages AS s SET
    target = CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || s.relid::regclass,
    node = coalesce(pg_partition_root(s.relid), s.relid),
    key_index = CASE WHEN s.declared IS NOT NULL THEN pg_temp.dumpsert_declared_index(s.n) ELSE (
      SELECT i.indexrelid FROM pg_index AS i
       WHERE i.indrelid = s.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         AND NOT EXISTS (
           SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE k.ord <= i.indnkeyatts AND (NOT EXISTS (
                SELECT FROM pg_attribute AS t WHERE t.attrelid = to_regclass('pg_temp.dumpsert_stage_' || s.n) AND t.attname = a.attname)
              OR NOT (a.attnotnull OR _no_key = 'match' OR coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false))))
       ORDER BY pg_temp.dumpsert_nullable(i.indexrelid) IS NOT NULL, i.indimmediate DESC, i.indisexclusion, i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) END,
    set_columns = ARRAY(SELECT a.attname::text FROM pg_attribute AS a
      WHERE a.attrelid = s.relid AND a.attname = ANY (s.columns) AND a.attidentity <> 'a' AND a.attgenerated = ''
        AND a.attnum > 0 AND coalesce(s.rule ->> 'update' <> 'nothing', true) AND coalesce(s.rule -> 'only' ? a.attname, true)
        AND NOT coalesce(s.rule -> 'never' ? a.attname, false) ORDER BY a.attnum)
    FROM pg_class AS c WHERE c.oid = s.relid;
  UPDATE pg_temp.dumpsert_stages AS s SET
    way = CASE WHEN s.relid IS NULL THEN 'skip' WHEN s.key_index IS NULL OR s.declared IS NULL AND pg_temp.dumpsert_nullable(s.key_index) IS NOT NULL THEN _no_key
               ELSE 'key' END,
    same_key = pg_temp.dumpsert_same_key(s.key_index, 'p', 's'),
    no_key = CASE WHEN s.key_index IS NULL THEN 'true' ELSE coalesce(pg_temp.dumpsert_nullable(s.key_index), 'false') END,
    key_columns = ARRAY(SELECT k.name FROM pg_temp.dumpsert_key_parts(s.key_index) AS k ORDER BY k.ord);
  SELECT string_agg(s.relid::regclass::text, ', ' ORDER BY s.n) INTO _tables FROM pg_temp.dumpsert_stages AS s WHERE s.way = 'error';
  IF _tables IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_column_reference',
      MESSAGE = format('dumpsert: no primary key or unique NOT NULL key to recognise the rows of %s by; nothing was changed', _tables),
      HINT = 'Add a primary key, or choose no_key = match (compare whole rows), insert or skip.';
  END IF;
END
$dumpsert$;

-- Tarjan's strongly connected components of a graph with the nodes 1 to _count and edges ordered by where they begin: each is found,
-- and numbered, when all that it depends on have been.
CREATE FUNCTION pg_temp.dumpsert_components(_count integer, _from integer[], _to integer[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _first integer[]; _next integer[]; _low integer[]; _index integer[]; _component integer[];
  _stack integer[] := '{}'; _path integer[] := '{}';
  _seen integer := 0; _components integer := 0; _v integer; _w integer; _top integer; _depth integer; _root integer;
BEGIN
  _first := array_fill(0, ARRAY[_count + 1]);
  FOR _v IN 1 .. coalesce(cardinality(_from), 0) LOOP
    IF _first[_from[_v]] = 0 THEN
      _first[_from[_v]] := _v;
    END IF;
  END LOOP;
  _next := _first;
  _index := array_fill(0, ARRAY[_count + 1]); _low := _index; _component := _index;
  FOR _root IN 1 .. _count LOOP
    CONTINUE WHEN _index[_root] <> 0;
    _path := ARRAY[_root]; _depth := 1;
    WHILE _depth > 0 LOOP
      _v := _path[_depth];
      IF _index[_v] = 0 THEN
        _seen := _seen + 1; _index[_v] := _seen; _low[_v] := _seen;
        _stack := _stack || _v;
      END IF;
      IF _next[_v] > 0 AND _from[_next[_v]] = _v THEN
        _w := _to[_next[_v]];
        _next[_v] := _next[_v] + 1;
        IF _index[_w] = 0 THEN
          _depth := _depth + 1; _path[_depth] := _w;
        ELSIF _component[_w] = 0 THEN
          _low[_v] := least(_low[_v], _index[_w]);
        END IF;
      ELSE
        IF _low[_v] = _index[_v] THEN
          _components := _components + 1;
          LOOP
            _top := cardinality(_stack); _w := _stack[_top]; _stack := _stack[1 : _top - 1];
            _component[_w] := _components;
            EXIT WHEN _w = _v;
          END LOOP;
        END IF;
        _depth := _depth - 1;
        IF _depth > 0 THEN
          _low[_path[_depth]] := least(_low[_path[_depth]], _low[_v]);
        END IF;
      END IF;
    END LOOP;
  END LOOP;
  RETURN _component;
END
$dumpsert$;

-- Which tables before which? Stages are one component where no order of them can do: a table that references itself, a circle of
-- foreign keys, and foreign keys without an action whose referenced value may change, so that both sides must change at once.
-- The others follow the tables that they reference; what an action of the target did to them is then compared as well.
-- With _together, foreign keys with an action count as those without.
CREATE PROCEDURE pg_temp.dumpsert_group(_together boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _nodes oid[];
  _from integer[]; _to integer[];  -- edges, from a child to a parent, ordered by child
  _is_key boolean[];               -- whether they are foreign keys that cannot wait, and not only the way back
  _count integer; _component integer[]; _circle integer[];
BEGIN
  SELECT array_agg(DISTINCT s.node) INTO _nodes FROM pg_temp.dumpsert_stages AS s WHERE s.node IS NOT NULL AND s.way <> 'skip';
  _count := coalesce(cardinality(_nodes), 0);
  WITH node AS (SELECT u.oid, u.i::integer FROM unnest(_nodes) WITH ORDINALITY AS u(oid, i)
  ), fk AS (
    SELECT c.i AS child, p.i AS parent, bool_or(m.name IS NOT NULL) AS moves, bool_or(NOT r.can_wait) AS is_key
      FROM pg_temp.dumpsert_references AS r JOIN node AS c ON c.oid = r.child JOIN node AS p ON p.oid = r.parent
      LEFT JOIN (SELECT s.node, u.name FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(s.set_columns) AS u(name) WHERE u.name <> ALL (s.key_columns)) AS m
        ON m.node = r.parent AND m.name = ANY (r.referenced) AND (_together OR r.action IN ('a', 'r'))
     GROUP BY 1, 2
  ), edge AS (
    SELECT e.child, e.parent, bool_or(e.is_key) AS is_key
      FROM (SELECT child, parent, is_key FROM fk UNION ALL SELECT parent, child, false FROM fk WHERE moves) AS e GROUP BY 1, 2
  )
  SELECT array_agg(e.child ORDER BY e.child, e.parent), array_agg(e.parent ORDER BY e.child, e.parent), array_agg(e.is_key ORDER BY e.child, e.parent)
    INTO _from, _to, _is_key FROM edge AS e;
  _component := pg_temp.dumpsert_components(_count, _from, _to);
  -- What is together by foreign keys that cannot be deferred, without the ways back.
  _circle := pg_temp.dumpsert_components(_count,
    ARRAY(SELECT _from[i] FROM generate_subscripts(_from, 1) AS i WHERE _is_key[i] ORDER BY i), ARRAY(SELECT _to[i] FROM generate_subscripts(_from, 1) AS i WHERE _is_key[i] ORDER BY i));
  -- Stages of partitions are written one after the other, where nothing else joins them.
  WITH member AS (
    SELECT u.oid AS node, _component[u.i::integer] AS component, _circle[u.i::integer] AS circle FROM unnest(_nodes) WITH ORDINALITY AS u(oid, i)
  ), joined AS (
    SELECT m.component, count(*) > 1 OR EXISTS (SELECT FROM pg_temp.dumpsert_references AS r WHERE r.child = min(m.node) AND r.parent = min(m.node)) AS joined
      FROM member AS m GROUP BY m.component
  ), routed AS (
    SELECT DISTINCT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.relid = s.node
  ), part AS (
    SELECT s.n, m.circle, j.joined OR count(*) OVER (PARTITION BY s.relid) > 1 AS joined,
           dense_rank() OVER (ORDER BY m.component, CASE WHEN j.joined OR EXISTS (SELECT FROM routed AS r WHERE r.node = s.node) THEN 0 ELSE s.relid END) AS component
      FROM pg_temp.dumpsert_stages AS s JOIN member AS m ON m.node = s.node JOIN joined AS j ON j.component = m.component WHERE s.way <> 'skip'
  )
  UPDATE pg_temp.dumpsert_stages AS s SET component = p.component, circle = p.circle, joined = p.joined FROM part AS p WHERE p.n = s.n;
  UPDATE pg_temp.dumpsert_stages AS s SET joined = true
   WHERE s.component IN (SELECT b.component FROM pg_temp.dumpsert_stages AS b GROUP BY b.component HAVING count(*) > 1);
END
$dumpsert$;

-- Where may a referential action of the target write while we do? In the tables whose foreign keys have an ON UPDATE action on
-- values that these stages may change, and onwards.
CREATE PROCEDURE pg_temp.dumpsert_find_reached(_stages integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  DELETE FROM pg_temp.dumpsert_reached;
  WITH RECURSIVE fk AS (
    SELECT * FROM pg_temp.dumpsert_references AS r WHERE r.action IN ('c', 'n', 'd')
  ), reach AS (
    SELECT f.child, f.holding FROM fk AS f JOIN pg_temp.dumpsert_stages AS s ON s.node = f.parent AND s.n = ANY (_stages)
     WHERE EXISTS (SELECT FROM unnest(f.referenced) AS c JOIN pg_attribute AS a ON a.attrelid = f.parent_relid AND a.attname = c
                    WHERE c = ANY (s.set_columns) AND NOT (c = ANY (s.key_columns) AND pg_temp.dumpsert_identical(a.atttypid, a.attcollation)))
    UNION
    SELECT f.child, f.holding FROM reach AS r JOIN fk AS f ON f.parent = r.child AND f.referenced && r.holding
  )
  INSERT INTO pg_temp.dumpsert_reached SELECT DISTINCT child FROM reach;
  UPDATE pg_temp.dumpsert_stages AS s SET reached = EXISTS (SELECT FROM pg_temp.dumpsert_reached AS r WHERE r.relid = s.node);
END
$dumpsert$;

-- With which statements?
CREATE PROCEDURE pg_temp.dumpsert_phrase()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  -- A referenced value that is equal but spelt differently fires SET NULL, SET DEFAULT and RESTRICT: it stays as it is here.
  CREATE TEMPORARY TABLE pg_temp.dumpsert_kept ON COMMIT DROP AS
  SELECT DISTINCT ON (r.parent, u.name) r.parent AS node, u.name, u.equals
    FROM pg_temp.dumpsert_references AS r CROSS JOIN LATERAL unnest(r.referenced, r.equals) AS u(name, equals)
    JOIN pg_attribute AS a ON a.attrelid = r.parent_relid AND a.attname = u.name
   WHERE r.action IN ('n', 'd', 'r') AND NOT pg_temp.dumpsert_identical(a.atttypid, a.attcollation);
  CREATE TEMPORARY TABLE pg_temp.dumpsert_values ON COMMIT DROP AS   -- what each column of a stage is to become
  SELECT s.n, u.name, u.ord, CASE WHEN k.name IS NULL THEN format('s.%I', u.name)
         ELSE format('CASE WHEN p.%1$I %2$s s.%1$I THEN p.%1$I ELSE s.%1$I END', u.name, k.equals) END AS value
    FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(s.set_columns) WITH ORDINALITY AS u(name, ord)
    LEFT JOIN pg_temp.dumpsert_kept AS k ON k.node = s.node AND k.name = u.name;
  CREATE INDEX ON pg_temp.dumpsert_values (n);
  ANALYZE pg_temp.dumpsert_values;
  UPDATE pg_temp.dumpsert_stages AS s SET
    differs_sql = CASE WHEN t.same_key IS NULL THEN NULL ELSE format('SELECT true FROM pg_temp.dumpsert_stage_%s AS s WHERE NOT (%s) AND NOT EXISTS ('
      'SELECT FROM %s AS p WHERE %s%s)', s.n, s.no_key, s.target, s.same_key, ' AND NOT (' || nullif(concat_ws(' OR ', t.changed, t.alien), '') || ')') END,
    diff_sql = CASE WHEN t.same_key IS NULL THEN NULL ELSE format('SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE d.is_new), pg_catalog.count(*) FILTER (WHERE d.changed),'
      ' pg_catalog.count(*) FILTER (WHERE d.alien) FROM (SELECT p.tableoid IS NULL AND NOT (%s) AS is_new, p.tableoid IS NOT NULL AND (%s) AS changed,'
      ' p.tableoid IS NOT NULL AND (%s) AS alien FROM pg_temp.dumpsert_stage_%s AS s LEFT JOIN %s AS p ON %s OFFSET 0) AS d',
      s.no_key, coalesce(t.changed, 'false'), coalesce(t.alien, 'false'), s.n, s.target, s.same_key) END,
    guard_sql = CASE WHEN s.guard IS NOT NULL AND t.same_key IS NOT NULL THEN format('SELECT pg_temp.dumpsert_refuse(%L, %L, ROW(%s)::pg_catalog.text, %L, ROW(p.%I)::pg_catalog.text, %s)'
      ' FROM pg_temp.dumpsert_stage_%s AS s JOIN %s AS p ON %s WHERE %s', format('%I.%I', s.schema, s.name), t.key_names, t.key_of_p,
      quote_ident(s.guard), s.guard, t.guard_of_s, s.n, s.target, s.same_key, coalesce(t.alien, 'false')) END,
    twice_sql = CASE WHEN t.same_key IS NOT NULL THEN format('SELECT pg_catalog.concat_ws('', '', %s) FROM pg_temp.dumpsert_stage_%s AS s WHERE NOT (%s) GROUP BY %s HAVING pg_catalog.count(*) > 1 LIMIT 1',
      t.key_values, s.n, s.no_key, t.key_values) END,
    update_sql = CASE WHEN t.same_key IS NOT NULL AND t.assignments IS NOT NULL THEN format('UPDATE %s AS p SET %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND (%s)', s.target, t.assignments, s.n, s.same_key, t.changed) END,
    row_sql = CASE WHEN t.same_key IS NOT NULL AND t.assignments IS NOT NULL THEN format('UPDATE %s AS p SET %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND s.ctid OPERATOR(pg_catalog.=) ', s.target, t.assignments, s.n, s.same_key) END,
    insert_sql = format('INSERT INTO %s AS _t %s SELECT %s FROM pg_temp.dumpsert_stage_%s AS s', s.relid::regclass, t.insert_columns, t.insert_values, s.n),
    new_only = CASE WHEN t.same_key IS NOT NULL THEN format('NOT EXISTS (SELECT FROM %s AS p WHERE %s) AND NOT (%s)', s.target, s.same_key, s.no_key) END,
    move_sql = CASE WHEN t.same_key IS NOT NULL AND t.changed IS NOT NULL THEN format('FROM pg_temp.dumpsert_stage_%s AS s JOIN %s AS p ON %s WHERE %s', s.n, s.target, s.same_key, t.changed) END
    FROM (
      SELECT b.n, b.same_key, v.*, w.*,
        CASE WHEN b.set_columns <> '{}' AND b.rule ? 'guard' THEN 'NOT ' || coalesce(pg_temp.dumpsert_same_owner(b.guard, 'p', 's', b.guard = ANY (b.columns)), 'true') END AS alien,
        (SELECT string_agg(quote_ident(k), ', ') FROM unnest(b.key_columns) AS k) AS key_names,
        (SELECT string_agg(format('p.%I', k), ', ') FROM unnest(b.key_columns) AS k) AS key_of_p,
        (SELECT string_agg(format('s.%I%s%s', k.name, k.cast_to, k.under), ', ' ORDER BY k.ord) FROM pg_temp.dumpsert_key_parts(b.key_index) AS k) AS key_values,
        CASE WHEN b.guard = ANY (b.columns) THEN format('ROW(s.%I)::pg_catalog.text', b.guard) ELSE '''no value''' END AS guard_of_s
        FROM pg_temp.dumpsert_stages AS b
       CROSS JOIN LATERAL (
         SELECT string_agg(format('%I = %s', c.name, c.value), ', ' ORDER BY c.ord) AS assignments,
                format('NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record', string_agg(format('p.%I', c.name), ', ' ORDER BY c.ord),
                  string_agg(c.value, ', ' ORDER BY c.ord)) || coalesce(' AND ' || pg_temp.dumpsert_newer(b.rule, 'p', 's'), '')
                  || coalesce(' AND ' || pg_temp.dumpsert_same_owner(b.guard, 'p', 's', b.guard = ANY (b.columns)), '') AS changed
           FROM pg_temp.dumpsert_values AS c WHERE c.n = b.n HAVING count(*) > 0
         UNION ALL SELECT NULL, NULL LIMIT 1) AS v
       CROSS JOIN LATERAL (
         SELECT format('(%s) OVERRIDING SYSTEM VALUE', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)) AS insert_columns,
                string_agg(format('s.%I', a.attname), ', ' ORDER BY a.attnum) AS insert_values
           FROM pg_attribute AS a WHERE a.attrelid = b.relid AND a.attnum > 0 AND a.attgenerated = '' AND a.attname = ANY (b.columns)
         HAVING count(*) > 0 UNION ALL SELECT '', '' LIMIT 1) AS w
    ) AS t WHERE t.n = s.n AND s.relid IS NOT NULL;
  DROP TABLE pg_temp.dumpsert_kept;
END
$dumpsert$;

-- With _draws, new keys come from the target's sequences; before that, other numbers stand for them.
CREATE PROCEDURE pg_temp.dumpsert_plan(_draws boolean DEFAULT false)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  DROP TABLE IF EXISTS pg_temp.dumpsert_values;
  CALL pg_temp.dumpsert_read_references();
  CALL pg_temp.dumpsert_locate();
  CALL pg_temp.dumpsert_route();
  CALL pg_temp.dumpsert_choose_keys();
  IF pg_temp.dumpsert_maps() THEN
    CALL pg_temp.dumpsert_map(_draws);
  END IF;
  CALL pg_temp.dumpsert_check_routes();
  CALL pg_temp.dumpsert_group(false);
  CALL pg_temp.dumpsert_phrase();
  CALL pg_temp.dumpsert_check_declared();
  IF pg_temp.dumpsert_prunes() THEN
    CALL pg_temp.dumpsert_prune_plan();
  END IF;
END
$dumpsert$;

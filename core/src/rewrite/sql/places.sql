-- Unique values that change places. An UPDATE is checked row by row, so a row can take a place only when the row that holds it
-- has left. Rows are therefore written in the order in which places become free, over all unique and exclusion indexes of the table
-- at once; only in a circle does a row have to step aside first.

-- One table pg_temp.dumpsert_move_<oid> for each table to be written so: where a row is, and what it becomes as a whole.
CREATE PROCEDURE pg_temp.dumpsert_find_moves(_relid pg_catalog.oid, _stages integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _table text := format('pg_temp.dumpsert_move_%s', _relid);
  _plain text; _computed text; _sources text;
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS %s', _table);
  EXECUTE format('CREATE TEMPORARY TABLE %s (id integer PRIMARY KEY, n integer, staged pg_catalog.tid, rel pg_catalog.oid, at pg_catalog.tid,'
    ' becomes %s, rank integer DEFAULT 0) ON COMMIT DROP', _table, _relid::regclass);
  SELECT string_agg(format('SELECT %s AS n, s.ctid AS staged, p.tableoid AS rel, p.ctid AS at, ROW(%s)::%s AS becomes %s', s.n, u.columns, _relid::regclass, s.move_sql),
                    ' UNION ALL ' ORDER BY s.n) INTO _sources
    FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL (
      SELECT string_agg(coalesce(v.value, CASE WHEN a.attgenerated <> '' THEN 'NULL' ELSE format('p.%I', a.attname) END), ', ' ORDER BY a.attnum) AS columns
        FROM pg_attribute AS a LEFT JOIN pg_temp.dumpsert_values AS v ON v.n = s.n AND v.name = a.attname
       WHERE a.attrelid = s.relid AND a.attnum > 0 AND NOT a.attisdropped) AS u
   WHERE s.n = ANY (_stages);
  -- Generated columns are computed from the new values, as PostgreSQL will.
  SELECT string_agg(CASE WHEN a.attgenerated = 's' THEN format('(%s)', pg_get_expr(e.adbin, e.adrelid)) ELSE format('%I', a.attname) END, ', ' ORDER BY a.attnum)
    INTO _computed FROM pg_attribute AS a LEFT JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
   WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped
  HAVING bool_or(a.attgenerated = 's');
  IF _computed IS NOT NULL THEN
    _sources := format('SELECT q.n, q.staged, q.rel, q.at, (SELECT ROW(%s)::%s FROM (SELECT (q.becomes).*) AS %I) AS becomes FROM (%s) AS q',
                       _computed, _relid::regclass, (SELECT c.relname FROM pg_class AS c WHERE c.oid = _relid), _sources);
  END IF;
  PERFORM pg_temp.dumpsert_execute(format('INSERT INTO %s (id, n, staged, rel, at, becomes) SELECT pg_catalog.row_number() OVER (), m.* FROM (%s) AS m', _table, _sources));
  EXECUTE format('ANALYZE %s (id, rel, at)', _table);
END
$dumpsert$;

-- The indexes of a table that are checked at once, or all, and how two of its rows exclude each other there: keys k1 and so on of rows w and b.
CREATE FUNCTION pg_temp.dumpsert_places(_relid pg_catalog.oid, _deferred_too boolean DEFAULT false)
RETURNS TABLE (index pg_catalog.oid, leaf pg_catalog.oid, keys pg_catalog.text, predicate pg_catalog.text, meets pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT i.indexrelid, nullif(i.indrelid, _relid), k.keys, pg_get_expr(i.indpred, i.indrelid), k.meets
    FROM pg_index AS i CROSS JOIN LATERAL (
      SELECT string_agg(format('%s AS k%s', pg_get_indexdef(i.indexrelid, p.ord::integer, false), p.ord), ', ' ORDER BY p.ord) AS keys,
             string_agg(format(CASE WHEN NOT p.nulls_meet THEN 'w.k%1$s%2$s %3$s b.k%1$s%2$s%4$s'
                                    WHEN p.by_array THEN 'ARRAY[w.k%1$s%2$s] OPERATOR(pg_catalog.=) ARRAY[b.k%1$s%2$s%4$s]'
                                    ELSE '(w.k%1$s%2$s %3$s b.k%1$s%2$s%4$s OR w.k%1$s IS NULL AND b.k%1$s IS NULL)' END,
               p.ord, p.cast_to, p.excludes, p.under), ' AND ' ORDER BY p.ord) AS meets
        FROM pg_temp.dumpsert_key_parts(i.indexrelid) AS p) AS k
   WHERE (i.indrelid = _relid
          OR i.indrelid IN (SELECT t.relid FROM pg_partition_tree(_relid) AS t WHERE t.isleaf)
             AND NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = i.indexrelid))
     AND (i.indisunique OR i.indisexclusion) AND (i.indimmediate OR _deferred_too) AND i.indisready
     AND i.indexrelid <> ALL (ARRAY(SELECT s.key_index FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid AND s.key_index IS NOT NULL))
$dumpsert$;

-- Who waits for whom: row w becomes what excludes what row b still is.
CREATE TEMPORARY TABLE pg_temp.dumpsert_waits (w integer, b integer, index pg_catalog.oid) ON COMMIT DROP;
-- Which rows step aside, in which index, and which cannot.
CREATE TEMPORARY TABLE pg_temp.dumpsert_aside (id integer, index pg_catalog.oid) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_held (id integer, index pg_catalog.oid) ON COMMIT DROP;

-- Where each of several lists begins when they stand one after the other, and where the last ends.
CREATE FUNCTION pg_temp.dumpsert_offsets(_sizes integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT array_agg(1 + s.sum ORDER BY s.i) FROM (
    SELECT 0 AS i, 0 AS sum UNION ALL SELECT u.i, (sum(u.size) OVER (ORDER BY u.i))::integer FROM unnest(_sizes) WITH ORDINALITY AS u(size, i)) AS s
$dumpsert$;

-- The query for the waits in one index, by the rows as they are now.
CREATE FUNCTION pg_temp.dumpsert_waits_in(_relid pg_catalog.oid, _index pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('SELECT w.id AS w, m.id AS b FROM ('
        'SELECT m.id, x.* FROM pg_temp.dumpsert_move_%1$s AS m CROSS JOIN LATERAL (SELECT %2$s FROM (SELECT (m.becomes).*) AS %3$I WHERE %4$s) AS x WHERE %5$s) AS w'
      ' JOIN (SELECT %3$I.tableoid AS rel, %3$I.ctid AS at, %2$s FROM %6$s AS %3$I WHERE %4$s) AS b ON %7$s'
      ' JOIN pg_temp.dumpsert_move_%1$s AS m ON m.rel = b.rel AND m.at = b.at WHERE m.id <> w.id AND %5$s',
      _relid, i.keys, c.relname, coalesce(i.predicate, 'true'), coalesce('m.rel = ' || i.leaf, 'true'),
      (SELECT min(s.target) FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid), i.meets)
    FROM pg_temp.dumpsert_places(_relid) AS i JOIN pg_class AS c ON c.oid = _relid WHERE i.index = _index
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_find_waits(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _index oid;
BEGIN
  DELETE FROM pg_temp.dumpsert_waits;
  DELETE FROM pg_temp.dumpsert_aside;
  FOR _index IN SELECT i.index FROM pg_temp.dumpsert_places(_relid) AS i LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_waits SELECT e.w, e.b, %s FROM (%s) AS e', _index, pg_temp.dumpsert_waits_in(_relid, _index));
  END LOOP;
  ANALYZE pg_temp.dumpsert_waits;
END
$dumpsert$;

-- The columns by which a row can leave its place in an index. A key and a guard keep their values.
CREATE FUNCTION pg_temp.dumpsert_movable(_relid pg_catalog.oid, _index pg_catalog.oid) RETURNS SETOF pg_catalog.name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT a.attname FROM pg_attribute AS a
   WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     AND EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid AND a.attname = ANY (s.set_columns))
     AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid AND (a.attname = ANY (s.key_columns) OR a.attname = s.guard))
     AND (EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = _index AND a.attnum = ANY (i.indkey))
       OR EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = _index
                     AND d.refclassid = 'pg_class'::regclass AND d.refobjid = _relid AND d.refobjsubid = a.attnum)
       OR EXISTS (  -- a generated column in the index is moved by what it is computed from
          SELECT FROM pg_index AS i JOIN pg_attribute AS g ON g.attrelid = i.indrelid AND g.attnum = ANY (i.indkey) AND g.attgenerated <> ''
           WHERE i.indexrelid = _index AND a.attnum = ANY (pg_temp.dumpsert_computed_from(_relid, g.attnum))))
$dumpsert$;

-- Places that rows cannot leave for a moment, or hardly: every column that would do is referenced by a foreign key without an action, and the
-- row has children there; or is in a foreign key of its own, so that only NULL or the value of another parent would do.
CREATE PROCEDURE pg_temp.dumpsert_find_held(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _r record;
BEGIN
  DELETE FROM pg_temp.dumpsert_held;
  FOR _r IN
    SELECT i.index, r.child_relid::regclass AS child, u.pairs
      FROM (SELECT DISTINCT e.index FROM pg_temp.dumpsert_waits AS e) AS i JOIN pg_temp.dumpsert_references AS r ON r.parent_relid = _relid
     CROSS JOIN LATERAL (SELECT string_agg(format('c.%I::text = p.%I::text', h, q), ' AND ') AS pairs FROM unnest(r.holding, r.referenced) AS x(h, q)) AS u
     WHERE (r.action = 'r' OR r.action = 'a' AND NOT r.can_wait)
       AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_movable(_relid, i.index) AS c WHERE c <> ALL (r.referenced))
  LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_held SELECT m.id, %1$s FROM pg_temp.dumpsert_move_%2$s AS m JOIN %3$s AS p ON p.tableoid = m.rel AND p.ctid = m.at'
                   ' WHERE EXISTS (SELECT FROM %4$s AS c WHERE %5$s)', _r.index, _relid, _relid::regclass, _r.child, _r.pairs);
  END LOOP;
  FOR _r IN
    SELECT DISTINCT e.index FROM pg_temp.dumpsert_waits AS e
     WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_movable(_relid, e.index) AS c
                        WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_references AS r WHERE r.child_relid = _relid AND c = ANY (r.holding)))
  LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_held SELECT m.id, %s FROM pg_temp.dumpsert_move_%s AS m', _r.index, _relid);
  END LOOP;
END
$dumpsert$;

-- Orders the rows (Kahn's algorithm). When none is free, somebody waits for himself: following who waits for which place ends in a
-- circle, of which one row leaves its place aside. The path is kept, so that all circles together take one walk.
CREATE PROCEDURE pg_temp.dumpsert_order(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _ids integer[];                          -- the row with each number
  _owner integer[]; _own_from integer[];   -- who has place p, and the places of row b: from _own_from[b] up to _own_from[b + 1] - 1
  _w integer[]; _w_from integer[];         -- who waits for place p: _w[_w_from[p]] up to _w[_w_from[p + 1] - 1]
  _p integer[]; _p_from integer[];         -- which places row w waits for
  _needs integer[];                        -- how many of them are not free
  _free boolean[]; _held boolean[];        -- whether a place is free; whether its row had better stay there
  _written boolean[];
  _order integer[] := '{}'; _queue integer[] := '{}';
  _path integer[] := '{}'; _via integer[] := '{}'; _on_path integer[];  -- rows, the places that lead from one to the next, where rows stand
  _freed integer[];
  _count integer; _places integer; _done integer := 0; _head integer := 1; _tail integer := 0; _scan integer := 1; _depth integer := 0;
  _v integer; _u integer; _i integer; _place integer;
BEGIN
  SELECT array_agg(x.id ORDER BY x.id) INTO _ids FROM (SELECT w AS id FROM pg_temp.dumpsert_waits UNION SELECT b FROM pg_temp.dumpsert_waits) AS x;
  _count := coalesce(cardinality(_ids), 0);
  IF _count = 0 THEN
    RETURN;
  END IF;
  CALL pg_temp.dumpsert_find_held(_relid);
  CREATE TEMPORARY TABLE pg_temp.dumpsert_numbered ON COMMIT DROP AS SELECT u.id, u.i::integer FROM unnest(_ids) WITH ORDINALITY AS u(id, i);
  CREATE TEMPORARY TABLE pg_temp.dumpsert_numbered_places ON COMMIT DROP AS
  SELECT (row_number() OVER (ORDER BY n.i, e.index))::integer AS p, n.i AS owner, e.b, e.index
    FROM (SELECT DISTINCT b, index FROM pg_temp.dumpsert_waits) AS e JOIN pg_temp.dumpsert_numbered AS n ON n.id = e.b;
  CREATE TEMPORARY TABLE pg_temp.dumpsert_pairs ON COMMIT DROP AS
  SELECT DISTINCT n.i AS w, q.p FROM pg_temp.dumpsert_waits AS e JOIN pg_temp.dumpsert_numbered AS n ON n.id = e.w
    JOIN pg_temp.dumpsert_numbered_places AS q ON q.b = e.b AND q.index = e.index;
  SELECT array_agg(q.owner ORDER BY q.p), array_agg(EXISTS (SELECT FROM pg_temp.dumpsert_held AS h WHERE h.id = q.b AND h.index = q.index) ORDER BY q.p), count(*)
    INTO _owner, _held, _places FROM pg_temp.dumpsert_numbered_places AS q;
  SELECT array_agg(p.w ORDER BY p.p, p.w), array_agg(p.p ORDER BY p.w, p.p) INTO _w, _p FROM pg_temp.dumpsert_pairs AS p;
  _w_from := pg_temp.dumpsert_offsets(ARRAY(SELECT count(p.p)::integer FROM generate_series(1, _places) AS g(i) LEFT JOIN pg_temp.dumpsert_pairs AS p ON p.p = g.i GROUP BY g.i ORDER BY g.i));
  _needs := ARRAY(SELECT count(p.w)::integer FROM generate_series(1, _count) AS g(i) LEFT JOIN pg_temp.dumpsert_pairs AS p ON p.w = g.i GROUP BY g.i ORDER BY g.i);
  _p_from := pg_temp.dumpsert_offsets(_needs);
  _own_from := pg_temp.dumpsert_offsets(ARRAY(SELECT count(q.p)::integer FROM generate_series(1, _count) AS g(i) LEFT JOIN pg_temp.dumpsert_numbered_places AS q ON q.owner = g.i GROUP BY g.i ORDER BY g.i));
  DROP TABLE pg_temp.dumpsert_numbered, pg_temp.dumpsert_numbered_places, pg_temp.dumpsert_pairs;
  _free := array_fill(false, ARRAY[_places]); _written := array_fill(false, ARRAY[_count]);
  _on_path := array_fill(0, ARRAY[_count]); _queue := _on_path; _order := _on_path;
  _path := array_fill(0, ARRAY[_count + 1]); _via := _path;
  FOR _v IN 1 .. _count LOOP
    IF _needs[_v] = 0 THEN
      _tail := _tail + 1; _queue[_tail] := _v;
    END IF;
  END LOOP;

  LOOP
    IF _head <= _tail THEN  -- a row that waits for nobody: all of its places become free
      _v := _queue[_head]; _head := _head + 1;
      _done := _done + 1; _order[_done] := _ids[_v]; _written[_v] := true;
      _freed := ARRAY(SELECT generate_series(_own_from[_v], _own_from[_v + 1] - 1));
    ELSE
      EXIT WHEN _done = _count;
      -- A row that waits: the last of the path, or any.
      WHILE _depth > 0 AND _written[_path[_depth]] LOOP
        _on_path[_path[_depth]] := 0; _depth := _depth - 1;
      END LOOP;
      IF _depth = 0 THEN
        WHILE _written[_scan] LOOP
          _scan := _scan + 1;
        END LOOP;
        _depth := 1; _path[1] := _scan; _on_path[_scan] := 1;
      END IF;
      LOOP
        _v := _path[_depth];
        WHILE _free[_p[_p_from[_v]]] LOOP  -- what is free stays free
          _p_from[_v] := _p_from[_v] + 1;
        END LOOP;
        _place := _p[_p_from[_v]]; _u := _owner[_place];
        EXIT WHEN _on_path[_u] > 0;
        _depth := _depth + 1; _path[_depth] := _u; _via[_depth] := _place; _on_path[_u] := _depth;
      END LOOP;
      -- The circle is the path from _u on. The last place in it that can be left is left, and the path ends where it led from it.
      _i := _depth;
      WHILE _held[_place] AND _i > _on_path[_u] LOOP
        _place := _via[_i]; _i := _i - 1;
      END LOOP;
      WHILE _depth > _i LOOP
        _on_path[_path[_depth]] := 0; _depth := _depth - 1;
      END LOOP;
      _freed := ARRAY[_place];
    END IF;
    FOREACH _place IN ARRAY _freed LOOP
      IF _free[_place] THEN
        CONTINUE;
      END IF;
      _free[_place] := true;
      FOR _i IN _w_from[_place] .. _w_from[_place + 1] - 1 LOOP
        _u := _w[_i]; _needs[_u] := _needs[_u] - 1;
        IF _needs[_u] = 0 THEN
          _tail := _tail + 1; _queue[_tail] := _u;
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
  EXECUTE format('UPDATE pg_temp.dumpsert_move_%s AS m SET rank = u.rank FROM unnest($1) WITH ORDINALITY AS u(id, rank) WHERE m.id = u.id', _relid) USING _order;
  -- Who is written after somebody who waits for him has to be aside by then, in the index that they meet in.
  EXECUTE format('INSERT INTO pg_temp.dumpsert_aside SELECT DISTINCT e.b, e.index FROM pg_temp.dumpsert_waits AS e'
    ' JOIN pg_temp.dumpsert_move_%1$s AS w ON w.id = e.w JOIN pg_temp.dumpsert_move_%1$s AS b ON b.id = e.b WHERE w.rank < b.rank', _relid);
  ANALYZE pg_temp.dumpsert_aside;
END
$dumpsert$;

-- Values for rows that step aside in an index: statements to be tried one after the other. Harmless are NULL where no ON UPDATE CASCADE
-- follows the column, an empty range, and values beyond all others, which CASCADE can follow. A key and a guard keep their
-- values; a foreign key of the table itself may refuse. Under SET NULL and SET DEFAULT only a value steps aside that changes anyway: its children lose it anyway.
CREATE FUNCTION pg_temp.dumpsert_spares(_relid pg_catalog.oid, _index pg_catalog.oid) RETURNS TABLE (statement pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  WITH RECURSIVE watched AS MATERIALIZED (
    SELECT r.* FROM pg_temp.dumpsert_references AS r
  ), col AS (
    SELECT a.attname::text AS name, a.attnum, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.atttypid, a.atttypmod,
           EXISTS (SELECT FROM watched AS r WHERE r.parent_relid = _relid AND a.attname = ANY (r.referenced) AND r.action = 'c') AS followed,
           EXISTS (SELECT FROM watched AS r WHERE r.parent_relid = _relid AND a.attname = ANY (r.referenced) AND r.action IN ('n', 'd')) AS lost,
           -- the column that takes the value need not be the indexed one, if an expression or a condition reads it
           EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = _index AND a.attnum = ANY ((i.indkey::int2[])[0 : i.indnkeyatts - 1])) AS indexed
      FROM pg_attribute AS a
     WHERE a.attrelid = _relid AND a.attname IN (SELECT c FROM pg_temp.dumpsert_movable(_relid, _index) AS c)
  ), base AS (
    SELECT c.attnum, t.oid, t.typtype, t.typbasetype, t.typcategory FROM col AS c JOIN pg_type AS t ON t.oid = c.atttypid
    UNION ALL SELECT b.attnum, t.oid, t.typtype, t.typbasetype, t.typcategory FROM base AS b JOIN pg_type AS t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
  ), spare AS (
    SELECT c.name, v.value, v.ord, c.indexed, c.lost FROM col AS c JOIN base AS b ON b.attnum = c.attnum AND b.typtype <> 'd'
     CROSS JOIN LATERAL (
       SELECT 'NULL' AS value, 1 AS ord WHERE NOT c.attnotnull AND NOT c.followed
       UNION ALL SELECT '''empty''', 2 WHERE b.typtype = 'r' AND NOT c.followed
       UNION ALL SELECT '''{}''', 2 WHERE b.typtype = 'm' AND NOT c.followed
       -- Beyond all others where that can be told, else any that is not likely to be there. Texts are read as the column's type.
       UNION ALL SELECT format('(SELECT pg_catalog.%s(x.%I) FROM %s AS x) OPERATOR(pg_catalog.%s) m.id%s', e.name, c.name, _relid::regclass, e.sign,
                               CASE WHEN b.typcategory IN ('D', 'T') THEN ' OPERATOR(pg_catalog.*) ''1 day''::pg_catalog.interval' END), e.ord
         FROM (VALUES ('max', '+', 3), ('min', '-', 4)) AS e(name, sign, ord) WHERE b.typcategory IN ('N', 'D', 'T')
       UNION ALL SELECT format('(SELECT x FROM pg_catalog.unnest(pg_catalog.enum_range(NULL::%s)) AS x WHERE x OPERATOR(pg_catalog.<>) ALL (ARRAY(SELECT y.%I FROM %s AS y))'
                               ' OFFSET m.id OPERATOR(pg_catalog.-) (SELECT pg_catalog.min(a.id) FROM pg_temp.dumpsert_aside AS a WHERE a.index OPERATOR(pg_catalog.=) %s) LIMIT 1)',
                               c.type, c.name, _relid::regclass, _index), 3 WHERE b.typcategory = 'E'
       UNION ALL SELECT format('(SELECT x.bits FROM (SELECT g.n::bit(%1$s) AS bits FROM pg_catalog.generate_series(0, %2$s) AS g(n)) AS x'
                               ' WHERE x.bits OPERATOR(pg_catalog.<>) ALL (ARRAY(SELECT y.%3$I::bit(%1$s) FROM %4$s AS y WHERE y.%3$I IS NOT NULL)) ORDER BY x.bits'
                               ' OFFSET m.id OPERATOR(pg_catalog.-) (SELECT pg_catalog.min(a.id) FROM pg_temp.dumpsert_aside AS a WHERE a.index OPERATOR(pg_catalog.=) %5$s) LIMIT 1)',
                               c.atttypmod, (1 << c.atttypmod) - 1, c.name, _relid::regclass, _index), 3 WHERE b.typcategory = 'V' AND c.atttypmod BETWEEN 1 AND 12
       UNION ALL SELECT x.value, x.ord FROM (VALUES
           ('S', 3, 'pg_catalog.concat(''~'', {md5})'), ('S', 4, 'pg_catalog.substr({md5}, 1, 8)'),
           ('S', 5, 'pg_catalog.translate(pg_catalog.upper({md5}), ''0123456789'', ''GHIJKLMNOP'')'), ('S', 6, 'pg_catalog.concat(''1'', pg_catalog.lpad(m.id::pg_catalog.text, 9, ''0''))'),
           ('S', 7, 'pg_catalog.chr(pg_catalog.int4pl(57344, pg_catalog.mod(m.id, 6400)))'), ('S', 8, 'pg_catalog.chr(pg_catalog.int4pl(33, pg_catalog.mod(m.id, 90)))'),
           ('N', 5, '{number}'), ('N', 6, 'pg_catalog.round(({random} OPERATOR(pg_catalog.*) 2000000000)::pg_catalog.numeric)::pg_catalog.text'),
           ('N', 7, 'pg_catalog.round(({random} OPERATOR(pg_catalog.*) 99)::pg_catalog.numeric, 2)::pg_catalog.text'),
           ('D', 5, '{day}'), ('D', 6, '{time}'), ('T', 5, '{time}'),
           ('I', 3, 'pg_catalog.concat(''fd00::'', pg_catalog.substr({md5}, 1, 4))'), ('I', 4, 'pg_catalog.concat(''fd00::'', pg_catalog.substr({md5}, 1, 4), ''/128'')'),
           ('V', 4, format('pg_catalog.substr(({random} OPERATOR(pg_catalog.*) 2000000000)::pg_catalog.int4::bit(32)::pg_catalog.text, 8, %s)',
                           CASE WHEN c.atttypmod BETWEEN 1 AND 24 THEN c.atttypmod ELSE 24 END)),
           ('A', 3, 'pg_catalog.concat(''{'', {number}, ''}'')'), ('A', 4, 'pg_catalog.concat(''{'', {md5}, ''}'')'),
           ('R', 3, 'pg_catalog.concat(''['', {number}, '',]'')'), ('R', 4, 'pg_catalog.concat(''['', {day}, '',]'')'),
           ('U', 3, '{md5}'), ('U', 4, 'pg_catalog.concat(''\x'', {md5})'), ('U', 5, 'pg_catalog.concat(''"'', {md5}, ''"'')'), ('U', 6, 'pg_catalog.substr({md5}, 1, 12)'),
           ('U', 7, 'pg_catalog.substr({md5}, 1, 16)'), ('U', 8, 'pg_catalog.concat(''0/'', pg_catalog.substr({md5}, 1, 7))'), ('U', 9, '{number}'),
           -- out of an index over some rows: a boolean can leave it
           ('B', 3, '''false'''), ('B', 4, '''true''')
         ) AS x(category, ord, value) WHERE x.category = b.typcategory
     ) AS v
  )
  SELECT format('WITH u AS (UPDATE %s AS p SET %I = (%s)::%s FROM pg_temp.dumpsert_move_%s AS m JOIN pg_temp.dumpsert_aside AS a ON a.id OPERATOR(pg_catalog.=) m.id AND a.index OPERATOR(pg_catalog.=) %s'
                ' WHERE p.tableoid OPERATOR(pg_catalog.=) m.rel AND p.ctid OPERATOR(pg_catalog.=) m.at%s RETURNING m.id, p.tableoid AS rel, p.ctid AS at)'
                ' UPDATE pg_temp.dumpsert_move_%8$s AS m SET rel = u.rel, at = u.at FROM u WHERE u.id OPERATOR(pg_catalog.=) m.id',
                (SELECT min(s.target) FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid), s.name,
                replace(replace(replace(replace(replace(s.value, '{md5}', 'pg_catalog.md5(pg_catalog.concat(m.id, {random}))'),
                  '{number}', 'pg_catalog.round(({random} OPERATOR(pg_catalog.*) 32000)::pg_catalog.numeric)::pg_catalog.text'),
                  '{day}', '(''2000-01-01''::pg_catalog.date OPERATOR(pg_catalog.+) ({random} OPERATOR(pg_catalog.*) 300000)::pg_catalog.int4)::pg_catalog.text'),
                  '{time}', '({random} OPERATOR(pg_catalog.*) ''24 hours''::pg_catalog.interval)::pg_catalog.text'),
                  '{random}', 'pg_catalog.random()'), c.type, _relid, _index,
                CASE WHEN s.lost THEN format(' AND NOT ROW(p.%1$I)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW((m.becomes).%1$I)::pg_catalog.record', s.name) END, _relid)
    FROM spare AS s JOIN col AS c ON c.name = s.name ORDER BY s.ord, NOT s.indexed, c.attnum
$dumpsert$;

-- A circle that cannot be opened is refused, and told.
CREATE PROCEDURE pg_temp.dumpsert_refuse_circle(_relid pg_catalog.oid, _index pg_catalog.oid, _why pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _key text := (SELECT string_agg(format('(m.becomes).%I', k), ', ') FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(s.key_columns) AS k
                 WHERE s.n = (SELECT min(b.n) FROM pg_temp.dumpsert_stages AS b WHERE b.relid = _relid AND b.key_index IS NOT NULL));
  _rows text;
BEGIN
  EXECUTE format('WITH RECURSIVE walk AS (SELECT a.id, 1 AS step, ARRAY[a.id] AS met FROM (SELECT min(a.id) AS id FROM pg_temp.dumpsert_aside AS a WHERE a.index = %1$s) AS a'
    ' UNION ALL SELECT e.b, w.step + 1, w.met || e.b FROM walk AS w CROSS JOIN LATERAL (SELECT min(x.b) AS b FROM pg_temp.dumpsert_waits AS x WHERE x.w = w.id AND x.b <> ALL (w.met)) AS e'
    ' WHERE e.b IS NOT NULL AND w.step < 5) SELECT string_agg(format(''(%%s)'', concat_ws('', '', %2$s)), '', '' ORDER BY w.step) FROM walk AS w JOIN pg_temp.dumpsert_move_%3$s AS m ON m.id = w.id',
    _index, _key, _relid) INTO _rows;
  RAISE EXCEPTION USING ERRCODE = 'unique_violation', DETAIL = _why,
    MESSAGE = format('dumpsert: rows of %s exchange values of %s in a circle, and none of them can make room for a moment: those with the keys %s, and so on; nothing was changed',
                     _relid::regclass, _index::regclass, _rows),
    HINT = 'Make the constraint or the foreign keys that hold the values DEFERRABLE, or change one of the rows by hand before.';
END
$dumpsert$;

-- Where the rows are now: an action of the target may have followed one of them to another within the table.
CREATE PROCEDURE pg_temp.dumpsert_find_moved(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  FOR _s IN SELECT s.n, s.target, s.same_key FROM pg_temp.dumpsert_stages AS s WHERE s.relid = _relid AND s.move_sql IS NOT NULL AND s.reached LOOP
    EXECUTE format('UPDATE pg_temp.dumpsert_move_%1$s AS m SET rel = p.tableoid, at = p.ctid FROM pg_temp.dumpsert_stage_%2$s AS s JOIN %3$s AS p ON %4$s'
                   ' WHERE m.n = %2$s AND m.staged = s.ctid AND NOT (m.rel = p.tableoid AND m.at = p.ctid)', _relid, _s.n, _s.target, _s.same_key);
  END LOOP;
END
$dumpsert$;

-- Lets rows step aside, each with the first value that does no harm.
CREATE PROCEDURE pg_temp.dumpsert_step_aside(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _index oid;
  _statement text;
  _is_done boolean;
  _why text;
BEGIN
  FOR _index IN SELECT DISTINCT a.index FROM pg_temp.dumpsert_aside AS a ORDER BY 1 LOOP
    _is_done := false; _why := 'No column of it can take another value.';
    FOR _statement IN SELECT s.statement FROM pg_temp.dumpsert_spares(_relid, _index) AS s LOOP
      BEGIN
        PERFORM pg_temp.dumpsert_execute(_statement);
        CALL pg_temp.dumpsert_find_moved(_relid);
        -- An expression or a condition of the index may not care for this column.
        EXECUTE format('SELECT count(*) = 0 FROM (%s OFFSET 0) AS e JOIN pg_temp.dumpsert_aside AS a ON a.id = e.b WHERE a.index = %s',
                       pg_temp.dumpsert_waits_in(_relid, _index), _index) INTO _is_done;
        IF NOT _is_done THEN
          RAISE EXCEPTION USING ERRCODE = 'DS000', MESSAGE = 'The value does not leave its place.';
        END IF;
        EXIT;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected OR query_canceled THEN RAISE;
        WHEN OTHERS THEN _is_done := false; _why := format('%s (%s)', SQLERRM, SQLSTATE);
      END;
    END LOOP;
    IF NOT _is_done THEN
      CALL pg_temp.dumpsert_refuse_circle(_relid, _index, _why);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Natural keys (match_on): rows of the dump that stand in the target under another key. What each dumped key becomes is derived from the
-- stages, in every attempt anew, and the stages are rewritten before anything is compared: to the rest of the merge they are
-- stages of a source that has the keys of the target. The stages as they came stay as dumpsert_dumped_<n>.

-- The foreign keys that hold between staged rows, those of the target and those that options declare; one row for each stage
-- that has one. Rows of node parent are referenced by the columns holding.
CREATE TEMPORARY TABLE pg_temp.dumpsert_links (k integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n integer, node pg_catalog.oid, parent pg_catalog.oid,
  holding pg_catalog.text[], referenced pg_catalog.text[],
  crosses pg_catalog.text[],     -- operators: of a referenced value and a referring one; NULL: their texts are compared
  condition pg_catalog.text,     -- on the referring row
  to_n integer                   -- dumpsert_to_<to_n> says what the referenced values become
) ON COMMIT DROP;

-- What referenced values become: pg_temp.dumpsert_to_<n> has old values w1, … and new ones v1, … where they differ.
CREATE TEMPORARY TABLE pg_temp.dumpsert_rewritten (n integer GENERATED ALWAYS AS IDENTITY, node pg_catalog.oid, referenced pg_catalog.text[], rows bigint) ON COMMIT DROP;

-- The tables whose keys, or other referenced columns, may change; one row for each stage.
CREATE TEMPORARY TABLE pg_temp.dumpsert_mapped (n integer PRIMARY KEY, node pg_catalog.oid, level integer,
  rule pg_catalog.jsonb,         -- its entry of match; NULL: only references in its key are rewritten
  match_on pg_catalog.text[], match_index pg_catalog.oid,  -- the columns, and what says by what they are compared
  idents pg_catalog.text[],      -- the columns by which its rows are known: of the key, of match_on, referenced ones
  is_tree boolean,               -- whether a row has to wait for what becomes of the row that it references in its own table
  rows bigint,                   -- how many rows become others
  same_match pg_catalog.text, has_match pg_catalog.text  -- row p of the target and row e of the dump are one by match_on; e can be
) ON COMMIT DROP;
-- From which link each of these columns gets its value.
CREATE TEMPORARY TABLE pg_temp.dumpsert_sources (n integer, name pg_catalog.text, k integer, o integer) ON COMMIT DROP;

-- Names in these options must be of tables and columns that are here and in the dump. For each stage with match_on the index is made, of
-- an empty table, that says what its columns compare by.
CREATE PROCEDURE pg_temp.dumpsert_map_begin()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _options jsonb := (SELECT options FROM pg_temp.dumpsert_options);
  _bad record; _s record; _near text; _names text;
BEGIN
  FOR _bad IN
    SELECT e.what, format('%I.%I', e.schema, e.name) AS shown, e.col, c.oid AS relid
      FROM (SELECT 'match_on', m ->> 'schema', m ->> 'name', x.col FROM jsonb_array_elements(_options -> 'match') AS m
              LEFT JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(m -> 'columns') WHEN 'array' THEN m -> 'columns' ELSE '[]' END) AS x(col) ON true
            UNION ALL SELECT 'a foreign key of an option', l ->> 'schema', l ->> 'name', x.col
              FROM jsonb_array_elements(coalesce(_options -> 'links', '[]')) AS l CROSS JOIN LATERAL jsonb_array_elements_text(l -> 'columns') AS x(col)
            UNION ALL SELECT 'a foreign key of an option', l ->> 'to_schema', l ->> 'to_name', x.col
              FROM jsonb_array_elements(coalesce(_options -> 'links', '[]')) AS l LEFT JOIN LATERAL jsonb_array_elements_text(l -> 'to_columns') AS x(col) ON true
           ) AS e(what, schema, name, col)
      LEFT JOIN (pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace) ON n.nspname = e.schema AND c.relname = e.name
     WHERE c.oid IS NULL OR e.col IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = e.col AND a.attnum > 0 AND NOT a.attisdropped)
  LOOP
    CONTINUE WHEN _bad.relid IS NULL AND _options ->> 'unknown_tables' = 'drop';
    IF _bad.relid IS NULL THEN
      SELECT pg_temp.dumpsert_nearest(_bad.shown, array_agg(format('%I.%I', n.nspname, c.relname))) INTO _near
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_';
    ELSE
      SELECT pg_temp.dumpsert_nearest(_bad.col, array_agg(quote_ident(a.attname))) INTO _near
        FROM pg_attribute AS a WHERE a.attrelid = _bad.relid AND a.attnum > 0 AND NOT a.attisdropped;
    END IF;
    RAISE EXCEPTION USING ERRCODE = CASE WHEN _bad.relid IS NULL THEN 'undefined_table' ELSE 'undefined_column' END,
      HINT = coalesce(_near, 'Names with capitals must be quoted in options.'),
      MESSAGE = CASE WHEN _bad.relid IS NULL THEN format('dumpsert: %s is given for %s, which does not exist here; nothing was changed', _bad.what, _bad.shown)
                     ELSE format('dumpsert: %s is given for %s, which has no column %I here; nothing was changed', _bad.what, _bad.shown, _bad.col) END;
  END LOOP;
  FOR _s IN
    SELECT s.n, s.relid, s.stage, m.columns FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_temp.dumpsert_said_columns('match', s.relid) AS m(columns)
     WHERE s.relid IS NOT NULL AND m.columns IS NOT NULL ORDER BY s.n
  LOOP
    _names := (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.columns) AS k);
    SELECT k INTO _near FROM unnest(_s.columns) AS k WHERE NOT EXISTS (
      SELECT FROM pg_attribute AS a WHERE a.attrelid = _s.stage AND a.attname = k AND a.attnum > 0) LIMIT 1;
    IF _near IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'undefined_column', HINT = 'Match by columns that the dump brings.',
        MESSAGE = format('dumpsert: rows of %s are matched on (%s), and the dump does not bring %I; nothing was changed', _s.relid::regclass, _names, _near);
    END IF;
    BEGIN
      CALL pg_temp.dumpsert_make_index('dumpsert_match_' || _s.n, _s.relid, _s.columns);
    EXCEPTION WHEN undefined_object THEN
      RAISE EXCEPTION USING ERRCODE = 'undefined_function', DETAIL = SQLERRM, HINT = 'Match by other columns.',
        MESSAGE = format('dumpsert: rows of %s are matched on (%s), of which a column cannot be compared; nothing was changed', _s.relid::regclass, _names);
    END;
  END LOOP;
END
$dumpsert$;

-- Reads the links between stages. A column that is computed here follows what it is computed from; it is no place for a reference of its own.
CREATE PROCEDURE pg_temp.dumpsert_read_links()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _parents oid[] := ARRAY(SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip'
    UNION SELECT coalesce(pg_partition_root(c.oid), c.oid) FROM pg_temp.dumpsert_options AS o CROSS JOIN LATERAL jsonb_array_elements(o.options -> 'match') AS m(entry)
            JOIN pg_class AS c ON c.oid = to_regclass(format('%I.%I', m.entry ->> 'schema', m.entry ->> 'name')));
BEGIN
  DELETE FROM pg_temp.dumpsert_links;
  INSERT INTO pg_temp.dumpsert_links (n, node, parent, holding, referenced, crosses, condition)
  SELECT l.* FROM (
    SELECT DISTINCT ON (s.n, r.parent, r.holding, r.referenced) s.n, s.node, r.parent, r.holding, r.referenced, r.crosses, NULL::text
      FROM pg_temp.dumpsert_stages AS s JOIN pg_temp.dumpsert_references AS r ON r.child_relid = s.relid WHERE s.way <> 'skip' AND r.parent = ANY (_parents)
    UNION ALL
    SELECT s.n, s.node, coalesce(pg_partition_root(p.oid), p.oid), v.holding, v.referenced,
           CASE WHEN NOT EXISTS (SELECT FROM unnest(v.holding, v.referenced) AS u(h, r) JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = u.h
                                   JOIN pg_attribute AS b ON b.attrelid = p.oid AND b.attname = u.r WHERE (a.atttypid, a.attcollation) <> (b.atttypid, b.attcollation))
                THEN (SELECT array_agg(coalesce(pg_temp.dumpsert_operator(y.eq_opr), 'OPERATOR(pg_catalog.=)') ORDER BY u.i) FROM unnest(v.referenced) WITH ORDINALITY AS u(r, i)
                        JOIN pg_attribute AS b ON b.attrelid = p.oid AND b.attname = u.r
                       CROSS JOIN LATERAL (SELECT i.eq_opr FROM (
                         SELECT ao.amopopr AS eq_opr FROM pg_opclass AS oc JOIN pg_am AS am ON am.oid = oc.opcmethod AND am.amname = 'btree'
                           JOIN pg_amop AS ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3 AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
                          WHERE oc.opcdefault AND oc.opcintype = b.atttypid) AS i UNION ALL SELECT NULL LIMIT 1) AS y) END,
           l ->> 'where'
      FROM pg_temp.dumpsert_options AS o CROSS JOIN LATERAL jsonb_array_elements(coalesce(o.options -> 'links', '[]')) AS l
      JOIN pg_class AS p ON p.oid = to_regclass(format('%I.%I', l ->> 'to_schema', l ->> 'to_name'))
      JOIN pg_temp.dumpsert_stages AS s ON s.way <> 'skip' AND to_regclass(format('%I.%I', l ->> 'schema', l ->> 'name')) IN (
             SELECT g.relid FROM pg_temp.dumpsert_lineage(to_regclass(format('%I.%I', s.schema, s.name))) AS g)
     CROSS JOIN LATERAL (
       SELECT ARRAY(SELECT jsonb_array_elements_text(l -> 'columns')) AS holding, ARRAY(SELECT jsonb_array_elements_text(l -> 'to_columns')) AS referenced) AS v
     WHERE coalesce(pg_partition_root(p.oid), p.oid) = ANY (_parents)
  ) AS l(n, node, parent, holding, referenced, crosses, condition)
   WHERE NOT EXISTS (
     SELECT FROM unnest(l.holding) AS h JOIN pg_temp.dumpsert_stages AS s ON s.n = l.n
       LEFT JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = h AND a.attname = ANY (s.found) WHERE a.attgenerated IS DISTINCT FROM '');
END
$dumpsert$;

-- The condition that a link holds between a row to_ with the referenced values in these expressions and the referring row.
CREATE FUNCTION pg_temp.dumpsert_meets(_k integer, _to pg_catalog.text[], _child pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(CASE WHEN l.crosses IS NULL THEN format('%s::pg_catalog.text COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) %s.%I::pg_catalog.text COLLATE pg_catalog."C"', u.t, _child, u.h)
      ELSE format('%s%s %s %s.%I', u.t, (SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
                                            WHERE c.oid = b.attcollation), u.x, _child, u.h) END, ' AND ' ORDER BY u.i)
    FROM pg_temp.dumpsert_links AS l CROSS JOIN LATERAL unnest(_to, l.holding, l.referenced, l.crosses) WITH ORDINALITY AS u(t, h, r, x, i)
    JOIN pg_attribute AS b ON b.attrelid = l.parent AND b.attname = u.r WHERE l.k = _k
$dumpsert$;

-- Which tables may change their keys, from which links their columns get new values, and in which order they are asked.
CREATE PROCEDURE pg_temp.dumpsert_plan_map()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _nodes oid[]; _component integer[]; _names text;
BEGIN
  CALL pg_temp.dumpsert_read_links();
  DELETE FROM pg_temp.dumpsert_mapped; DELETE FROM pg_temp.dumpsert_sources;
  WITH RECURSIVE staged AS MATERIALIZED (
    SELECT s.n, s.node, CASE WHEN r.match_on IS NOT NULL THEN r.rule END AS rule, r.match_on,
           ARRAY(SELECT u FROM unnest(s.key_columns) AS u
                 UNION SELECT u FROM unnest(r.match_on) AS u
                 UNION SELECT u FROM pg_temp.dumpsert_links AS l CROSS JOIN LATERAL unnest(l.referenced) AS u WHERE l.parent = s.node
                 UNION SELECT s.guard WHERE r.match_on IS NOT NULL) AS idents
      FROM pg_temp.dumpsert_stages AS s
     CROSS JOIN LATERAL (SELECT pg_temp.dumpsert_said('match', s.relid), pg_temp.dumpsert_said_columns('match', s.relid)) AS r(rule, match_on) WHERE s.way <> 'skip'
  ), mapped AS (
    SELECT t.node FROM staged AS t WHERE t.rule IS NOT NULL
    UNION SELECT l.node FROM mapped AS m JOIN pg_temp.dumpsert_links AS l ON l.parent = m.node JOIN staged AS t ON t.n = l.n AND l.holding && t.idents
  )
  INSERT INTO pg_temp.dumpsert_mapped (n, node, rule, match_on, idents)
  SELECT t.n, t.node, t.rule, t.match_on, ARRAY(SELECT a.attname::text FROM pg_attribute AS a JOIN pg_temp.dumpsert_stages AS s ON s.n = t.n
                                     WHERE a.attrelid = to_regclass('pg_temp.dumpsert_stage_' || t.n) AND a.attnum > 0 AND a.attname = ANY (t.idents) ORDER BY a.attnum)
    FROM staged AS t WHERE t.node IN (SELECT m.node FROM mapped AS m);
  SELECT string_agg(DISTINCT s.relid::regclass::text, ', ') INTO _names FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n)
   WHERE m.rule IS NOT NULL AND (s.way <> 'key' OR s.key_columns && ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = s.relid AND a.attgenerated <> ''));
  IF _names IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_column_reference', HINT = 'Add a primary key, or leave match_on out and declare the columns as the key: then they are the key.',
      MESSAGE = format('dumpsert: match_on is given for %s, whose rows have no primary key or unique NOT NULL key that could be kept; nothing was changed', _names);
  END IF;
  -- A column gets its value from the link of the fewest columns; one to the table itself comes last, since rows would have to wait for each other.
  INSERT INTO pg_temp.dumpsert_sources (n, name, k, o)
  SELECT DISTINCT ON (m.n, u.name) m.n, u.name, l.k, u.o::integer
    FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_links AS l ON l.n = m.n AND l.parent IN (SELECT b.node FROM pg_temp.dumpsert_mapped AS b)
   CROSS JOIN LATERAL unnest(l.holding) WITH ORDINALITY AS u(name, o)
   WHERE u.name = ANY (m.idents)
     -- What a row has from the row it references in its own table is no news where both have it from elsewhere, or where nothing changes it.
     AND (l.parent <> m.node OR NOT EXISTS (SELECT FROM pg_temp.dumpsert_links AS b WHERE b.n = m.n AND b.parent <> m.node AND u.name = ANY (b.holding))
            AND NOT (l.referenced[u.o] = u.name AND (m.rule IS NULL OR u.name = ANY (m.match_on))))
   ORDER BY m.n, u.name, l.parent = m.node, l.condition IS NOT NULL, cardinality(l.holding), l.k;
  SELECT format('%s.%I', s.relid::regclass, a.attname) INTO _names
    FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n) JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = ANY (m.idents) AND a.attgenerated <> ''
   CROSS JOIN LATERAL unnest(pg_temp.dumpsert_computed_from(s.relid, a.attnum)) AS f JOIN pg_attribute AS b ON b.attrelid = s.relid AND b.attnum = f
    JOIN pg_temp.dumpsert_links AS l ON l.n = m.n AND b.attname = ANY (l.holding) AND l.parent IN (SELECT o.node FROM pg_temp.dumpsert_mapped AS o) LIMIT 1;
  IF _names IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', HINT = 'Match by other columns.',
      MESSAGE = format('dumpsert: rows are recognised by %s, which is computed from a reference to rows that may have other keys here; nothing was changed', _names);
  END IF;
  UPDATE pg_temp.dumpsert_mapped AS m SET is_tree = EXISTS (
    SELECT FROM pg_temp.dumpsert_sources AS c JOIN pg_temp.dumpsert_links AS l USING (k) WHERE c.n = m.n AND l.parent = m.node);
  _nodes := ARRAY(SELECT DISTINCT m.node FROM pg_temp.dumpsert_mapped AS m ORDER BY 1);
  WITH edge AS (
    SELECT DISTINCT array_position(_nodes, l.node) AS child, array_position(_nodes, l.parent) AS parent
      FROM pg_temp.dumpsert_sources AS c JOIN pg_temp.dumpsert_links AS l USING (k) WHERE l.node <> l.parent
  )
  SELECT pg_temp.dumpsert_components(cardinality(_nodes), array_agg(e.child ORDER BY e.child, e.parent), array_agg(e.parent ORDER BY e.child, e.parent)) INTO _component FROM edge AS e;
  UPDATE pg_temp.dumpsert_mapped AS m SET level = _component[array_position(_nodes, m.node)];
  SELECT string_agg(DISTINCT m.node::regclass::text, ', ') INTO _names FROM pg_temp.dumpsert_mapped AS m
   WHERE m.level = (SELECT b.level FROM pg_temp.dumpsert_mapped AS b GROUP BY b.level HAVING count(DISTINCT b.node) > 1 ORDER BY b.level LIMIT 1);
  IF _names IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', HINT = 'Match one of them by columns that reference none of the others.',
      MESSAGE = format('dumpsert: the columns by which rows of %s are recognised reference each other in a circle, so that none can be recognised first; nothing was changed', _names);
  END IF;
  CALL pg_temp.dumpsert_phrase_match();
  CALL pg_temp.dumpsert_check_taken();
END
$dumpsert$;

-- One row for each staging table pg_temp.dumpsert_stage_<n>: what was dumped, and how it is to be written.
CREATE TEMPORARY TABLE pg_temp.dumpsert_stages (
  n integer PRIMARY KEY, schema pg_catalog.text, name pg_catalog.text, columns pg_catalog.text[],
  relid pg_catalog.oid,          -- the table to write to; NULL: the target has none and its rows are dropped
  node pg_catalog.oid,           -- its topmost partition root, or itself: the node of the foreign-key graph
  target pg_catalog.text,        -- its qualified name
  way pg_catalog.text,           -- key | match | insert | skip; match with a nullable key: by key where it is not null
  key_index pg_catalog.oid, key_columns pg_catalog.text[],
  no_key pg_catalog.text,        -- way match: the condition that a row has no key
  set_columns pg_catalog.text[],
  rule pg_catalog.jsonb,         -- the update policy: update, newer, only, never; the guard column
  guard pg_catalog.text,         -- the guard column, if the stage has it
  may_update pg_catalog.text,    -- what rows p and s must satisfy beside being different: policy and guard
  batch integer,                 -- stages of a batch are written by one statement, batches in this order
  empty_sql pg_catalog.text, diff_sql pg_catalog.text, twice_sql pg_catalog.text, update_sql pg_catalog.text,
  insert_sql pg_catalog.text, new_only pg_catalog.text, on_conflict pg_catalog.text,
  missing pg_catalog.tid[],      -- way match: the staged rows of which the table has too few copies
  rows bigint, inserted bigint, updated bigint, refused bigint) ON COMMIT DROP;

-- Checks a table against the dumped columns and plans its staging table: exactly these columns, in this order.
CREATE PROCEDURE pg_temp.dumpsert_prepare(_n integer, _schema pg_catalog.text, _name pg_catalog.text, _columns pg_catalog.text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _options jsonb := (SELECT options FROM pg_temp.dumpsert_options);
  _target text := format('%I.%I', _schema, _name);
  _relid oid;
  _unknown text[];
  _generated text[];
BEGIN
  IF _options ->> 'unknown_tables' = 'drop' AND to_regclass(_target) IS NULL THEN
    INSERT INTO pg_temp.dumpsert_notes (note) VALUES (format('%s does not exist here: its rows are left out', _target));
  ELSE
    _relid := pg_temp.dumpsert_touch(_schema, _name);
    _unknown := pg_temp.dumpsert_unknown(_relid, _columns, true);
    SELECT array_agg(a.attname::text) INTO _generated FROM pg_attribute AS a
     WHERE a.attrelid = _relid AND a.attgenerated <> '' AND a.attname = ANY (_columns);
    INSERT INTO pg_temp.dumpsert_notes (note)
    SELECT format('%s.%I %s: the dumped values are left out', _target, c, CASE WHEN c = ANY (_unknown)
                  THEN 'does not exist here' ELSE 'is generated here' END)
      FROM unnest(coalesce(_unknown, '{}') || coalesce(_generated, '{}')) AS c;
  END IF;
  INSERT INTO pg_temp.dumpsert_stages (n, schema, name, columns, relid)
  VALUES (_n, _schema, _name, _columns, _relid);
  CALL pg_temp.dumpsert_govern(_n);
  -- A generated key column is no part of a dump, its expression is copied instead.
  IF _generated IS NULL AND EXISTS (
    SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = _relid AND i.indisunique AND a.attgenerated <> '') THEN
    INSERT INTO pg_temp.dumpsert_todo (phase, statement)
    SELECT 'touch', format(s, _n, _relid::regclass, c) FROM (
      SELECT 0, 'CREATE TEMPORARY TABLE pg_temp.dumpsert_stage_%s (LIKE %s INCLUDING GENERATED) ON COMMIT DROP', ''
      UNION ALL
      SELECT a.attnum, 'ALTER TABLE pg_temp.dumpsert_stage_%s DROP COLUMN %3$I CASCADE', a.attname FROM pg_attribute AS a
       WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> ALL (_columns)
      UNION ALL
      SELECT 2000, 'ALTER TABLE pg_temp.dumpsert_stage_%s ADD COLUMN %3$I pg_catalog.text', u FROM unnest(_unknown) AS u) AS x(o, s, c) ORDER BY o;
  ELSE
    INSERT INTO pg_temp.dumpsert_todo (phase, statement)
    SELECT 'touch', format('CREATE TEMPORARY TABLE pg_temp.dumpsert_stage_%s ON COMMIT DROP AS SELECT %s%s WITH NO DATA', _n,
      string_agg(CASE WHEN _relid IS NULL OR c = ANY (_unknown) THEN format('NULL::pg_catalog.text AS %I', c)
                      ELSE quote_ident(c) END, ', ' ORDER BY o), ' FROM ' || _relid::regclass)
      FROM unnest(_columns) WITH ORDINALITY AS d(c, o);
  END IF;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_stage(_n integer, _schema pg_catalog.text, _name pg_catalog.text, _columns pg_catalog.text[])
LANGUAGE plpgsql AS $dumpsert$
BEGIN
  CALL pg_temp.dumpsert_prepare(_n, _schema, _name, _columns);
  CALL pg_temp.dumpsert_run('touch');
END
$dumpsert$;

-- The condition that a row of the table and a staged row s have the same key, by the equality of the index itself.
CREATE FUNCTION pg_temp.dumpsert_same_key(_index pg_catalog.oid, _alias pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format(CASE WHEN a.attnotnull OR NOT coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) THEN '%s' ELSE '(%s OR %s.%I IS NULL AND s.%3$I IS NULL)' END,
      format('%6$s.%1$I%2$s OPERATOR(%3$s.%4$s) s.%1$I%2$s%5$s', a.attname,
        format('::%s.%I', ty.typnamespace::regnamespace, ty.typname),
        coalesce(o.oprnamespace::regnamespace::text, 'pg_catalog'), coalesce(o.oprname, '='),
        CASE WHEN i.indcollation[k.ord - 1] <> a.attcollation
             THEN (SELECT format(' COLLATE %s.%I', co.collnamespace::regnamespace, co.collname)
                     FROM pg_collation AS co WHERE co.oid = i.indcollation[k.ord - 1]) END, _alias),
      _alias, a.attname), ' AND ' ORDER BY k.ord)
    FROM pg_index AS i
   CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    JOIN pg_opclass AS oc ON oc.oid = i.indclass[k.ord - 1]
    JOIN pg_am AS am ON am.oid = oc.opcmethod
   CROSS JOIN LATERAL (  -- an operator class for any array, enum or range does not take a domain over one
      WITH RECURSIVE base AS (SELECT a.atttypid AS oid UNION ALL SELECT t.typbasetype FROM base JOIN pg_type AS t USING (oid) WHERE t.typtype = 'd')
      SELECT t.* FROM pg_type AS t WHERE t.oid = oc.opcintype AND t.typtype <> 'p'
      UNION ALL SELECT t.* FROM base JOIN pg_type AS t USING (oid) WHERE t.typtype <> 'd' LIMIT 1) AS ty
    LEFT JOIN pg_amop AS ao ON ao.amopfamily = oc.opcfamily AND am.amname = 'btree' AND ao.amopstrategy = 3
      AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
    LEFT JOIN pg_operator AS o ON o.oid = ao.amopopr
   WHERE i.indexrelid = _index AND k.ord <= i.indnkeyatts
$dumpsert$;

-- The condition that a row has no value for a unique index that allows several such rows; NULL if there can be none.
CREATE FUNCTION pg_temp.dumpsert_nullable(_index pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format('s.%I IS NULL', a.attname), ' OR ' ORDER BY k.ord)
    FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indexrelid = _index AND k.ord <= i.indnkeyatts AND NOT a.attnotnull
     AND NOT coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
$dumpsert$;

-- Decides for every stage how its rows are written, and in which order: tables before those that reference them.
CREATE PROCEDURE pg_temp.dumpsert_plan()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _no_key text := (SELECT options ->> 'no_key' FROM pg_temp.dumpsert_options);
  _s record;
  _misfit boolean;
BEGIN
  -- Rows of a partition whose bounds differ on the target are routed by the root.
  FOR _s IN SELECT s.n, pg_get_partition_constraintdef(s.relid) AS bounds, n.nspname, r.relname
              FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid AND c.relispartition
              JOIN pg_class AS r ON r.oid = pg_partition_root(s.relid) JOIN pg_namespace AS n ON n.oid = r.relnamespace LOOP
    BEGIN
      EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s WHERE NOT (%s))', _s.n, _s.bounds) INTO _misfit;
    EXCEPTION WHEN undefined_column THEN _misfit := true;  -- bounds on a column that the dump does not bring
    END;
    IF _misfit THEN
      UPDATE pg_temp.dumpsert_stages AS s SET relid = pg_temp.dumpsert_touch(_s.nspname, _s.relname) WHERE s.n = _s.n;
    END IF;
  END LOOP;
  CALL pg_temp.dumpsert_check_routes();

  UPDATE pg_temp.dumpsert_stages AS s SET
    target = CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || s.relid::regclass,
    node = coalesce(pg_partition_root(s.relid), s.relid),
    key_index = (
      SELECT i.indexrelid FROM pg_index AS i
       WHERE i.indrelid = s.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         AND NOT EXISTS (
           SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE k.ord <= i.indnkeyatts AND (NOT EXISTS (
                SELECT FROM pg_attribute AS t WHERE t.attrelid = to_regclass('pg_temp.dumpsert_stage_' || s.n) AND t.attname = a.attname)
              OR NOT (a.attnotnull OR _no_key = 'match' OR coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false))))
       ORDER BY pg_temp.dumpsert_nullable(i.indexrelid) IS NOT NULL, i.indimmediate DESC, i.indisexclusion, i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1),
    set_columns = ARRAY(SELECT a.attname::text FROM pg_attribute AS a
      WHERE a.attrelid = s.relid AND a.attname = ANY (s.columns) AND a.attidentity <> 'a' AND a.attgenerated = ''
        AND a.attnum > 0 AND coalesce(s.rule ->> 'update' <> 'nothing', true) AND coalesce(s.rule -> 'only' ? a.attname, true)
        AND NOT coalesce(s.rule -> 'never' ? a.attname, false) ORDER BY a.attnum)
    FROM pg_class AS c WHERE c.oid = s.relid;
  UPDATE pg_temp.dumpsert_stages AS s SET
    way = CASE WHEN s.relid IS NULL THEN 'skip' WHEN s.key_index IS NULL OR pg_temp.dumpsert_nullable(s.key_index) IS NOT NULL THEN _no_key
               ELSE 'key' END,
    no_key = coalesce(pg_temp.dumpsert_nullable(s.key_index), 'true'),
    key_columns = ARRAY(SELECT a.attname::text FROM pg_index AS i
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
       JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indexrelid = s.key_index AND k.ord <= i.indnkeyatts ORDER BY k.ord);
  SELECT string_agg(s.relid::regclass::text, ', ' ORDER BY s.n) AS tables INTO _s FROM pg_temp.dumpsert_stages AS s WHERE s.way = 'error';
  IF _s.tables IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_column_reference',
      MESSAGE = format('dumpsert: no primary key or unique NOT NULL key to recognise the rows of %s by; nothing was changed', _s.tables),
      HINT = 'Add a primary key, or choose no_key = match (compare whole rows), insert or skip.';
  END IF;
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s has no usable key: its rows are left out', s.relid::regclass)
    FROM pg_temp.dumpsert_stages AS s WHERE s.way = 'skip' AND s.relid IS NOT NULL;
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('not guarded, for want of the column %I: %s', s.rule ->> 'guard', string_agg(s.relid::regclass::text, ', ' ORDER BY s.n))
    FROM pg_temp.dumpsert_stages AS s WHERE s.rule ? 'guard' AND s.guard IS NULL AND s.key_index IS NOT NULL AND s.set_columns <> '{}'
   GROUP BY s.rule ->> 'guard';

  -- Foreign keys between the nodes. Where the referenced value itself may change both sides go into one statement,
  -- as do cycles: "reach" goes both ways between such tables. The more a node reaches, the later it is written.
  WITH RECURSIVE fk AS (
    SELECT coalesce(pg_partition_root(c.conrelid), c.conrelid) AS child, coalesce(pg_partition_root(c.confrelid), c.confrelid) AS parent,
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey)) AS referenced
      FROM pg_constraint AS c WHERE c.contype = 'f' AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
  ), edge AS (
    SELECT child, parent FROM fk
     UNION SELECT parent, child FROM fk WHERE EXISTS (
       SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.node = fk.parent AND NOT fk.referenced <@ s.key_columns)
  ), reach(child, parent) AS (
    SELECT s.node, s.node FROM pg_temp.dumpsert_stages AS s WHERE s.relid IS NOT NULL
     UNION SELECT r.child, e.parent FROM reach AS r JOIN edge AS e ON e.child = r.parent
       WHERE e.parent IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s)
  ), component AS (
    SELECT r.child AS node, min(r.parent) FILTER (WHERE EXISTS (
             SELECT FROM reach AS b WHERE b.child = r.parent AND b.parent = r.child)) AS leader, count(*) AS depth,
           EXISTS (SELECT FROM fk WHERE fk.child = r.child AND fk.parent = r.child) AS to_itself
      FROM reach AS r GROUP BY r.child
  ), batches AS (
    -- Several stages of one table without such a foreign key are written one after the other.
    SELECT s.n, dense_rank() OVER (ORDER BY c.depth, c.leader,
             CASE WHEN c.to_itself OR EXISTS (SELECT FROM component AS o WHERE o.leader = c.leader AND o.node <> c.node) THEN 0 ELSE s.n END) AS batch
      FROM pg_temp.dumpsert_stages AS s JOIN component AS c USING (node)
  )
  UPDATE pg_temp.dumpsert_stages AS s SET batch = b.batch FROM batches AS b WHERE b.n = s.n AND s.way <> 'skip';

  -- The statements. Unchanged rows are left alone, not even locked: they are joined away by record image.
  UPDATE pg_temp.dumpsert_stages AS s SET
    empty_sql = format('SELECT NOT EXISTS (SELECT FROM %s)', s.target),
    diff_sql = format('SELECT pg_catalog.count(*) FILTER (WHERE p.tableoid IS NULL AND NOT (%s)), pg_catalog.count(*) FILTER (WHERE p.tableoid IS NOT NULL%s), %s'
      ' FROM pg_temp.dumpsert_stage_%s AS s LEFT JOIN %s AS p ON %s', t.no_key, t.differs, coalesce('pg_catalog.count(*) FILTER (WHERE '
      'CASE WHEN p.tableoid IS NOT NULL THEN NOT ' || t.guarded || ' END)', '0'), s.n, s.target, t.same_key),
    may_update = t.may_update,
    twice_sql = format('SELECT pg_catalog.concat_ws('', '', %1$s) FROM pg_temp.dumpsert_stage_%2$s AS s WHERE NOT (%3$s) GROUP BY %1$s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1',
      t.key_list, s.n, t.no_key),
    update_sql = format('UPDATE %s AS p SET %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s%s', s.target, t.set_from_stage, s.n, t.same_key, t.differs),
    insert_sql = format('INSERT INTO %s AS _t %s SELECT %s FROM pg_temp.dumpsert_stage_%s AS s', s.relid::regclass, t.insert_columns, t.insert_values, s.n),
    new_only = format('NOT EXISTS (SELECT FROM %s AS p WHERE %s) AND NOT (%s)', s.target, t.same_key, t.no_key),
    on_conflict = CASE WHEN t.arbiter THEN format(' ON CONFLICT (%s) DO %s', t.key_names, coalesce('UPDATE SET ' || t.set_from_excluded || t.on_conflict_when, 'NOTHING')) END
    FROM (
      SELECT b.n, pg_temp.dumpsert_same_key(b.key_index, 'p') AS same_key, coalesce(pg_temp.dumpsert_nullable(b.key_index), 'false') AS no_key,
        (SELECT string_agg(format('%1$I = s.%1$I', c), ', ') FROM unnest(b.set_columns) AS c) AS set_from_stage,
        (SELECT string_agg(format('%1$I = EXCLUDED.%1$I', c), ', ') FROM unnest(b.set_columns) AS c) AS set_from_excluded,
        (SELECT CASE count(*) WHEN 0 THEN ' AND false' ELSE format(' AND NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record',
           string_agg(format('p.%I', c), ', '), string_agg(format('s.%I', c), ', ')) || u.may_update END FROM unnest(b.set_columns) AS c) AS differs,
        u.*,
        (SELECT string_agg(quote_ident(k), ', ') FROM unnest(b.key_columns) AS k) AS key_names,
        (SELECT string_agg(format('s.%I', k), ', ') FROM unnest(b.key_columns) AS k) AS key_list,
        i.indimmediate AND NOT i.indisexclusion AND NOT EXISTS (
          SELECT FROM pg_rewrite AS r WHERE r.ev_class = b.relid AND r.ev_type = '2') AS arbiter,
        v.*
        FROM pg_temp.dumpsert_stages AS b LEFT JOIN pg_index AS i ON i.indexrelid = b.key_index
       CROSS JOIN LATERAL (
         SELECT concat(' AND ' || pg_temp.dumpsert_newer(b.rule, 'p', 's'), ' AND ' || pg_temp.dumpsert_same_owner(b.guard, 'p', 's')) AS may_update,
                CASE WHEN b.set_columns <> '{}' THEN pg_temp.dumpsert_guarded(b, 'true', 'p', 's') END AS guarded,
                coalesce(' WHERE ' || coalesce(pg_temp.dumpsert_guarded(b, coalesce(pg_temp.dumpsert_newer(b.rule, '_t', 'EXCLUDED'), 'true'), '_t', 'EXCLUDED'),
                  pg_temp.dumpsert_newer(b.rule, '_t', 'EXCLUDED')), '') AS on_conflict_when) AS u
       CROSS JOIN LATERAL (
         SELECT format('(%s) OVERRIDING SYSTEM VALUE', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)) AS insert_columns,
                string_agg(format('s.%I', a.attname), ', ' ORDER BY a.attnum) AS insert_values
           FROM pg_attribute AS a WHERE a.attrelid = b.relid AND a.attnum > 0 AND a.attgenerated = '' AND a.attname = ANY (b.columns)
         HAVING count(*) > 0 UNION ALL SELECT '', '' LIMIT 1) AS v
    ) AS t WHERE t.n = s.n AND s.relid IS NOT NULL;
END
$dumpsert$;

-- Whole rows with multiplicity. A dump is text: two rows are the same if they print the same, whatever their types.
CREATE PROCEDURE pg_temp.dumpsert_match(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 AS $dumpsert$
DECLARE
  _target text;
  _columns text;
  _no_key text;
  _missing tid[];
BEGIN
  SELECT s.target, s.no_key, (SELECT string_agg(format('s.%I', a.attname), ', ') FROM pg_attribute AS a
                     WHERE a.attrelid = s.relid AND a.attname = ANY (s.columns) AND a.attgenerated = '')
    INTO _target, _no_key, _columns FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n;
  EXECUTE format('SELECT array_agg(r.at ORDER BY r.at) FROM (
      SELECT ctid AS at, image, row_number() OVER (PARTITION BY image ORDER BY ctid) AS nth
        FROM (SELECT ctid, ROW(%1$s)::text COLLATE "C" AS image FROM pg_temp.dumpsert_stage_%2$s AS s WHERE %4$s) AS s) AS r
    LEFT JOIN (SELECT image, count(*) AS copies FROM (SELECT ROW(%1$s)::text COLLATE "C" AS image FROM %3$s AS s WHERE %4$s) AS s
                GROUP BY image) AS p ON p.image = r.image
   WHERE r.nth > coalesce(p.copies, 0)', _columns, _n, _target, _no_key) INTO _missing;
  UPDATE pg_temp.dumpsert_stages AS s SET missing = coalesce(_missing, '{}') WHERE s.n = _n;
END
$dumpsert$;

-- Raises an error again, with the place in the dump.
CREATE PROCEDURE pg_temp.dumpsert_raise(_batch integer, _state pg_catalog.text, _message pg_catalog.text, _detail pg_catalog.text,
  _hint pg_catalog.text, _context pg_catalog.text, _schema pg_catalog.text, _table pg_catalog.text, _column pg_catalog.text,
  _constraint pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid := to_regclass(format('%I.%I', _schema, _table));
  _s record;
  _columns text;
  _condition text;
  _values text := substring(_detail FROM '^Key \(.*\)=\((.*)\) (?:already exists|is duplicated|is not present|conflicts with)');
  _row bigint;
  _key text;
BEGIN
  FOR _s IN SELECT s.n, s.relid, s.key_columns FROM pg_temp.dumpsert_stages AS s
             WHERE s.batch = coalesce(_batch, s.batch) AND s.node = coalesce(pg_partition_root(_relid), _relid) ORDER BY s.n LOOP
    BEGIN
      SELECT string_agg(format('coalesce((%s)::text, ''null'')', k.expression), ', ' ORDER BY k.ord) INTO _columns FROM (
        SELECT pg_get_indexdef(i.indexrelid, o, true), o FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
         CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS o WHERE i.indrelid = _relid AND c.relname = _constraint
        UNION ALL
        SELECT quote_ident(a.attname), o FROM pg_constraint AS c CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, o)
          JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
         WHERE c.conrelid = _relid AND c.conname = _constraint AND c.contype = 'f') AS k(expression, ord);
      _condition := CASE
        WHEN _values IS NOT NULL AND _columns IS NOT NULL THEN format('concat_ws('', '', %s) = %L', _columns, _values)
        WHEN _state = '23502' THEN format('%I IS NULL', _column)
        WHEN _state = '23514' THEN (SELECT format('NOT (%s)', pg_get_expr(c.conbin, c.conrelid)) FROM pg_constraint AS c
                                     WHERE c.conrelid = _relid AND c.conname = _constraint) END;
      EXECUTE format('SELECT dumpsert_row, concat_ws('', '', %s) FROM (SELECT row_number() OVER () AS dumpsert_row, s.* FROM pg_temp.dumpsert_stage_%s AS s) AS s'
        ' WHERE %s ORDER BY 1 %s LIMIT 1', coalesce((SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.key_columns) AS k), 'NULL'),
        _s.n, _condition, CASE _state WHEN '23505' THEN 'DESC' END) INTO _row, _key;
    EXCEPTION WHEN OTHERS THEN _row := NULL;  -- the search is a courtesy
    END;
    EXIT WHEN _row IS NOT NULL;
  END LOOP;
  RAISE EXCEPTION USING ERRCODE = _state,
    DETAIL = coalesce(nullif(concat_ws(E'\n', nullif(_detail, ''), nullif(split_part(_context, 'SQL statement "WITH ', 1), '')), ''),
                      'SQLSTATE ' || _state),
    HINT = coalesce(nullif(_hint, ''), CASE _state
      WHEN '23505' THEN 'A row with another key holds this value, or rows exchange values of a unique key that is NOT NULL.'
      WHEN '23503' THEN 'The referenced row is neither here nor in the dump, or a row that only exists here still refers to it.'
      ELSE 'Change the row or the target, then run the script again.' END),
    SCHEMA = _schema, TABLE = _table, COLUMN = _column, CONSTRAINT = _constraint, MESSAGE = format('dumpsert: %s%s; nothing was changed', _message,
      CASE WHEN _row IS NOT NULL THEN format(' (row %s of %s in the dump%s)', _row, _s.relid::regclass,
        ', ' || nullif(array_to_string(_s.key_columns, ', '), '') || ' = ' || _key) END);
END
$dumpsert$;

-- Where values of another unique key change places, one UPDATE is not enough: it is checked row by row. The values are
-- set to NULL first, or, where that cannot be, moved in rounds into places that are free.
CREATE FUNCTION pg_temp.dumpsert_vacate(_n integer, OUT park pg_catalog.text, OUT move pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  SELECT s.*, pg_temp.dumpsert_same_key(s.key_index, 'p') AS same_key INTO _s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n;
  WITH other AS (
    SELECT i.indexrelid, u.place, u.changed FROM pg_index AS i CROSS JOIN LATERAL (
      SELECT min(quote_ident(a.attname)) FILTER (WHERE NOT a.attnotnull AND NOT t.typnotnull AND a.attname <> ALL (_s.key_columns)
               AND a.attname IS DISTINCT FROM _s.guard
               AND coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) IS FALSE) AS place,
             format('NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record',
                    string_agg(format('p.%I', a.attname), ', '), string_agg(format('s.%I', a.attname), ', ')) AS changed,
             count(*) AS places
        FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k
        JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attname = ANY (_s.set_columns)) AS u
     WHERE i.indrelid = _s.relid AND i.indisunique AND i.indimmediate AND i.indexrelid <> _s.key_index
       AND (u.places = i.indnkeyatts OR u.place IS NOT NULL))
  SELECT (SELECT format('UPDATE %s AS p SET %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND (%s)%s', _s.target,
                   string_agg(format('%s = CASE WHEN %s THEN NULL ELSE p.%1$s END', c.place, c.changed), ', '),
                   _n, _s.same_key, string_agg(c.changed, ' OR '), _s.may_update)
            FROM (SELECT o.place, string_agg(o.changed, ' OR ') AS changed FROM other AS o
                   WHERE o.place IS NOT NULL GROUP BY o.place) AS c HAVING count(*) > 0),
         _s.update_sql || (SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM %s AS q WHERE %s AND NOT (%s))', _s.target,
           pg_temp.dumpsert_same_key(o.indexrelid, 'q'), pg_temp.dumpsert_same_key(_s.key_index, 'q')), '')
           FROM other AS o WHERE o.place IS NULL)
    INTO park, move;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_exchange(_batch integer) LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _v pg_catalog.record;
  _moved bigint;
BEGIN
  FOR _v IN SELECT v.park, v.move FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_temp.dumpsert_vacate(s.n) AS v
             WHERE s.batch OPERATOR(pg_catalog.=) _batch AND s.updated OPERATOR(pg_catalog.>) 0 LOOP
    IF _v.park IS NOT NULL THEN
      EXECUTE _v.park;
    END IF;
    WHILE _v.move IS NOT NULL LOOP
      EXECUTE _v.move;
      GET DIAGNOSTICS _moved = ROW_COUNT;
      EXIT WHEN _moved OPERATOR(pg_catalog.=) 0;
    END LOOP;
  END LOOP;
END
$dumpsert$;

-- An UPDATE with two rows for one would take either of them.
CREATE PROCEDURE pg_temp.dumpsert_once(_batch integer) LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _s pg_catalog.record;
  _key pg_catalog.text;
BEGIN
  FOR _s IN SELECT s.* FROM pg_temp.dumpsert_stages AS s WHERE s.batch OPERATOR(pg_catalog.=) _batch AND s.key_index IS NOT NULL LOOP
    EXECUTE _s.twice_sql INTO _key;
    IF _key IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
        MESSAGE = pg_catalog.format('dumpsert: the dump has more than one row of %I.%I with the key (%s) = (%s); nothing was changed',
                                    _s.schema, _s.name, pg_catalog.array_to_string(_s.key_columns, ', '), _key);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Compares the stages of a batch with their tables and builds the statement that writes what differs: one statement,
-- so that foreign keys between the tables are checked when all rows are there. NULL: nothing differs.
CREATE FUNCTION pg_temp.dumpsert_compare(_batch integer) RETURNS pg_catalog.text LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _s pg_catalog.record;
  _empty boolean;
  _rows bigint;
  _new bigint;
  _changed bigint;
  _missing bigint;
  _refused bigint;
  _checked boolean := false;
  _after pg_catalog.text;
  _parts pg_catalog.text[];
BEGIN
  FOR _s IN SELECT s.* FROM pg_temp.dumpsert_stages AS s WHERE s.batch OPERATOR(pg_catalog.=) _batch ORDER BY s.n LOOP
    _new := 0; _changed := 0; _missing := 0; _refused := 0; _after := NULL;
    IF _s.way OPERATOR(pg_catalog.=) 'match' AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_foreign_table AS f WHERE f.ftrelid OPERATOR(pg_catalog.=) _s.relid) THEN
      EXECUTE pg_catalog.format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', _s.target);
    END IF;
    EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) FROM pg_temp.dumpsert_stage_%s', _s.n) INTO _rows;
    EXECUTE _s.empty_sql INTO _empty;
    IF _empty OR _s.way OPERATOR(pg_catalog.=) 'insert' THEN
      _new := _rows;
      _parts := pg_catalog.array_append(_parts, pg_catalog.format('i%s AS (%s)', _s.n, _s.insert_sql));
    ELSE
      IF _s.key_index IS NOT NULL THEN
        IF NOT _checked THEN
          CALL pg_temp.dumpsert_once(_batch);
          _checked := true;
        END IF;
        EXECUTE _s.diff_sql INTO _new, _changed, _refused;
        IF _changed OPERATOR(pg_catalog.>) 0 THEN
          _parts := pg_catalog.array_append(_parts, pg_catalog.format('u%s AS (%s RETURNING 1)', _s.n, _s.update_sql));
          -- Updates come first: a unique value may move from an old row to a new one.
          _after := pg_catalog.format(' AND (SELECT pg_catalog.count(*) FROM u%s) IS NOT NULL', _s.n);
        END IF;
        IF _new OPERATOR(pg_catalog.>) 0 THEN
          _parts := pg_catalog.array_append(_parts, pg_catalog.format('i%s AS (%s)', _s.n,
            pg_catalog.concat(_s.insert_sql, ' WHERE ', _s.new_only, _after, _s.on_conflict)));
        END IF;
      END IF;
      IF _s.way OPERATOR(pg_catalog.=) 'match' THEN
        CALL pg_temp.dumpsert_match(_s.n);
        SELECT pg_catalog.cardinality(m.missing) INTO _missing FROM pg_temp.dumpsert_stages AS m WHERE m.n OPERATOR(pg_catalog.=) _s.n;
        IF _missing OPERATOR(pg_catalog.>) 0 THEN
          _parts := pg_catalog.array_append(_parts, pg_catalog.format('m%s AS (%s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (ARRAY('
            'SELECT pg_catalog.unnest(m.missing) FROM pg_temp.dumpsert_stages AS m WHERE m.n OPERATOR(pg_catalog.=) %1$s))%3$s)',
            _s.n, _s.insert_sql, _after));
        END IF;
      END IF;
    END IF;
    UPDATE pg_temp.dumpsert_stages AS w SET rows = _rows, inserted = _new OPERATOR(pg_catalog.+) _missing, updated = _changed, refused = _refused
     WHERE w.n OPERATOR(pg_catalog.=) _s.n;
  END LOOP;
  IF _parts IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN pg_catalog.format('WITH %s SELECT', pg_catalog.array_to_string(_parts, ', '));
END
$dumpsert$;

-- Writes a batch. NULL stands for what comes after the last one: the check of deferred constraints.
CREATE PROCEDURE pg_temp.dumpsert_write(_batch integer) LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _statement pg_catalog.text;
  _state pg_catalog.text; _message pg_catalog.text; _detail pg_catalog.text; _hint pg_catalog.text; _context pg_catalog.text;
  _schema pg_catalog.text; _table pg_catalog.text; _column pg_catalog.text; _constraint pg_catalog.text;
BEGIN
  IF _batch IS NULL THEN
    CALL pg_temp.dumpsert_settle();
    RETURN;
  END IF;
  _statement := pg_temp.dumpsert_compare(_batch);
  IF _statement IS NULL THEN
    RETURN;
  END IF;
  BEGIN
    EXECUTE _statement;
  EXCEPTION WHEN unique_violation THEN
    CALL pg_temp.dumpsert_once(_batch);
    CALL pg_temp.dumpsert_exchange(_batch);
    EXECUTE _statement;
  END;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
    _context = PG_EXCEPTION_CONTEXT, _schema = SCHEMA_NAME, _table = TABLE_NAME, _column = COLUMN_NAME, _constraint = CONSTRAINT_NAME;
  IF pg_catalog.starts_with(_message, 'dumpsert: ') THEN
    RAISE;
  END IF;
  CALL pg_temp.dumpsert_raise(_batch, _state, _message, _detail, _hint, _context, _schema, _table, _column, _constraint);
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_apply() LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _batch integer;
BEGIN
  CALL pg_temp.dumpsert_plan();
  CALL pg_temp.dumpsert_run('touch');
  SET CONSTRAINTS ALL DEFERRED;  -- what may be deferred (also unique keys whose values change places) is checked at the end
  FOR _batch IN SELECT DISTINCT s.batch FROM pg_temp.dumpsert_stages AS s WHERE s.batch IS NOT NULL ORDER BY 1 LOOP
    CALL pg_temp.dumpsert_write(_batch);
  END LOOP;
  CALL pg_temp.dumpsert_write(NULL);
  INSERT INTO pg_temp.dumpsert_counts
  SELECT pg_catalog.format('%I.%I', s.schema, s.name), pg_catalog.sum(s.inserted), pg_catalog.sum(s.updated),
         pg_catalog.sum(s.rows OPERATOR(pg_catalog.-) s.inserted OPERATOR(pg_catalog.-) s.updated OPERATOR(pg_catalog.-) s.refused),
         pg_catalog.sum(s.refused)
    FROM pg_temp.dumpsert_stages AS s WHERE s.batch IS NOT NULL GROUP BY s.schema, s.name;
END
$dumpsert$;

-- Where the rows of the dump wait: one temporary table pg_temp.dumpsert_stage_<n> for each table and set of columns, and one
-- row here that says what they are and how they are to be written. Nothing of the target is locked while they arrive.
CREATE TEMPORARY TABLE pg_temp.dumpsert_stages (
  n integer PRIMARY KEY, schema pg_catalog.text, name pg_catalog.text, columns pg_catalog.text[],
  found pg_catalog.text[],       -- those that the table has
  relid pg_catalog.oid,          -- the table to write to; NULL: the target has none and its rows are dropped
  node pg_catalog.oid,           -- its topmost partition root, or itself
  target pg_catalog.text,        -- its qualified name, with ONLY where it has no partitions
  stage pg_catalog.oid,          -- the staging table, which has a name for people until the merge begins
  holds pg_catalog.jsonb,        -- by column, the modifier to which its values were found to need no rounding
  declared pg_catalog.text[],    -- the key that an option declares
  way pg_catalog.text,           -- key | match | insert | skip; match with a nullable key: by key where it is not null
  key_index pg_catalog.oid,       -- what says by what the key is compared
  key_columns pg_catalog.text[],
  same_key pg_catalog.text,      -- the condition that row p of the table and staged row s have the same key
  no_key pg_catalog.text,        -- the condition that a staged row s has no key
  set_columns pg_catalog.text[],
  rule pg_catalog.jsonb,         -- the update policy: update, newer, only, never; the guard column
  guard pg_catalog.text,         -- the guard column, if the target has it
  component integer,             -- stages of a component are written together, components in this order
  circle integer,                -- stages whose tables reference each other; those that they reference have lower numbers
  joined boolean,                -- whether all of a component goes into one statement
  reached boolean,               -- whether a referential action of the target may write to the table meanwhile
  differs_sql pg_catalog.text, diff_sql pg_catalog.text, guard_sql pg_catalog.text, twice_sql pg_catalog.text,
  update_sql pg_catalog.text, insert_sql pg_catalog.text, new_only pg_catalog.text, move_sql pg_catalog.text, row_sql pg_catalog.text,
  is_empty boolean,              -- whether the table was empty when it was locked
  rows bigint, inserted bigint, updated bigint, refused bigint,   -- as found when the table was locked, and written since
  new bigint, changed bigint,    -- what is still to be written
  extra boolean                  -- whether the table has rows that are to be pruned
) ON COMMIT DROP;
CREATE INDEX ON pg_temp.dumpsert_stages (component);

-- Whether rows that the dump does not have are deleted: then prune.sql is in the script.
CREATE FUNCTION pg_temp.dumpsert_prunes() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT o.options ? 'prune' FROM pg_temp.dumpsert_options AS o
$dumpsert$;

-- Whether rows are recognised by other columns than their key (match_on): then map.sql is in the script.
CREATE FUNCTION pg_temp.dumpsert_maps() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT o.options ? 'match' FROM pg_temp.dumpsert_options AS o
$dumpsert$;

-- Marks a step of the merge. It does nothing; a test may put its own in its place.
CREATE PROCEDURE pg_temp.dumpsert_step(_step pg_catalog.text) LANGUAGE plpgsql AS $dumpsert$
BEGIN
END
$dumpsert$;

-- Says how far the merge is, to whoever shows progress and has given a word by which its lines are known: a trigger of the target can say
-- anything as well. INFO is sent whatever client_min_messages is.
CREATE PROCEDURE pg_temp.dumpsert_tell(_text pg_catalog.text) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _word text := (SELECT o.options ->> 'progress' FROM pg_temp.dumpsert_options AS o);
BEGIN
  IF _word IS NOT NULL THEN
    RAISE INFO '% %', _word, pg_temp.dumpsert_shown(_text);
  END IF;
END
$dumpsert$;

-- The columns that a generated column is computed from. PostgreSQL 15 moved this dependency from the column to its default.
CREATE FUNCTION pg_temp.dumpsert_computed_from(_relid pg_catalog.oid, _attnum int2) RETURNS integer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN ARRAY(SELECT d.refobjsubid FROM pg_depend AS d
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = _relid AND d.refobjsubid NOT IN (0, _attnum)
      AND (d.classid = 'pg_class'::regclass AND d.objid = _relid AND d.objsubid = _attnum
        OR d.classid = 'pg_attrdef'::regclass AND d.objid IN (SELECT e.oid FROM pg_attrdef AS e WHERE e.adrelid = _relid AND e.adnum = _attnum)));
END
$dumpsert$;

-- The columns of a staging table: exactly the dumped ones, with the target's types, and generated columns that a key may need. Types to which
-- values are rounded have no modifier until dumpsert_round; what a generated column here is computed from keeps its type.
-- No table of the target is named in the statement, so that none is locked until the dump has arrived.
CREATE FUNCTION pg_temp.dumpsert_stage_columns(_relid pg_catalog.oid, _columns pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  WITH generated AS (
    SELECT g.attname, g.attnum, f.computed_from FROM pg_attribute AS g CROSS JOIN LATERAL pg_temp.dumpsert_computed_from(_relid, g.attnum) AS f(computed_from)
     WHERE g.attrelid = _relid AND g.attgenerated = 's' AND g.attname <> ALL (_columns)
       AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = _relid AND i.indisunique AND g.attnum = ANY (i.indkey))
       AND NOT EXISTS (SELECT FROM unnest(f.computed_from) AS u
                         JOIN pg_attribute AS b ON b.attrelid = _relid AND b.attnum = u WHERE b.attname <> ALL (_columns)))
  SELECT string_agg(format('%I %s%s%s', d.c,
           CASE WHEN a.attnum IS NULL THEN 'pg_catalog.text'
                WHEN r.base IS NULL OR d.generated OR EXISTS (SELECT FROM generated AS g WHERE a.attnum = ANY (g.computed_from))
                THEN format_type(a.atttypid, a.atttypmod) ELSE format_type(r.base, -1) END,
           CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
                THEN (SELECT format(' COLLATE %I.%I', n.nspname, l.collname) FROM pg_collation AS l
                        JOIN pg_namespace AS n ON n.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
           CASE WHEN d.generated THEN (SELECT format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(e.adbin, e.adrelid))
                                         FROM pg_attrdef AS e WHERE e.adrelid = _relid AND e.adnum = a.attnum) END), ', ' ORDER BY d.o)
    FROM (
      SELECT c, o, false FROM unnest(_columns) WITH ORDINALITY AS u(c, o)
      UNION ALL
      SELECT g.attname::text, cardinality(_columns) + g.attnum, true FROM generated AS g
    ) AS d(c, o, generated)
    LEFT JOIN (pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid CROSS JOIN LATERAL pg_temp.dumpsert_rounds(a.atttypid, a.atttypmod) AS r)
      ON a.attrelid = _relid AND a.attname = d.c AND a.attnum > 0 AND NOT a.attisdropped
$dumpsert$;

-- Every table, stage, index and TOAST table takes a lock until COMMIT. What would not fit is said here, before the rows come.
CREATE PROCEDURE pg_temp.dumpsert_count_locks(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  -- MaxBackends in postinit.c, NLOCKENTS in lock.c
  _places bigint := current_setting('max_locks_per_transaction')::bigint
    * (SELECT sum(s.setting::bigint) FROM pg_settings AS s WHERE s.name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes', 'max_wal_senders',
         CASE WHEN current_setting('server_version_num')::integer < 180000 THEN 'autovacuum_max_workers' ELSE 'autovacuum_worker_slots' END));
  _needed bigint;
BEGIN
  IF _n % 64 <> 0 OR _n * 4 < _places / 2 THEN
    RETURN;  -- far from it; to count is not for nothing
  END IF;
  -- A toast table is locked where it is made or has values.
  SELECT count(*) + coalesce(sum((SELECT count(*) FROM pg_class AS t WHERE t.oid = c.reltoastrelid AND (c.relpersistence = 't' OR t.relpages > 0)) * 2
           + (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid)), 0) INTO _needed
    FROM pg_class AS c WHERE c.oid IN (SELECT s.relid FROM pg_temp.dumpsert_stages AS s)
      OR c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r';
  IF _needed > _places THEN
    RAISE EXCEPTION USING ERRCODE = 'out_of_memory',
      MESSAGE = format('dumpsert: %s tables so far need about %s locks, and this server has places for %s; nothing was changed', _n, _needed, _places),
      HINT = format('max_locks_per_transaction is %s: set it to %s or more and restart the server, or restore some of the tables at a time.',
                    current_setting('max_locks_per_transaction'), ceil(current_setting('max_locks_per_transaction')::numeric * 2 * _needed / _places));
  END IF;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_make_stage(_n integer, _stage pg_catalog.name)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.%I (%s) ON COMMIT DROP', _stage,
                 (SELECT pg_temp.dumpsert_stage_columns(s.relid, s.columns) FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n));
  UPDATE pg_temp.dumpsert_stages AS s SET stage = c.oid FROM pg_class AS c WHERE s.n = _n AND c.relname = _stage AND c.relnamespace = pg_my_temp_schema();
END
$dumpsert$;

-- Checks a table against the dumped columns and makes its staging table. The errors of COPY show its name, and it is called by what it is for
-- as long as COPY writes to it; _shown is the name of the table where the dump does not tell its schema.
CREATE PROCEDURE pg_temp.dumpsert_stage(_n integer, _schema pg_catalog.text, _name pg_catalog.text, _columns pg_catalog.text[],
  _shown pg_catalog.text DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _target text := format('%I.%I', _schema, _name);
  _stage name;  -- cut where the server cuts names
  _relid oid;
  _unknown text[];
  _state text; _message text; _detail text; _hint text; _context text;
BEGIN
  _shown := coalesce(_shown, concat(_schema, '.', _name));
  _stage := concat('stage ', _n, CASE WHEN _shown COLLATE "C" ~ '^[ -~]*$' THEN ': ' || _shown END);
  IF (SELECT o.options ->> 'unknown_tables' FROM pg_temp.dumpsert_options AS o) = 'drop' AND to_regclass(_target) IS NULL THEN
    INSERT INTO pg_temp.dumpsert_notes (note) VALUES (format('%s does not exist here: its rows are left out', _target));
  ELSE
    _relid := pg_temp.dumpsert_check(_schema, _name);
    CALL pg_temp.dumpsert_must_own(ARRAY[_relid]);
    IF pg_temp.dumpsert_prunes() THEN
      CALL pg_temp.dumpsert_prune_may(_relid);
    END IF;
    _unknown := pg_temp.dumpsert_unknown(_relid, _columns, true);
    INSERT INTO pg_temp.dumpsert_notes (note)
    SELECT format('%s.%I %s: the dumped values are left out', _target, c.name, c.why) FROM (
      SELECT u, 'does not exist here' FROM unnest(_unknown) AS u
      UNION ALL
      SELECT a.attname, 'is generated here' FROM pg_attribute AS a
       WHERE a.attrelid = _relid AND a.attgenerated <> '' AND a.attname = ANY (_columns)) AS c(name, why);
  END IF;
  INSERT INTO pg_temp.dumpsert_stages (n, schema, name, columns, found, relid, declared)
  VALUES (_n, _schema, _name, _columns, ARRAY(SELECT c FROM unnest(_columns) AS c WHERE c <> ALL (coalesce(_unknown, '{}'))), _relid,
          pg_temp.dumpsert_said_columns('keys', _relid));
  CALL pg_temp.dumpsert_count_locks(_n);
  CALL pg_temp.dumpsert_govern(_n);
  CALL pg_temp.dumpsert_make_stage(_n, _stage);
  CALL pg_temp.dumpsert_declare(_n);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
    _context = PG_EXCEPTION_CONTEXT;
  IF (SELECT o.options ? 'check' FROM pg_temp.dumpsert_options AS o) THEN
    -- Its rows go where nothing is asked of them, and other tables are checked.
    PERFORM pg_temp.dumpsert_find('error', _target, _state, _message, _hint);
    INSERT INTO pg_temp.dumpsert_stages (n, schema, name, columns, found) VALUES (_n, _schema, _name, _columns, '{}');
    CALL pg_temp.dumpsert_make_stage(_n, _stage);
    RETURN;
  END IF;
  CALL pg_temp.dumpsert_raise_shown(_state, _message, _detail, _hint, _context);
END
$dumpsert$;

-- All rows have come: from now on the stages have the names by which the merge knows them.
CREATE PROCEDURE pg_temp.dumpsert_name_stages()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  FOR _s IN SELECT s.n, c.relname FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.stage LOOP
    EXECUTE format('ALTER TABLE pg_temp.%I RENAME TO dumpsert_stage_%s', _s.relname, _s.n);
  END LOOP;
END
$dumpsert$;

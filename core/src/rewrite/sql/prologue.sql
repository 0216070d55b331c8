-- Everything below lives in pg_temp and is gone after COMMIT or ROLLBACK. Routines that read the catalog have a fixed
-- search_path; those that write to tables keep the session's own, which triggers and CHECK functions of the target may need.
DO $dumpsert$
DECLARE
  _fault pg_catalog.text;
BEGIN
  _fault := CASE
    WHEN pg_catalog.current_setting('server_version_num')::integer OPERATOR(pg_catalog.<) 120000
      THEN 'needs PostgreSQL 12 or later'
    WHEN pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.<>) 'on'
      THEN 'needs standard_conforming_strings = on'
    WHEN pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica'
      THEN 'refuses session_replication_role = replica: foreign keys would not be checked'
  END;
  IF _fault IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = pg_catalog.concat('dumpsert ', _fault, '; nothing was changed');
  ELSIF pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'dumpsert needs a transaction that may write: this one is read-only, or the server is a standby; nothing was changed',
      HINT = 'Begin with BEGIN READ WRITE, where default_transaction_read_only is on.';
  ELSIF NOT pg_catalog.has_database_privilege(pg_catalog.current_database()::pg_catalog.text, 'TEMPORARY') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = 'dumpsert needs the privilege TEMPORARY on this database; nothing was changed',
      HINT = pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO %I;', pg_catalog.current_database(), current_user);
  END IF;
END
$dumpsert$;

-- Event triggers of the target see the temporary tables and routines of the script, and may refuse them, or fail on them.
DO $dumpsert$
DECLARE
  _triggers pg_catalog.text := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(e.evtname), ', ' ORDER BY e.evtname) FROM pg_catalog.pg_event_trigger AS e
    WHERE e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]));
BEGIN
  IF _triggers IS NOT NULL THEN
    CREATE TEMPORARY TABLE pg_temp.dumpsert_probe (step integer) ON COMMIT DROP;
    ALTER TABLE pg_temp.dumpsert_probe RENAME TO dumpsert_probed;
    DROP TABLE pg_temp.dumpsert_probed;
    CREATE FUNCTION pg_temp.dumpsert_probe() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    DROP ROUTINE pg_temp.dumpsert_probe();
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE EXCEPTION USING ERRCODE = SQLSTATE,
    MESSAGE = pg_catalog.regexp_replace(pg_catalog.concat('dumpsert: an event trigger of this database stands in the way of temporary tables and routines (', _triggers,
      '): ', SQLERRM, '; nothing was changed'), '[^ -~]', '?', 'g'),
    HINT = 'Let its function pass what is in the schema pg_temp, or switch it off meanwhile: ALTER EVENT TRIGGER name DISABLE.';
END
$dumpsert$;

-- The seal: a deferred foreign key that only the last statement of the script satisfies, so that no earlier COMMIT succeeds.
CREATE TEMPORARY TABLE pg_temp.dumpsert_done (step integer PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_seal (step integer
  CONSTRAINT "dumpsert: the script did not end, nothing was changed"
  REFERENCES pg_temp.dumpsert_done DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP;
INSERT INTO pg_temp.dumpsert_seal VALUES (1);

CREATE TEMPORARY TABLE pg_temp.dumpsert_options (options pg_catalog.jsonb) ON COMMIT DROP;
-- The session's own path: what the triggers, CHECK functions and casts of the target are written for.
CREATE TEMPORARY TABLE pg_temp.dumpsert_session (search_path pg_catalog.text) ON COMMIT DROP;
INSERT INTO pg_temp.dumpsert_session VALUES (pg_catalog.current_setting('search_path'));
CREATE TEMPORARY TABLE pg_temp.dumpsert_touched (relid pg_catalog.oid PRIMARY KEY, root pg_catalog.oid) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_switched (n integer GENERATED ALWAYS AS IDENTITY,
  relid pg_catalog.oid, kind pg_catalog.text, name pg_catalog.text, state pg_catalog."char") ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_sequences (n integer GENERATED ALWAYS AS IDENTITY,
  schema pg_catalog.text, name pg_catalog.text, value bigint, is_called boolean, outcome pg_catalog.text) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_notes (n integer GENERATED ALWAYS AS IDENTITY, note pg_catalog.text) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_counts (target pg_catalog.text,
  inserted bigint, updated bigint, unchanged bigint, refused bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_mapping (tables pg_catalog.jsonb) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_refused (n integer GENERATED ALWAYS AS IDENTITY, target pg_catalog.text,
  key pg_catalog.text, here pg_catalog.text, dumped pg_catalog.text) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.dumpsert_todo (n integer GENERATED ALWAYS AS IDENTITY,
  phase pg_catalog.text, statement pg_catalog.text) ON COMMIT DROP;

-- Runs the statements that a catalog routine has left for a phase.
CREATE PROCEDURE pg_temp.dumpsert_run(_phase pg_catalog.text) LANGUAGE plpgsql AS $dumpsert$
DECLARE
  _statement pg_catalog.text;
BEGIN
  FOR _statement IN SELECT t.statement FROM pg_temp.dumpsert_todo AS t
                     WHERE t.phase OPERATOR(pg_catalog.=) _phase ORDER BY t.n LOOP
    EXECUTE _statement;
  END LOOP;
  DELETE FROM pg_temp.dumpsert_todo AS t WHERE t.phase OPERATOR(pg_catalog.=) _phase;
END
$dumpsert$;

-- Runs one statement that writes to the target, under the session's own path; returns how many rows it wrote. All other
-- routines have a fixed path, so that no name in them is looked up in a schema of the target.
CREATE FUNCTION pg_temp.dumpsert_execute(_statement pg_catalog.text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _rows bigint;
BEGIN
  PERFORM set_config('search_path', s.search_path, true) FROM pg_temp.dumpsert_session AS s;
  EXECUTE _statement;
  GET DIAGNOSTICS _rows = ROW_COUNT;
  RETURN _rows;  -- which ends this path as well
END
$dumpsert$;

-- Checks what is deferred. That would fire the seal as well: it is satisfied, and armed anew within the same statement.
CREATE PROCEDURE pg_temp.dumpsert_settle()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_done VALUES (1);
  PERFORM set_config('search_path', s.search_path, true) FROM pg_temp.dumpsert_session AS s;
  SET CONSTRAINTS ALL IMMEDIATE;
  SET CONSTRAINTS pg_temp."dumpsert: the script did not end, nothing was changed" DEFERRED;
  INSERT INTO pg_temp.dumpsert_seal VALUES (2);
END
$dumpsert$;

-- The most similar of some names by their pairs of letters, if one is similar; capitals and quotes do not count.
CREATE FUNCTION pg_temp.dumpsert_nearest(_wanted pg_catalog.text, _names pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('Did you mean %s?', n.name) FROM (
    SELECT m.name, lower(replace(_wanted, '"', '')) AS a, lower(replace(m.name, '"', '')) AS b FROM unnest(_names) AS m(name)) AS n
   CROSS JOIN LATERAL (SELECT count(*)::float8 * 2 / (length(n.a) + length(n.b) + 2) AS likeness FROM (
     SELECT substr(' ' || n.a || ' ', i, 2) FROM generate_series(1, length(n.a) + 1) AS i INTERSECT ALL
     SELECT substr(' ' || n.b || ' ', i, 2) FROM generate_series(1, length(n.b) + 1) AS i) AS pairs) AS l
   WHERE l.likeness > 0.5 ORDER BY l.likeness DESC, n.name LIMIT 1
$dumpsert$;

-- Update policies and guards must be of tables and columns that are here: a name that is not is a wrong one.
CREATE PROCEDURE pg_temp.dumpsert_check_rules()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _options jsonb := (SELECT options FROM pg_temp.dumpsert_options);
  _else CONSTANT text := 'Names with capitals must be quoted in options.';
  _bad record;
  _near text;
BEGIN
  FOR _bad IN
    SELECT r ->> 'schema' AS schema, r ->> 'name' AS name, c.oid AS relid, k.col
      FROM jsonb_array_elements(_options -> 'rules') AS r
      LEFT JOIN (pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace) ON n.nspname = r ->> 'schema' AND c.relname = r ->> 'name'
      LEFT JOIN LATERAL (
        SELECT r ->> 'guard' UNION SELECT r ->> 'newer' WHERE r ? 'name' UNION
        SELECT jsonb_array_elements_text(coalesce(r -> 'only', '[]') || coalesce(r -> 'never', '[]'))) AS k(col) ON k.col IS NOT NULL
     WHERE r ? 'name' AND c.oid IS NULL OR k.col IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_attribute AS a JOIN pg_class AS t ON t.oid = a.attrelid
        WHERE a.attname = k.col AND a.attnum > 0 AND NOT a.attisdropped AND t.relkind IN ('r', 'p', 'v', 'f')
          AND CASE WHEN r ? 'name' THEN a.attrelid = c.oid ELSE t.relnamespace::regnamespace::text !~ '^pg_' END)
  LOOP
    IF _bad.name IS NULL OR _bad.relid IS NOT NULL THEN
      SELECT pg_temp.dumpsert_nearest(_bad.col, array_agg(DISTINCT quote_ident(a.attname))) INTO _near
        FROM pg_attribute AS a JOIN pg_class AS t ON t.oid = a.attrelid
       WHERE a.attnum > 0 AND NOT a.attisdropped AND t.relkind IN ('r', 'p', 'v', 'f')
         AND (a.attrelid = _bad.relid OR _bad.name IS NULL AND t.relnamespace::regnamespace::text !~ '^pg_');
      RAISE EXCEPTION USING ERRCODE = 'undefined_column', HINT = pg_temp.dumpsert_shown(coalesce(_near, _else)),
        MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: a policy or guard has a column %I, which %s here; nothing was changed', _bad.col,
                         coalesce(_bad.relid::regclass::text || ' has not', 'no table has')));
    ELSIF _options ->> 'unknown_tables' = 'drop' THEN
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('a policy or guard is given for %I.%I, which does not exist here', _bad.schema, _bad.name));
    ELSE
      SELECT pg_temp.dumpsert_nearest(_bad.schema || '.' || _bad.name, array_agg(format('%I.%I', n.nspname, c.relname))) INTO _near
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_';
      RAISE EXCEPTION USING ERRCODE = 'undefined_table', HINT = pg_temp.dumpsert_shown(coalesce(_near, _else)),
        MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: a policy or guard is given for %I.%I, which does not exist here; nothing was changed', _bad.schema, _bad.name));
    END IF;
  END LOOP;
END
$dumpsert$;

-- A row of the target would be taken over by one with another value in the guard column: an error, or left out and counted.
CREATE FUNCTION pg_temp.dumpsert_refuse(_target pg_catalog.text, _key_columns pg_catalog.text, _key pg_catalog.text,
  _guard pg_catalog.text, _here pg_catalog.text, _dumped pg_catalog.text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF (SELECT o.options ->> 'on_guard' FROM pg_temp.dumpsert_options AS o) = 'skip' THEN
    INSERT INTO pg_temp.dumpsert_refused (target, key, here, dumped)
    VALUES (_target, format('(%s) = %s', _key_columns, left(_key, 200)), format('(%s) = %s', _guard, left(_here, 200)), left(_dumped, 200));
    RETURN false;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: the row (%s) = %s of %s has (%s) = %s here and %s in the dump: it is not taken over; nothing was changed',
                     _key_columns, left(_key, 200), _target, _guard, left(_here, 200), left(_dumped, 200))),
    HINT = 'Leave the row out of the dump, or choose on_guard = skip.';
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_begin(_options pg_catalog.jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _bad record;
BEGIN
  SELECT o.key, o.value INTO _bad
    FROM jsonb_each(_options) AS o
    LEFT JOIN (VALUES ('triggers', '["off", "fire"]'::jsonb), ('constraint_triggers', '["off", "fire"]'), ('no_key', '["error", "insert", "skip", "match"]'), ('rounding', '["error", "accept"]'),
                      ('unknown_columns', '["error", "drop"]'), ('unknown_tables', '["error", "drop"]'),
                      ('on_guard', '["error", "skip"]'), ('sequences', '["forward", "dump", "keep"]'), ('order', '["any"]'))
           AS known(key, choices) ON known.key = o.key
   WHERE NOT CASE WHEN o.key IN ('allow_extension_tables', 'allow_relations', 'rules', 'keys', 'match', 'links') THEN jsonb_typeof(o.value) = 'array'
                  WHEN o.key IN ('selected', 'differences', 'prune', 'mapping') THEN jsonb_typeof(o.value) = 'object'
                  WHEN o.key IN ('check', 'strict') THEN o.value = 'true'
                  WHEN o.key = 'progress' THEN jsonb_typeof(o.value) = 'string'
                  ELSE jsonb_typeof(o.value) = 'string' AND coalesce(known.choices @> o.value, false) END;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('dumpsert: option %s = %s is not known', _bad.key, _bad.value);
  END IF;
  INSERT INTO pg_temp.dumpsert_options VALUES ('{"triggers": "off", "constraint_triggers": "fire", "no_key": "error", "unknown_columns": "error"}'::jsonb
    || '{"unknown_tables": "error", "allow_extension_tables": [], "allow_relations": [], "on_guard": "error", "rules": [], "keys": [], "sequences": "forward"}' || _options);
  -- A savepoint around each statement would let the script go on after an error: the rows' xmin tells.
  IF (SELECT g.xmin::text FROM pg_temp.dumpsert_seal AS g) <> (SELECT o.xmin::text FROM pg_temp.dumpsert_options AS o) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'dumpsert: the client sets a savepoint around each statement, errors would not undo everything',
      HINT = 'Switch this off (psql: ON_ERROR_ROLLBACK, JDBC: autosave).';
  END IF;
  CALL pg_temp.dumpsert_check_rules();
END
$dumpsert$;

-- Checks a table before its first row. Nothing is locked.
CREATE FUNCTION pg_temp.dumpsert_check(_schema pg_catalog.text, _name pg_catalog.text) RETURNS pg_catalog.oid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _target text := format('%I.%I', _schema, _name);
  _options jsonb := (SELECT options FROM pg_temp.dumpsert_options);
  _nspid oid;
  _relid oid;
  _kind "char";
  _family oid[];   -- the table, what it is a partition of, and its partitions
  _fault record;
BEGIN
  SELECT n.oid, c.oid, c.relkind INTO _nspid, _relid, _kind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname = _schema AND c.relname = _name;
  _family := ARRAY(SELECT _relid UNION SELECT a.relid FROM pg_partition_ancestors(_relid) AS a UNION SELECT p.relid FROM pg_partition_tree(_relid) AS p);
  SELECT f.* INTO _fault FROM (VALUES
    (_schema ~ '^pg_' OR _schema = 'information_schema', '42501', 'is a system table', NULL),
    (_relid IS NULL, '42P01', 'does not exist here', 'Create it first (the script brings rows, not tables), or choose unknown_tables = drop. '
      'If it is a partition in the source and none here, dump with pg_dump --load-via-partition-root: its rows then come as those of its table.'),
    (_kind NOT IN ('r', 'p') AND NOT (_kind IN ('v', 'f') AND EXISTS (SELECT FROM jsonb_array_elements_text(_options -> 'allow_relations') AS t(name)
                       WHERE to_regclass(t.name) = _relid)), '42809', 'is no table but a ' || CASE _kind WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' ELSE 'different object' END,
      CASE WHEN _kind IN ('v', 'f') THEN 'List it in allow_relations if rows of it shall be written.' END),
    (_kind = 'p' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = ANY (_family) AND c.relkind = 'f'
      AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(_options -> 'allow_relations') AS t(name) WHERE to_regclass(t.name) = c.oid)),
      '42809', 'has a partition that is a foreign table', 'List the partition in allow_relations if rows of it shall be written.'),
    -- The list of names is looked up one by one by pg_depend's index: with a join, each table would read all of it.
    (EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = ANY (_family) AND d.deptype = 'e')
      AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(_options -> 'allow_extension_tables') AS t(name)
                       WHERE to_regclass(t.name) = _relid),
      '42501', 'belongs to an extension', 'List it in allow_extension_tables if rows of it shall be written.'),
    (NOT has_schema_privilege(_nspid, 'USAGE'), '42501', 'is in a schema without USAGE privilege', NULL),
    (NOT (has_table_privilege(_relid, 'SELECT') AND has_table_privilege(_relid, 'INSERT') AND has_table_privilege(_relid, 'UPDATE')),
      '42501', 'needs the privileges SELECT, INSERT and UPDATE',
      format('GRANT SELECT, INSERT, UPDATE ON %s TO %I;', _target, current_user)),
    (row_security_active(_relid), '42501', 'has row-level security that applies to ' || current_user,
      'Run the script as a role with BYPASSRLS, or as the owner where it is not forced.')
  ) AS f(is_so, code, text, hint) WHERE f.is_so LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = _fault.code, MESSAGE = format('dumpsert: %s %s; nothing was changed', _target, _fault.text),
      HINT = coalesce(_fault.hint, 'Leave it out of the dump.');
  END IF;
  INSERT INTO pg_temp.dumpsert_touched VALUES (_relid, coalesce(pg_partition_root(_relid), _relid)) ON CONFLICT DO NOTHING;
  RETURN _relid;
END
$dumpsert$;

-- What would fire on an upsert of these tables but not on a fresh restore: their plain triggers, and, since COPY fires no
-- rules, their rules on INSERT and UPDATE. Constraint triggers are the target's rules and stay on, unless options say that they do work;
-- those that PostgreSQL makes for foreign keys and deferrable unique keys always do.
CREATE FUNCTION pg_temp.dumpsert_firing(_relids pg_catalog.oid[])
RETURNS TABLE (relid pg_catalog.oid, kind pg_catalog.text, name pg_catalog.text, state pg_catalog."char", is_ours boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _off boolean := (SELECT options ->> 'triggers' = 'off' FROM pg_temp.dumpsert_options);
  _constraints_off boolean := (SELECT options ->> 'constraint_triggers' = 'off' FROM pg_temp.dumpsert_options);
  _tables oid[] := ARRAY(SELECT c.oid FROM pg_class AS c WHERE c.oid = ANY (_relids) AND c.relkind <> 'v');
BEGIN
  RETURN QUERY
    SELECT f.relid, f.kind, f.name::text, f.state, pg_has_role(c.relowner, 'USAGE') FROM (
      SELECT t.tgrelid, CASE WHEN t.tgconstraint = 0 THEN 'TRIGGER' ELSE 'CONSTRAINT TRIGGER' END, t.tgname, t.tgenabled FROM pg_trigger AS t
       WHERE t.tgrelid = ANY (_tables || ARRAY(SELECT p.relid::oid FROM unnest(_tables) AS u CROSS JOIN LATERAL pg_partition_tree(u) AS p))
         AND CASE WHEN t.tgconstraint = 0 THEN _off
                  ELSE _constraints_off AND EXISTS (SELECT FROM pg_constraint AS c WHERE c.oid = t.tgconstraint AND c.contype = 't') END
      UNION ALL
      SELECT r.ev_class, 'RULE', r.rulename, r.ev_enabled FROM pg_rewrite AS r
       WHERE r.ev_class = ANY (_tables) AND r.ev_type IN ('2', '3')) AS f(relid, kind, name, state)
      JOIN pg_class AS c ON c.oid = f.relid WHERE f.state <> 'D' ORDER BY f.relid, f.kind, f.name;
END
$dumpsert$;

-- Without ownership they cannot be switched off: an error, before anything is written.
CREATE PROCEDURE pg_temp.dumpsert_must_own(_relids pg_catalog.oid[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _fault record;
BEGIN
  SELECT f.relid::regclass AS relation, f.kind, f.name INTO _fault FROM pg_temp.dumpsert_firing(_relids) AS f WHERE NOT f.is_ours LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('dumpsert: %s must be owner of %s to switch off %s %I; nothing was changed',
                       current_user, _fault.relation, lower(_fault.kind), _fault.name),
      HINT = CASE _fault.kind WHEN 'TRIGGER' THEN 'Run the script as the owner, or choose triggers = fire.'
             WHEN 'CONSTRAINT TRIGGER' THEN 'Run the script as the owner, or choose constraint_triggers = fire.'
             ELSE 'Run the script as the owner.' END;
  END IF;
END
$dumpsert$;

-- Plans to switch them off, relation by relation, and notes how they were.
CREATE PROCEDURE pg_temp.dumpsert_switch_off(_relids pg_catalog.oid[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  WITH found AS (
    INSERT INTO pg_temp.dumpsert_switched (relid, kind, name, state)
    SELECT f.relid, f.kind, f.name, f.state FROM pg_temp.dumpsert_firing(_relids) AS f
     WHERE f.is_ours AND NOT EXISTS (
       SELECT FROM pg_temp.dumpsert_switched AS b WHERE (b.relid, b.kind, b.name) = (f.relid, f.kind, f.name))
    RETURNING *)
  INSERT INTO pg_temp.dumpsert_todo (phase, statement)
  SELECT 'off', format('ALTER TABLE ONLY %s DISABLE %s %I', f.relid::regclass, replace(f.kind, 'CONSTRAINT ', ''), f.name) FROM found AS f ORDER BY f.n;
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s %I of %s stays on, for want of ownership, and fires if an ON UPDATE action reaches its table', lower(f.kind), f.name, f.relid::regclass)
    FROM pg_temp.dumpsert_firing(_relids) AS f WHERE NOT f.is_ours;
END
$dumpsert$;

-- Compares the dumped columns with those of the table before its first row; returns those that it has not, where the
-- style can leave them out.
CREATE FUNCTION pg_temp.dumpsert_unknown(_relid pg_catalog.oid, _columns pg_catalog.text[], _style_drops boolean) RETURNS pg_catalog.text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _options jsonb := (SELECT options FROM pg_temp.dumpsert_options);
  _target text := (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = _relid);
  _unknown text[];
  _missing text;
  _spare text;
BEGIN
  SELECT array_agg(c ORDER BY o) INTO _unknown FROM unnest(_columns) WITH ORDINALITY AS d(c, o)
   WHERE NOT EXISTS (SELECT FROM pg_attribute AS a
                      WHERE a.attrelid = _relid AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped);
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO _spare FROM pg_attribute AS a
   WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (_columns);
  -- ON CONFLICT is looked for only behind NOT NULL, so that rows that are here already need the columns as well.
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO _missing
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
   WHERE a.attrelid = _relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (_columns)
     AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL
     AND (a.attnotnull OR EXISTS (
       WITH RECURSIVE base AS (SELECT t.typnotnull, t.typbasetype
         UNION ALL SELECT d.typnotnull, d.typbasetype FROM base JOIN pg_type AS d ON d.oid = base.typbasetype)
       SELECT FROM base WHERE base.typnotnull))
     -- A trigger that fires may give the value.
     AND NOT (_options ->> 'triggers' = 'fire' AND EXISTS (
       SELECT FROM pg_trigger AS g WHERE g.tgtype::integer & 7 = 7 AND g.tgenabled IN ('O', 'A')
          AND g.tgrelid IN (SELECT _relid UNION SELECT p.relid FROM pg_partition_tree(_relid) AS p)));
  IF _unknown IS NOT NULL AND (_options ->> 'unknown_columns' = 'error' OR NOT _style_drops) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      MESSAGE = format('dumpsert: %s has no column %s; nothing was changed', _target,
                       (SELECT string_agg(quote_ident(c), ', ') FROM unnest(_unknown) AS c)),
      HINT = coalesce(format('Columns that only the target has: %s. ', _spare), '') || 'Add the column to the target, or choose unknown_columns = drop'
        || CASE WHEN _style_drops THEN '.' ELSE ' and give the catalog of the target.' END;
  ELSIF _missing IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'not_null_violation',
      MESSAGE = format('dumpsert: %s requires %s (NOT NULL, no default), which the dump does not bring; nothing was changed', _target, _missing),
      HINT = 'Give the column a default on the target.';
  END IF;
  RETURN _unknown;
END
$dumpsert$;

-- Row by row, a referential action would change rows that are written already: of the table itself, or of one that came before. Where
-- the table has rows whose referenced values may change, only style staged compares again what the action did. A primary key changes only
-- where it is set to another spelling of the same value, which empties what references it if the action is not CASCADE.
CREATE PROCEDURE pg_temp.dumpsert_check_actions(_relid pg_catalog.oid, _columns pg_catalog.text[], _set pg_catalog.text[] DEFAULT '{}')
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _fault record;
  _has_rows boolean;
BEGIN
  SELECT c.conrelid::regclass AS child, CASE c.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END AS action,
         (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute AS a WHERE a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey)) AS columns
    INTO _fault FROM pg_constraint AS c
   WHERE c.contype = 'f' AND c.confrelid = ANY (ARRAY(SELECT _relid UNION SELECT a.relid FROM pg_partition_ancestors(_relid) AS a)) AND c.confupdtype IN ('c', 'n', 'd')
     AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
     AND coalesce(pg_partition_root(c.conrelid), c.conrelid) IN (SELECT t.root FROM pg_temp.dumpsert_touched AS t)  -- this table is one of them
     AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey)
                    AND (a.attname = ANY (_columns) AND NOT EXISTS (
                           SELECT FROM pg_index AS i WHERE i.indrelid = c.confrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
                         OR a.attname = ANY (_set) AND c.confupdtype <> 'c'))
     AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_options AS o CROSS JOIN LATERAL jsonb_array_elements(o.options -> 'rules') AS r
                      WHERE NOT r ? 'name' AND r ->> 'update' = 'nothing')
   LIMIT 1;
  IF FOUND THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', _relid::regclass) INTO _has_rows;
    IF _has_rows THEN
      RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', HINT = 'Use style staged, which needs no order of rows.',
        MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: rows of %s that are written before those of %s would be changed by ON UPDATE %s of the foreign key on (%s); nothing was changed',
                         _fault.child, _relid::regclass, _fault.action, _fault.columns));
    END IF;
  END IF;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_table(_schema pg_catalog.text, _name pg_catalog.text, _columns pg_catalog.text[]) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid; _reached oid[];
  _state text; _message text; _detail text; _hint text; _context text;
BEGIN
  _relid := pg_temp.dumpsert_check(_schema, _name);
  PERFORM pg_temp.dumpsert_unknown(_relid, _columns, false);
  CALL pg_temp.dumpsert_check_actions(_relid, _columns);
  CALL pg_temp.dumpsert_must_own(ARRAY[_relid]);
  -- This lock is the strongest: it comes first, since one that was taken already could stand in its way.
  CALL pg_temp.dumpsert_wait(_relid);
  -- Also of the tables that ON UPDATE actions may reach from here: their triggers do not fire either.
  _reached := ARRAY(
    WITH RECURSIVE fk AS (
      SELECT c.conrelid, c.confrelid FROM pg_constraint AS c WHERE c.contype = 'f'
         AND c.confupdtype = ANY ('{c,n,d}'::"char"[])
         AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.confrelid AND i.indisprimary
                            AND i.indkey::int2[] @> c.confkey)
    ), reach AS (
      SELECT _relid AS relid UNION SELECT f.conrelid FROM reach AS r JOIN fk AS f ON f.confrelid = r.relid)
    SELECT r.relid FROM reach AS r);
  CALL pg_temp.dumpsert_switch_off(_reached);
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('triggers that run before each row of %s fire: rows that they suppress are not noticed in this style', _relid::regclass)
   WHERE (SELECT o.options ->> 'triggers' = 'fire' FROM pg_temp.dumpsert_options AS o)
     AND EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgtype::integer & 3 = 3 AND t.tgtype::integer & 20 > 0 AND t.tgenabled IN ('O', 'A')
                    AND (t.tgrelid = _relid OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree(_relid) AS p)));
  CALL pg_temp.dumpsert_run('off');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
    _context = PG_EXCEPTION_CONTEXT;
  CALL pg_temp.dumpsert_raise_shown(_state, _message, _detail, _hint, _context);
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_sequence(_schema pg_catalog.text, _name pg_catalog.text, _value bigint, _is_called boolean)
LANGUAGE plpgsql AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_sequences (schema, name, value, is_called) VALUES (_schema, _name, _value, _is_called);
END
$dumpsert$;

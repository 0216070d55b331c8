-- What a table is, only the target knows: of what it is a partition, which partitions it has, which columns. Options that say
-- what may be written hang on that, in every style.

-- Tables of the dump that exclude_tables has left out.
CREATE TEMPORARY TABLE pg_temp.dumpsert_left_out_names (schema pg_catalog.text, name pg_catalog.text) ON COMMIT DROP;

CREATE PROCEDURE pg_temp.dumpsert_left_out(_schemas pg_catalog.text[], _names pg_catalog.text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_left_out_names SELECT * FROM unnest(_schemas, _names);
END
$dumpsert$;

-- A relation and what it is a partition of, by name.
CREATE FUNCTION pg_temp.dumpsert_lineage(_relid pg_catalog.oid) RETURNS TABLE (relid pg_catalog.oid, schema pg_catalog.text, name pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT c.oid, n.nspname::text, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = _relid OR c.oid IN (SELECT a.relid FROM pg_partition_ancestors(_relid) AS a)
$dumpsert$;

-- Whether a relation is outside of what the options select, by whichever way a row would get there. It is inside if it, or
-- what it is a partition of here, is selected or was named by a dump of which that was permitted; to be left out, any of them suffices.
CREATE FUNCTION pg_temp.dumpsert_unselected(_relid pg_catalog.oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _selected jsonb := (SELECT o.options -> 'selected' FROM pg_temp.dumpsert_options AS o);
  _staged boolean := false;
BEGIN
  IF _selected IS NULL OR jsonb_typeof(_selected) <> 'object' THEN
    RETURN false;
  END IF;
  IF to_regclass('pg_temp.dumpsert_stages') IS NOT NULL THEN
    _staged := EXISTS (SELECT FROM pg_temp.dumpsert_lineage(_relid) AS l JOIN pg_temp.dumpsert_stages AS s USING (schema, name));
  END IF;
  RETURN NOT (jsonb_typeof(_selected -> 'schemas') = 'null'
              OR EXISTS (SELECT FROM pg_temp.dumpsert_lineage(_relid) AS l WHERE _selected -> 'schemas' ? l.schema))
      OR NOT (jsonb_typeof(_selected -> 'only') = 'null' OR _staged
              OR EXISTS (SELECT FROM pg_temp.dumpsert_lineage(_relid) AS l
                           JOIN jsonb_to_recordset(_selected -> 'only') AS o(schema text, name text) USING (schema, name)))
      OR pg_temp.dumpsert_excluded(_relid);
END
$dumpsert$;

-- Whether a relation, or what it is a partition of here, is to be left out.
CREATE FUNCTION pg_temp.dumpsert_excluded(_relid pg_catalog.oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT EXISTS (SELECT FROM pg_temp.dumpsert_lineage(_relid) AS l
    JOIN (SELECT e.schema, e.name FROM pg_temp.dumpsert_options AS o
           CROSS JOIN jsonb_to_recordset(coalesce(o.options -> 'selected' -> 'exclude', '[]')) AS e(schema text, name text)
           UNION ALL SELECT x.schema, x.name FROM pg_temp.dumpsert_left_out_names AS x) AS e USING (schema, name))
    OR EXISTS (SELECT FROM pg_temp.dumpsert_lineage(_relid) AS l, pg_temp.dumpsert_options AS o
    CROSS JOIN jsonb_to_recordset(coalesce(o.options -> 'selected' -> 'exclude_patterns', '[]')) AS e(schema text, name text)
         WHERE l.schema COLLATE "C" ~ e.schema AND l.name COLLATE "C" ~ e.name)
$dumpsert$;

-- Refuses to write to relations that are not selected.
CREATE PROCEDURE pg_temp.dumpsert_check_written(_relids pg_catalog.oid[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid;
BEGIN
  SELECT r INTO _relid FROM unnest(_relids) WITH ORDINALITY AS u(r, n) WHERE pg_temp.dumpsert_unselected(r) ORDER BY n LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('dumpsert: rows of the dump would be written to %s, which is not selected; nothing was changed',
                       pg_temp.dumpsert_shown(_relid::regclass::text)),
      HINT = 'Select the table that it is a partition of, or leave out the table whose rows these are.';
  END IF;
END
$dumpsert$;

-- Style staged: finds the partitions in which rows of a stage would end, also those that are written through a root. Bounds on a
-- column that the stage has not may take any row.
CREATE PROCEDURE pg_temp.dumpsert_check_routes()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _fits boolean;
BEGIN
  FOR _s IN
    SELECT s.n, p.relid, coalesce(pg_get_partition_constraintdef(p.relid), 'true') AS bounds
      FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_partition_tree(s.relid) AS p
     WHERE p.isleaf AND pg_temp.dumpsert_unselected(p.relid)
  LOOP
    BEGIN
      EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s WHERE %s)', _s.n, _s.bounds) INTO _fits;
    EXCEPTION WHEN undefined_column THEN _fits := true;
    END;
    IF _fits THEN
      CALL pg_temp.dumpsert_check_written(ARRAY[_s.relid]);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Checks a table of styles rows and batches before its first row. Policies and guards of what it is a partition of here must be
-- among those that its upserts were written with (_ruled_schemas, _ruled_names); a partition that is left out gets no rows through its root; and
-- rows without the column of their guard could take over those of anybody, where the target has it.
CREATE PROCEDURE pg_temp.dumpsert_check_table(_schema pg_catalog.text, _name pg_catalog.text, _ruled_schemas pg_catalog.text[],
  _ruled_names pg_catalog.text[], _unguarded pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _target text := format('%I.%I', _schema, _name);
  _options jsonb := (SELECT o.options FROM pg_temp.dumpsert_options AS o);
  _relid oid := (SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = _schema AND c.relname = _name);
  _other text;
BEGIN
  SELECT format('%I.%I', l.schema, l.name) INTO _other
    FROM pg_temp.dumpsert_lineage(_relid) AS l
    JOIN jsonb_to_recordset(coalesce(_options -> 'rules', '[]')) AS r(schema text, name text) USING (schema, name)
   WHERE (l.schema, l.name) NOT IN (SELECT * FROM unnest(_ruled_schemas, _ruled_names)) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('dumpsert: %s is a partition of %s here, for which a policy or guard is given; nothing was changed',
                       pg_temp.dumpsert_shown(_target), pg_temp.dumpsert_shown(_other)),
      HINT = 'Give the catalog of the target, which tells that before; or choose style staged, which asks the target.';
  END IF;
  SELECT p.relid::regclass::text INTO _other FROM pg_partition_tree(_relid) AS p WHERE pg_temp.dumpsert_excluded(p.relid) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('dumpsert: rows of %s may be routed into %s, which is left out; nothing was changed',
                       pg_temp.dumpsert_shown(_target), pg_temp.dumpsert_shown(_other)),
      HINT = 'Choose style staged, which knows where its rows go, or dump without --load-via-partition-root.';
  END IF;
  IF _options ->> 'on_guard' <> 'skip' AND EXISTS (
    SELECT FROM pg_attribute AS a WHERE a.attrelid = _relid AND a.attname = _unguarded AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      MESSAGE = format('dumpsert: %s is guarded by %s, which the dump does not bring; nothing was changed',
                       pg_temp.dumpsert_shown(_target), pg_temp.dumpsert_shown(quote_ident(_unguarded))),
      HINT = 'Leave the table out of the dump, or choose on_guard = skip: then only rows that are new are taken.';
  END IF;
END
$dumpsert$;

-- A row of the target would be taken over by one of which nobody knows the owner. True: the table has no such column, and no owners.
CREATE FUNCTION pg_temp.dumpsert_unowned(_target pg_catalog.text, _key_columns pg_catalog.text, _key pg_catalog.text, _guard pg_catalog.text)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass(_target) AND a.attname = (parse_ident(_guard))[1]
                    AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RETURN true;
  ELSIF (SELECT o.options ->> 'on_guard' FROM pg_temp.dumpsert_options AS o) = 'skip' THEN
    INSERT INTO pg_temp.dumpsert_refused (target, key, here, dumped)
    VALUES (_target, format('(%s) = %s', _key_columns, left(_key, 200)), format('(%s)', _guard), NULL);
    RETURN false;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = format('dumpsert: the row (%s) = %s of %s is guarded by %s, which the dump does not bring: it is not taken over; nothing was changed',
                     pg_temp.dumpsert_shown(_key_columns), pg_temp.dumpsert_shown(left(_key, 200)), pg_temp.dumpsert_shown(_target), pg_temp.dumpsert_shown(_guard)),
    HINT = 'Leave the row out of the dump, or choose on_guard = skip.';
END
$dumpsert$;

-- Names in SQL_ASCII were compared with options and a catalog as UTF-8. A server takes their bytes as they are.
CREATE PROCEDURE pg_temp.dumpsert_bytes_are_utf8()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF current_setting('server_encoding') NOT IN ('UTF8', 'SQL_ASCII') THEN
    RAISE EXCEPTION USING ERRCODE = 'untranslatable_character',
      MESSAGE = format('dumpsert: a name of the dump is in SQL_ASCII and not ASCII, and this database is in %s; nothing was changed',
                       current_setting('server_encoding')),
      HINT = 'Dump with pg_dump -E UTF8.';
  END IF;
END
$dumpsert$;


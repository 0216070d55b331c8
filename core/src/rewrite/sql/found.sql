-- Where a name without a schema is found: in the first schema of the path that has it, as PostgreSQL looks for it. The
-- converter has chosen by name what may be written to: a schema that it has not chosen is refused. _else is where the name
-- is taken to be if no schema has it.
CREATE FUNCTION pg_temp.dumpsert_found(_path pg_catalog.text[], _allowed pg_catalog.text[], _else pg_catalog.text, _name pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _schema text;
BEGIN
  SELECT n.nspname INTO _schema
    FROM unnest(_path) WITH ORDINALITY AS p(schema, ord)
    JOIN pg_namespace AS n ON n.nspname = CASE p.schema WHEN '$user' THEN current_user ELSE p.schema::name END
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = _name::name
   WHERE has_schema_privilege(n.oid, 'USAGE') ORDER BY p.ord LIMIT 1;
  IF _schema ~ '^pg_' OR _schema = 'information_schema' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: %I means %I.%1$I here, which belongs to PostgreSQL itself; nothing was changed', _name, _schema));
  ELSIF _schema <> ALL (_allowed) THEN
    RAISE EXCEPTION USING ERRCODE = 'ambiguous_alias',
      MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: %I means %I.%1$I here, and what is to be written was chosen as that of %s; nothing was changed',
                                              _name, _schema, array_to_string(_allowed, ', '))),
      HINT = pg_temp.dumpsert_shown(format('The dump names no schema but the search path %s. Dump with pg_dump 11 or later, which names the schema, or leave the table out.',
                                           array_to_string(_path, ', ')));
  ELSIF _schema <> _else THEN
    INSERT INTO pg_temp.dumpsert_notes (note)
    SELECT format('%I is %I.%1$I here', _name, _schema)
     WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_notes AS t WHERE t.note = format('%I is %I.%1$I here', _name, _schema));
  END IF;
  RETURN coalesce(_schema, _else);
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_stage_found(_n integer, _path pg_catalog.text[], _allowed pg_catalog.text[], _else pg_catalog.text,
  _name pg_catalog.text, _columns pg_catalog.text[])
LANGUAGE plpgsql AS $dumpsert$
BEGIN
  CALL pg_temp.dumpsert_stage(_n, pg_temp.dumpsert_found(_path, _allowed, _else, _name), _name, _columns, _name);
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_sequence_found(_path pg_catalog.text[], _allowed pg_catalog.text[], _else pg_catalog.text,
  _name pg_catalog.text, _value bigint, _is_called boolean)
LANGUAGE plpgsql AS $dumpsert$
BEGIN
  CALL pg_temp.dumpsert_sequence(pg_temp.dumpsert_found(_path, _allowed, _else, _name), _name, _value, _is_called);
END
$dumpsert$;

-- The sequence of a serial or identity column: pg_get_serial_sequence(). What is not there is reported as such.
CREATE PROCEDURE pg_temp.dumpsert_serial(_path pg_catalog.text[], _allowed pg_catalog.text[], _else pg_catalog.text,
  _table pg_catalog.text, _column pg_catalog.text, _value bigint, _is_called boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _target text := format('%I.%I', pg_temp.dumpsert_found(_path, _allowed, _else, _table), _table);
  _sequence oid;
BEGIN
  IF EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass(_target) AND a.attname = _column::name
                AND a.attnum > 0 AND NOT a.attisdropped) THEN
    _sequence := pg_get_serial_sequence(_target, _column)::regclass;
  END IF;
  INSERT INTO pg_temp.dumpsert_sequences (schema, name, value, is_called)
  SELECT coalesce(n.nspname, _target), coalesce(c.relname, _column), _value, _is_called
    FROM (VALUES (_sequence)) AS s(oid) LEFT JOIN (pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace) ON c.oid = s.oid;
END
$dumpsert$;

-- In styles rows and batches the columns are those that the converter has planned: what cannot be written here is named
-- before the first row.
CREATE PROCEDURE pg_temp.dumpsert_writable(_schema pg_catalog.text, _name pg_catalog.text, _columns pg_catalog.text[], _set pg_catalog.text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _fault record;
BEGIN
  SELECT a.attname, a.attgenerated <> '' AS is_generated INTO _fault FROM pg_attribute AS a
   WHERE a.attrelid = to_regclass(format('%I.%I', _schema, _name)) AND a.attnum > 0 AND NOT a.attisdropped
     AND (a.attgenerated <> '' AND a.attname = ANY (_columns) OR a.attidentity = 'a' AND a.attname = ANY (_set))
   ORDER BY a.attnum LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'generated_always',
      MESSAGE = pg_temp.dumpsert_shown(format('dumpsert: column %I of %I.%I is %s here; nothing was changed', _fault.attname, _schema, _name,
        CASE WHEN _fault.is_generated THEN 'generated, and the dump has values for it' ELSE 'GENERATED ALWAYS AS IDENTITY and no key, so that it cannot be updated' END)),
      HINT = CASE WHEN _fault.is_generated THEN 'Give the schema of the target (schema = FILE), by which its values are left out, or use style staged.'
        ELSE pg_temp.dumpsert_shown(format('Leave it as it is with update_never = %I.%I=%I, give the schema of the target (schema = FILE), or use style staged.', _schema, _name, _fault.attname)) END;
  END IF;
  CALL pg_temp.dumpsert_check_actions(to_regclass(format('%I.%I', _schema, _name)), '{}', _set);
END
$dumpsert$;

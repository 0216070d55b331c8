-- Keys that options declare (keys). A declared key goes before those of the target, also where the target has no index for it: rows
-- are then recognised by what such an index would compare by, the default operator class and the collation of each column.

-- What a list among the options says of a table, or of what it is a partition of; the nearest goes before.
CREATE FUNCTION pg_temp.dumpsert_said(_list pg_catalog.text, _relid pg_catalog.oid) RETURNS pg_catalog.jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (SELECT e.entry
    FROM (SELECT _relid, 0 UNION
          SELECT a.relid, a.level FROM pg_partition_ancestors(_relid) WITH ORDINALITY AS a(relid, level)) AS u(relid, level)
    JOIN pg_class AS c ON c.oid = u.relid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN (pg_temp.dumpsert_options AS o CROSS JOIN LATERAL jsonb_array_elements(o.options -> _list) AS e(entry))
      ON e.entry ->> 'schema' = n.nspname AND e.entry ->> 'name' = c.relname
   ORDER BY u.level LIMIT 1);
END
$dumpsert$;

-- The columns that it names for the table; NULL if it names none.
CREATE FUNCTION pg_temp.dumpsert_said_columns(_list pg_catalog.text, _relid pg_catalog.oid) RETURNS pg_catalog.text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (SELECT ARRAY(SELECT jsonb_array_elements_text(s.columns)) FROM (SELECT pg_temp.dumpsert_said(_list, _relid) -> 'columns') AS s(columns) WHERE jsonb_typeof(s.columns) = 'array');
END
$dumpsert$;

-- Makes an index on columns of an empty table that has them as this one has: PostgreSQL says there what they compare by.
CREATE PROCEDURE pg_temp.dumpsert_make_index(_name pg_catalog.text, _relid pg_catalog.oid, _columns pg_catalog.text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.%I (%s) ON COMMIT DROP', _name, pg_temp.dumpsert_stage_columns(_relid, _columns));
  EXECUTE format('CREATE INDEX %I ON pg_temp.%I (%s)', _name || '_by', _name, (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_columns) AS k));
END
$dumpsert$;

-- The index that says how columns compare: a unique one of exactly these, else the one that was made for them. One over some rows compares them as well.
CREATE FUNCTION pg_temp.dumpsert_index_on(_name pg_catalog.text, _relid pg_catalog.oid, _columns pg_catalog.text[], _partial boolean) RETURNS pg_catalog.oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN coalesce((
    SELECT i.indexrelid FROM pg_index AS i
     WHERE i.indrelid = _relid AND i.indisunique AND i.indisvalid AND (_partial OR i.indpred IS NULL) AND i.indexprs IS NULL AND NOT i.indisexclusion
       AND ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = _relid
                    AND a.attnum = ANY ((i.indkey::int2[])[0 : i.indnkeyatts - 1]) ORDER BY 1)
         = ARRAY(SELECT k FROM unnest(_columns) AS k ORDER BY 1)
     ORDER BY i.indpred IS NOT NULL, i.indimmediate DESC, i.indexrelid LIMIT 1), to_regclass(format('pg_temp.%I', _name || '_by'))::oid);
END
$dumpsert$;

-- Makes the index that the key would have.
CREATE PROCEDURE pg_temp.dumpsert_declare(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _names text := (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.declared) AS k);
  _bad text;
  _here text[];
BEGIN
  IF _s.declared IS NULL THEN
    RETURN;
  ELSIF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = _s.relid AND c.relkind = 'v') THEN
    RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', HINT = 'Declare no key for it: its rows are inserted, or matched as a whole (no_key).',
      MESSAGE = format('dumpsert: the key (%s) is declared for the view %s, whose rows are not updated; nothing was changed', _names, _s.relid::regclass);
  END IF;
  _here := ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = _s.relid AND a.attnum > 0 AND NOT a.attisdropped);
  SELECT k INTO _bad FROM unnest(_s.declared) AS k WHERE k <> ALL (_here) LIMIT 1;
  IF _bad IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      MESSAGE = format('dumpsert: the key (%s) is declared for %s, which has no column %I here; nothing was changed', _names, _s.relid::regclass, _bad),
      HINT = coalesce(pg_temp.dumpsert_nearest(_bad, _here), 'Names with capitals must be quoted in options.');
  END IF;
  SELECT k INTO _bad FROM unnest(_s.declared) AS k WHERE NOT EXISTS (
    SELECT FROM pg_attribute AS a WHERE a.attrelid = _s.stage AND a.attname = k AND a.attnum > 0) LIMIT 1;
  IF _bad IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      MESSAGE = format('dumpsert: the key (%s) is declared for %s, and the dump does not bring %I; nothing was changed', _names, _s.relid::regclass, _bad),
      HINT = 'Declare a key by columns that the dump brings.';
  END IF;
  CALL pg_temp.dumpsert_make_index('dumpsert_key_' || _n, _s.relid, _s.declared);
EXCEPTION WHEN undefined_object THEN
  RAISE EXCEPTION USING ERRCODE = 'undefined_function', DETAIL = SQLERRM, HINT = 'Declare a key by other columns.',
    MESSAGE = format('dumpsert: the key (%s) is declared for %s, and a column of it cannot be compared; nothing was changed', _names, _s.relid::regclass);
END
$dumpsert$;

-- The index that says how a declared key compares.
CREATE FUNCTION pg_temp.dumpsert_declared_index(_n integer) RETURNS pg_catalog.oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (SELECT pg_temp.dumpsert_index_on('dumpsert_key_' || s.n, s.relid, s.declared, false) FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n AND s.declared IS NOT NULL);
END
$dumpsert$;

-- Whether a row with a declared key may be in another partition of the target than the one that the dump names: the key does
-- not have all columns that partitions are chosen by.
CREATE FUNCTION pg_temp.dumpsert_strays(_relid pg_catalog.oid, _declared pg_catalog.text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT _declared IS NOT NULL AND EXISTS (
    SELECT FROM pg_partition_ancestors(_relid) AS u JOIN pg_partitioned_table AS p ON p.partrelid = u.relid AND u.relid <> _relid
     CROSS JOIN LATERAL unnest(p.partattrs::int2[]) AS k(attnum) LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
     WHERE a.attname IS NULL OR a.attname <> ALL (_declared))
$dumpsert$;

-- With no_key = skip, rows with a NULL in a declared key are left out before anything is compared.
CREATE PROCEDURE pg_temp.dumpsert_skip_keyless()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _rows bigint;
BEGIN
  FOR _s IN SELECT s.n, s.relid, pg_temp.dumpsert_nullable(pg_temp.dumpsert_declared_index(s.n)) AS no_key, array_to_string(s.declared, ', ') AS names
              FROM pg_temp.dumpsert_stages AS s WHERE s.declared IS NOT NULL AND (SELECT o.options ->> 'no_key' = 'skip' FROM pg_temp.dumpsert_options AS o) LOOP
    IF _s.no_key IS NOT NULL THEN
      EXECUTE format('DELETE FROM pg_temp.dumpsert_stage_%s AS s WHERE %s', _s.n, _s.no_key);
      GET DIAGNOSTICS _rows = ROW_COUNT;
      INSERT INTO pg_temp.dumpsert_notes (note)
      SELECT format('%s rows of %s have no value in the declared key (%s): they are left out', _rows, _s.relid::regclass, _s.names) WHERE _rows > 0;
    END IF;
  END LOOP;
END
$dumpsert$;

-- A declared key must be one: in the dump, and of the rows of the target that the dump has keys of. Where an index says so,
-- PostgreSQL sees to it. Rows with a NULL in it have no key, as in a unique index.
CREATE PROCEDURE pg_temp.dumpsert_check_declared()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _no_key text := (SELECT options ->> 'no_key' FROM pg_temp.dumpsert_options);
  _s record;
  _key text; _rows bigint; _names text; _columns text;
BEGIN
  FOR _s IN SELECT s.* FROM pg_temp.dumpsert_stages AS s WHERE s.declared IS NOT NULL AND s.key_index IS NOT NULL ORDER BY s.n LOOP
    SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.ord), string_agg(format('p.%I%s%s', k.name, k.cast_to, k.under), ', ' ORDER BY k.ord)
      INTO _names, _columns FROM pg_temp.dumpsert_key_parts(_s.key_index) AS k;
    IF _s.no_key <> 'false' THEN
      EXECUTE format('SELECT count(*) FROM pg_temp.dumpsert_stage_%s AS s WHERE %s', _s.n, _s.no_key) INTO _rows;
      IF _rows > 0 AND _no_key = 'error' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_column_reference',
          MESSAGE = format('dumpsert: %s rows of %s have no value in the declared key (%s); nothing was changed', _rows, _s.relid::regclass, _names),
          HINT = 'Choose no_key = match (compare whole rows), insert or skip for them.';
      ELSIF _rows > 0 THEN
        UPDATE pg_temp.dumpsert_stages AS s SET way = 'match' WHERE s.n = _s.n;
      END IF;
    END IF;
    CONTINUE WHEN _s.key_index IS DISTINCT FROM to_regclass('pg_temp.dumpsert_key_' || _s.n || '_by');
    EXECUTE _s.twice_sql INTO _key;
    IF _key IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
        MESSAGE = format('dumpsert: the dump has more than one row of %I.%I with the declared key (%s) = (%s); nothing was changed', _s.schema, _s.name, _names, _key),
        HINT = 'Declare a key that no two rows share, or choose no_key = match for this table by declaring none.';
    END IF;
    EXECUTE format('SELECT concat_ws('', '', %1$s), count(*) FROM %2$s AS p WHERE EXISTS (SELECT FROM pg_temp.dumpsert_stage_%3$s AS s WHERE %4$s)'
      ' GROUP BY %1$s HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 1', _columns, _s.target, _s.n, _s.same_key) INTO _key, _rows;
    IF _key IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
        MESSAGE = format('dumpsert: %s has %s rows with the declared key (%s) = (%s); nothing was changed', _s.relid::regclass, _rows, _names, _key),
        HINT = format('Declare a key that no two rows share, or merge these rows by hand: SELECT %s, count(*) FROM %s GROUP BY %1$s HAVING count(*) > 1;', _names, _s.relid::regclass);
    END IF;
  END LOOP;
END
$dumpsert$;

-- What holds for a stage: what is said of its table goes before what is said of the tables that this is a partition of,
-- and that before what is said for all. A policy or guard by a column that the rows do not have would do nothing.
CREATE PROCEDURE pg_temp.dumpsert_govern(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _rules jsonb := (SELECT options -> 'rules' FROM pg_temp.dumpsert_options);
  _s record;
  _r jsonb;
  _own jsonb := '{}';
  _all jsonb := coalesce((SELECT r FROM jsonb_array_elements(_rules) AS r WHERE NOT r ? 'name'), '{}');
  _known text[];
BEGIN
  SELECT s.* INTO _s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n AND s.relid IS NOT NULL;
  FOR _r IN
    SELECT r FROM (SELECT _s.relid, 0 UNION
                   SELECT a.relid, a.level FROM pg_partition_ancestors(_s.relid) WITH ORDINALITY AS a(relid, level)) AS u(relid, level)
      JOIN pg_class AS c ON c.oid = u.relid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN jsonb_array_elements(_rules) AS r ON r ->> 'schema' = n.nspname AND r ->> 'name' = c.relname
     ORDER BY u.level DESC
  LOOP
    _own := _own || _r;
  END LOOP;
  _all := _all || _own;
  _known := ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                   WHERE a.attrelid = _s.relid AND a.attnum > 0 AND a.attgenerated = '' AND a.attname = ANY (_s.columns));
  IF _all ->> 'update' = 'newer' AND _all ->> 'newer' <> ALL (_known)
     AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = _s.relid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('dumpsert: %s has no column %I here and in the dump, by which '
      'its newer rows are to be known; nothing was changed', _s.relid::regclass, _all ->> 'newer'),
      HINT = concat_ws(' ', pg_temp.dumpsert_nearest(_all ->> 'newer', _known), 'Give this table another update policy.');
  ELSIF _own ? 'guard' AND _own ->> 'guard' <> ALL (_known) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', HINT = coalesce(pg_temp.dumpsert_nearest(_own ->> 'guard', _known), 'Guard it by another column.'),
      MESSAGE = format('dumpsert: %s has no column %I here and in the dump, by which it is guarded; nothing was changed',
                       _s.relid::regclass, _own ->> 'guard');
  END IF;
  IF (SELECT o.options ->> 'on_guard' FROM pg_temp.dumpsert_options AS o) = 'error' AND _all ? 'guard' AND _all ->> 'guard' <> ALL (_known)
     AND _all ->> 'update' IS DISTINCT FROM 'nothing' AND EXISTS (
       SELECT FROM pg_attribute AS a WHERE a.attrelid = _s.relid AND a.attname = _all ->> 'guard' AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', HINT = 'Leave the table out of the dump, or choose on_guard = skip: then only rows that are new are taken.',
      MESSAGE = format('dumpsert: %s is guarded by %I, which the dump does not bring; nothing was changed', pg_temp.dumpsert_shown(_s.relid::regclass::text), _all ->> 'guard');
  END IF;
  UPDATE pg_temp.dumpsert_stages AS s SET rule = _all, guard = (SELECT k FROM unnest(_known) AS k WHERE k = _all ->> 'guard') WHERE s.n = _n;
END
$dumpsert$;

-- Conditions on a row of the table and a row of the dump under these aliases; NULL where none is asked for. Comparing records
-- takes the default operator class of each type, whatever the search path finds under its operators' names, and two NULLs for equal.
CREATE FUNCTION pg_temp.dumpsert_newer(_rule pg_catalog.jsonb, _p pg_catalog.text, _s pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('(%1$s.%3$I IS NULL OR %2$s.%3$I IS NOT NULL AND ROW(%1$s.%3$I)::pg_catalog.record OPERATOR(pg_catalog.<) ROW(%2$s.%3$I)::pg_catalog.record)',
                _p, _s, _rule ->> 'newer') WHERE _rule ->> 'update' = 'newer'
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_same_owner(_guard pg_catalog.text, _p pg_catalog.text, _s pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('ROW(%1$s.%3$I)::pg_catalog.record OPERATOR(pg_catalog.=) ROW(%2$s.%3$I)::pg_catalog.record', _p, _s, _guard)
   WHERE _guard IS NOT NULL
$dumpsert$;

-- The condition _then for rows of the same owner; the others are refused.
CREATE FUNCTION pg_temp.dumpsert_guarded(_stage pg_temp.dumpsert_stages, _then pg_catalog.text, _p pg_catalog.text, _s pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('CASE WHEN %s THEN %s ELSE pg_temp.dumpsert_refuse(%L, %L, ROW(%s)::pg_catalog.text, %L, '
      'ROW(%s.%I)::pg_catalog.text, ROW(%s.%I)::pg_catalog.text) END', pg_temp.dumpsert_same_owner(_stage.guard, _p, _s), _then,
    format('%I.%I', _stage.schema, _stage.name), (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_stage.key_columns) AS k),
    (SELECT string_agg(format('%s.%I', _p, k), ', ') FROM unnest(_stage.key_columns) AS k),
    quote_ident(_stage.guard), _p, _stage.guard, _s, _stage.guard)
   WHERE _stage.guard IS NOT NULL
$dumpsert$;

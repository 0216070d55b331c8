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
  _on_guard text := (SELECT options ->> 'on_guard' FROM pg_temp.dumpsert_options);
  _known text[];
  _has boolean;     -- whether the table has the guard column
  _brings boolean;  -- whether the dump brings it
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
     AND (_s.declared IS NOT NULL
       OR EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = _s.relid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL)) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('dumpsert: %s has no column %I here and in the dump, by which '
      'its newer rows are to be known; nothing was changed', _s.relid::regclass, _all ->> 'newer'),
      HINT = concat_ws(' ', pg_temp.dumpsert_nearest(_all ->> 'newer', _known), 'Give this table another update policy.');
  END IF;
  _has := EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = _s.relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = _all ->> 'guard');
  _brings := coalesce(_all ->> 'guard' = ANY (_known), false);
  IF _own ? 'guard' AND NOT _has OR _has AND NOT _brings AND _on_guard = 'error' AND coalesce(_all ->> 'update' <> 'nothing', true)
     AND (_s.declared IS NOT NULL
       OR EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = _s.relid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL)) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      HINT = CASE WHEN _has THEN 'Leave the table out of the dump, or choose on_guard = skip: then only rows that are new are taken.'
                  ELSE coalesce(pg_temp.dumpsert_nearest(_all ->> 'guard', _known), 'Guard it by another column.') END,
      MESSAGE = format(CASE WHEN _has THEN 'dumpsert: %s is guarded by %I, which the dump does not bring; nothing was changed'
                            ELSE 'dumpsert: %s has no column %I here, by which it is guarded; nothing was changed' END,
                       pg_temp.dumpsert_shown(_s.relid::regclass::text), _all ->> 'guard');
  ELSIF _all ? 'guard' AND NOT _has THEN
    INSERT INTO pg_temp.dumpsert_notes (note)
    SELECT format('not guarded, for want of the column %I: %s', _all ->> 'guard', _s.relid::regclass) WHERE _s.relid IS NOT NULL;
  END IF;
  UPDATE pg_temp.dumpsert_stages AS s SET rule = _all, guard = CASE WHEN _has THEN _all ->> 'guard' END WHERE s.n = _n;
END
$dumpsert$;

-- Conditions on a row of the table and a row of the dump under these aliases; NULL where none is asked for. Comparing records
-- takes the default operator class of each type, whatever the search path finds under its operators' names, and two NULLs for equal.
CREATE FUNCTION pg_temp.dumpsert_newer(_rule pg_catalog.jsonb, _p pg_catalog.text, _s pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('(%1$s.%3$I IS NULL OR %2$s.%3$I IS NOT NULL AND ROW(%1$s.%3$I)::pg_catalog.record OPERATOR(pg_catalog.<) ROW(%2$s.%3$I)::pg_catalog.record)',
                _p, _s, _rule ->> 'newer') WHERE _rule ->> 'update' = 'newer'
$dumpsert$;

-- Rows that do not bring the guard column are nobody's: they are of the same owner as no row.
CREATE FUNCTION pg_temp.dumpsert_same_owner(_guard pg_catalog.text, _p pg_catalog.text, _s pg_catalog.text, _brings boolean) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT CASE WHEN _brings THEN format('ROW(%1$s.%3$I)::pg_catalog.record OPERATOR(pg_catalog.=) ROW(%2$s.%3$I)::pg_catalog.record', _p, _s, _guard)
              ELSE 'false' END
   WHERE _guard IS NOT NULL
$dumpsert$;

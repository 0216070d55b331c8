-- Comparing the stages with their tables. Every function here is STABLE: called for all stages in one query, all of them see one
-- snapshot, so that what they say of tables that are not locked was true of all of them at one moment.

-- Rows without a key are compared whole, with multiplicity: these staged rows are too many for the table. A dump is text, so two rows
-- are the same if they print the same; every setting that changes how values print is set here.
CREATE FUNCTION pg_temp.dumpsert_missing(_n integer) RETURNS TABLE (at pg_catalog.tid)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 3 SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET timezone = 'UTC' SET bytea_output = 'hex' SET lc_monetary = 'C' SET lc_numeric = 'C' SET xmlbinary = 'base64' AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _columns text := (SELECT string_agg(format('s.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
                     WHERE a.attrelid = _s.relid AND a.attname = ANY (_s.columns) AND a.attgenerated = '');
BEGIN
  -- With no_key = insert, rows without a value in a declared key are inserted, once in a run.
  IF (SELECT o.options ->> 'no_key' = 'insert' FROM pg_temp.dumpsert_options AS o) THEN
    RETURN QUERY EXECUTE format('SELECT s.ctid FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND %s', _n, _s.no_key, CASE WHEN _s.inserted > 0 THEN 'false' ELSE 'true' END);
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format('SELECT r.at FROM ('
      ' SELECT s.at, s.image, row_number() OVER (PARTITION BY s.image ORDER BY s.at) AS nth'
        ' FROM (SELECT s.ctid AS at, ROW(%1$s)::text COLLATE "C" AS image FROM pg_temp.dumpsert_stage_%2$s AS s WHERE %4$s) AS s) AS r'
    ' LEFT JOIN (SELECT p.image, count(*) AS copies FROM (SELECT ROW(%1$s)::text COLLATE "C" AS image FROM %3$s AS s WHERE %4$s) AS p'
                ' GROUP BY p.image) AS p ON p.image = r.image'
   ' WHERE r.nth > coalesce(p.copies, 0)', _columns, _n, _s.target, _s.no_key);
END
$dumpsert$;

-- Whether its table has rows that are to be pruned, or is no longer what keys were mapped by.
CREATE FUNCTION pg_temp.dumpsert_extra(_n integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  IF pg_temp.dumpsert_maps() THEN
    IF pg_temp.dumpsert_map_moved(_n) OR pg_temp.dumpsert_map_unkept(_n) THEN
      RETURN true;
    END IF;
  END IF;
  IF pg_temp.dumpsert_prunes() THEN
    RETURN pg_temp.dumpsert_prune_differs(_n);
  END IF;
  RETURN false;
END
$dumpsert$;

-- Whether anything of a stage is not in its table yet, or has to go from there.
CREATE FUNCTION pg_temp.dumpsert_differs(_n integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _differs boolean := false;
BEGIN
  IF _s.way = 'insert' THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s)', _n) INTO _differs;
  ELSIF _s.key_index IS NOT NULL THEN
    -- Not EXISTS: the planner would take a nested loop for it, in the hope of an early end. EXECUTE INTO would read all rows.
    FOR _differs IN EXECUTE _s.differs_sql LOOP
      EXIT;
    END LOOP;
    _differs := coalesce(_differs, false);
  END IF;
  IF _s.way = 'match' AND NOT _differs THEN
    _differs := EXISTS (SELECT FROM pg_temp.dumpsert_missing(_n));
  END IF;
  RETURN _differs OR pg_temp.dumpsert_extra(_n);
END
$dumpsert$;

-- How many rows a stage has, and how many of them are new, changed, or refused because they belong to somebody else.
CREATE FUNCTION pg_temp.dumpsert_count(_n integer, OUT rows bigint, OUT new bigint, OUT changed bigint, OUT refused bigint, OUT is_empty boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
BEGIN
  new := 0; changed := 0; refused := 0;
  EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', _s.target) INTO is_empty;
  IF is_empty OR _s.key_index IS NULL THEN
    EXECUTE format('SELECT count(*) FROM pg_temp.dumpsert_stage_%s', _n) INTO rows;
  ELSE
    EXECUTE _s.diff_sql INTO rows, new, changed, refused;
  END IF;
  IF is_empty OR _s.way = 'insert' THEN
    new := rows;
  ELSIF _s.way = 'match' THEN
    new := new + (SELECT count(*) FROM pg_temp.dumpsert_missing(_n));
  END IF;
END
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_size(_n integer) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _rows bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM pg_temp.dumpsert_stage_%s', _n) INTO _rows;
  RETURN _rows;
END
$dumpsert$;

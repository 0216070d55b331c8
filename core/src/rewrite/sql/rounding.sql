-- Values that a column of the target cannot hold in full. PostgreSQL rounds them when they are read or assigned, and says nothing; so a
-- stage takes them as they come, and they are compared with what they would become before anything of the target is locked.

-- The type without its domains, and its modifier, if values are rounded to it: numeric, times, and arrays of them. Texts and bits that are
-- too long are errors of PostgreSQL itself.
CREATE FUNCTION pg_temp.dumpsert_rounds(_type pg_catalog.oid, _typmod integer, OUT base pg_catalog.oid, OUT typmod integer)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _t record;
BEGIN
  base := _type; typmod := _typmod;
  LOOP
    SELECT t.typtype, t.typbasetype, t.typtypmod, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END AS item INTO _t
      FROM pg_type AS t WHERE t.oid = base;
    EXIT WHEN _t.typtype IS DISTINCT FROM 'd';
    base := _t.typbasetype; typmod := _t.typtypmod;
  END LOOP;
  IF typmod < 0 OR _t.item <> ALL ('{numeric,timestamp,timestamptz,time,timetz,interval}'::regtype[]) THEN
    base := NULL;
  END IF;
END
$dumpsert$;

-- The columns of a stage that have no modifier where those of its table have one. becomes is the value as it will be; may_differ is cheap and never
-- false where something changes; is_lost says that not only the spelling does (1.2 and 1.20); does_not_fit that PostgreSQL would refuse it.
CREATE FUNCTION pg_temp.dumpsert_loose(_relid pg_catalog.oid, _stage pg_catalog.oid)
RETURNS TABLE (name pg_catalog.text, typmod integer, type pg_catalog.text, becomes pg_catalog.text, is_domain boolean, may_differ pg_catalog.text, is_lost pg_catalog.text, does_not_fit pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT x.attname::text, x.typmod, x.type, x.becomes, x.is_domain,
         CASE WHEN x.scale >= 0 THEN format('(scale(%1$s) <> %2$s OR %1$s >= %3$s OR %1$s <= -%3$s)', x.c, x.scale, x.limit) ELSE x.changes END,
         x.is_lost,
         CASE WHEN x.scale IS NOT NULL THEN format('(abs(round(%1$s, %2$s)) >= %3$s AND %1$s <> ''NaN'')', x.c, x.scale, x.limit) END
    FROM (
      SELECT v.*, format(CASE WHEN v.is_plain THEN '%s <> %s' ELSE 'record_image_ne(ROW(%s), ROW(%s))' END, v.c, v.becomes) AS changes,
             -- Intervals of 30 days and of a month are equal.
             format(CASE WHEN v.base = ANY ('{interval,interval[]}'::regtype[]) THEN 'record_image_ne(ROW(%s), ROW(%s))' ELSE '%s <> %s' END, v.c, v.becomes) AS is_lost,
             format('10::numeric ^ %s', v.precision - v.scale) AS "limit"
        FROM (
          SELECT a.attname, a.attnum, r.typmod, format('s.%I', a.attname) AS c, format('s.%I::%s', a.attname, format_type(r.base, r.typmod)) AS becomes,
                 r.base, r.base = ANY ('{timestamp,timestamptz,time,timetz}'::regtype[]) AS is_plain,
                 format_type(t.atttypid, t.atttypmod) AS type, t.atttypid <> r.base AS is_domain,
                 -- numeric_typmod_precision and numeric_typmod_scale in numeric.c; the scale has a sign since 15.
                 CASE WHEN r.base = 'numeric'::regtype THEN (((r.typmod - 4) & 2047) # 1024) - 1024 END AS scale,
                 CASE WHEN r.base = 'numeric'::regtype THEN ((r.typmod - 4) >> 16) & 65535 END AS precision
            FROM pg_attribute AS a
            JOIN pg_attribute AS t ON t.attrelid = _relid AND t.attname = a.attname AND t.attnum > 0 AND NOT t.attisdropped
           CROSS JOIN LATERAL pg_temp.dumpsert_rounds(t.atttypid, t.atttypmod) AS r
           WHERE a.attrelid = _stage AND a.attnum > 0 AND a.attgenerated = '' AND r.base = a.atttypid AND a.atttypmod = -1
        ) AS v
    ) AS x ORDER BY x.attnum
$dumpsert$;

-- Which row it is, for a person: its number, and its primary key if it has come.
CREATE FUNCTION pg_temp.dumpsert_staged_row(_n integer, _at pg_catalog.tid) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid := (SELECT s.relid FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _names text; _columns text; _row bigint; _key text;
BEGIN
  SELECT string_agg(a.attname, ', ' ORDER BY k.ord), string_agg(format('s.%I', a.attname), ', ' ORDER BY k.ord) INTO _names, _columns
    FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, ord)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indrelid = _relid AND i.indisprimary
  HAVING bool_and(a.attname = ANY ((SELECT s.columns FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n)::text[]));
  EXECUTE format('SELECT (SELECT count(*) FROM pg_temp.dumpsert_stage_%1$s AS b WHERE b.ctid <= s.ctid), concat_ws('', '', %2$s)'
                 ' FROM pg_temp.dumpsert_stage_%1$s AS s WHERE s.ctid = $1', _n, coalesce(_columns, 'NULL')) INTO _row, _key USING _at;
  RETURN format('row %s of %s in the dump%s', _row, _relid::regclass, ', ' || _names || ' = ' || _key);
END
$dumpsert$;

-- The types of the table. The views that long rows came through go: all have come. A domain may refuse a value; which row has it?
CREATE PROCEDURE pg_temp.dumpsert_settle_types(_n integer, _changes pg_catalog.text, _columns pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _at tid; _view text; _state text; _message text; _constraint text;
BEGIN
  FOR _view IN
    SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
     WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = (SELECT s.stage FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n)
  LOOP
    EXECUTE format('DROP VIEW %s', _view);
  END LOOP;
  EXECUTE format('ALTER TABLE pg_temp.dumpsert_stage_%s %s', _n, _changes);
EXCEPTION WHEN integrity_constraint_violation THEN
  FOR _at IN EXECUTE format('SELECT s.ctid FROM pg_temp.dumpsert_stage_%s AS s', _n) LOOP
    BEGIN
      EXECUTE format('SELECT count(ROW(%s)) FROM pg_temp.dumpsert_stage_%s AS s WHERE s.ctid = $1', _columns, _n) USING _at;
    EXCEPTION WHEN integrity_constraint_violation THEN
      GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _constraint = CONSTRAINT_NAME;
      RAISE EXCEPTION USING ERRCODE = _state, CONSTRAINT = _constraint,
        MESSAGE = format('dumpsert: %s (%s); nothing was changed', _message, pg_temp.dumpsert_staged_row(_n, _at)),
        HINT = 'Change the row or the target, then run the script again.';
    END;
  END LOOP;
  RAISE;
END
$dumpsert$;

-- All stages, or one, get the types of their tables. What would be lost by that is an error, or rounded and counted.
CREATE PROCEDURE pg_temp.dumpsert_round(_only integer DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _accepts boolean := (SELECT o.options ->> 'rounding' = 'accept' FROM pg_temp.dumpsert_options AS o);
  _checks boolean := (SELECT o.options ? 'check' FROM pg_temp.dumpsert_options AS o);
  _s record; _c record;
  _differs boolean; _rows bigint; _at tid; _from text; _to text;
BEGIN
  FOR _s IN
    SELECT s.n, s.relid, s.stage, string_agg(c.may_differ, ' OR ') AS may_differ, bool_or(c.is_domain) AS is_domain, jsonb_object_agg(c.name, c.typmod) AS holds,
           string_agg(format('ALTER COLUMN %I TYPE %s', c.name, c.type), ', ') AS changes, string_agg(format('s.%I::%s', c.name, c.type), ', ') AS columns
      FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_temp.dumpsert_loose(s.relid, s.stage) AS c
     WHERE _only IS NULL OR s.n = _only GROUP BY s.n, s.relid, s.stage ORDER BY s.n
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS s WHERE %s)', _s.n, _s.may_differ) INTO _differs;
    IF NOT _differs AND NOT _s.is_domain THEN
      UPDATE pg_temp.dumpsert_stages AS s SET holds = _s.holds WHERE s.n = _s.n;  -- the stage need not be written anew
      CONTINUE;
    END IF;
    FOR _c IN SELECT c.* FROM pg_temp.dumpsert_loose(_s.relid, _s.stage) AS c WHERE _differs LOOP
      EXECUTE format('SELECT s.ctid, s.%I::text FROM pg_temp.dumpsert_stage_%s AS s WHERE %s ORDER BY s.ctid LIMIT 1', _c.name, _s.n, coalesce(_c.does_not_fit, 'false'))
         INTO _at, _from;
      IF _at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('The value is %s.', _from),
          MESSAGE = format('dumpsert: a value is too large for %I of %s, which is %s here (%s); nothing was changed', _c.name, _s.relid::regclass, _c.type,
                           pg_temp.dumpsert_staged_row(_s.n, _at)),
          HINT = 'Give the column of the target room for it, then run the script again.';
      END IF;
      EXECUTE format('SELECT count(*), min(s.ctid) FROM pg_temp.dumpsert_stage_%s AS s WHERE %s', _s.n, _c.is_lost) INTO _rows, _at;
      CONTINUE WHEN _rows = 0;
      IF _accepts THEN
        INSERT INTO pg_temp.dumpsert_notes (note) VALUES (format('%s rounded to %s', format(CASE _rows WHEN 1 THEN '1 value of %s.%I was' ELSE _rows || ' values of %s.%I were' END, _s.relid::regclass, _c.name), _c.type));
        CONTINUE;
      END IF;
      EXECUTE format('SELECT s.%I::text, (%s)::text FROM pg_temp.dumpsert_stage_%s AS s WHERE s.ctid = $1', _c.name, _c.becomes, _s.n) INTO _from, _to USING _at;
      IF _checks THEN
        PERFORM pg_temp.dumpsert_find('error', _s.relid::regclass::text, '22000', format('values that would be rounded in %I, which is %s here', _c.name, _c.type),
          'Give the column of the target room for them, or let them be rounded: option rounding = accept (--rounding accept).', _rows,
          ARRAY[format('%s: %s would become %s', pg_temp.dumpsert_staged_row(_s.n, _at), _from, _to)]);
        CONTINUE;
      END IF;
      RAISE EXCEPTION USING ERRCODE = 'data_exception', DETAIL = format('%s would become %s.', _from, _to),
        MESSAGE = format('dumpsert: %s would be rounded in %I of %s, which is %s here, the first in %s; nothing was changed', _rows || CASE _rows WHEN 1 THEN ' value' ELSE ' values' END, _c.name,
                         _s.relid::regclass, _c.type, pg_temp.dumpsert_staged_row(_s.n, _at)),
        HINT = 'Give the column of the target room for them, or let them be rounded: option rounding = accept (--rounding accept).';
    END LOOP;
    CALL pg_temp.dumpsert_settle_types(_s.n, _s.changes, _s.columns);
  END LOOP;
END
$dumpsert$;

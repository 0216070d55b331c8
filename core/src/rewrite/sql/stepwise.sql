-- Writing row by row, and a row in steps: for what one statement cannot do because a referential action of the target sets in between what a
-- NOT NULL, a CHECK or a foreign key refuses. An order of single statements may do: an old parent leaves its value, a new one takes it, then the child comes.

-- What a statement has written; nothing if a constraint refuses it, which another row may change.
CREATE FUNCTION pg_temp.dumpsert_try(_statement pg_catalog.text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN pg_temp.dumpsert_execute(_statement);
EXCEPTION WHEN integrity_constraint_violation THEN  -- all of class 23
  RETURN 0;
END
$dumpsert$;

-- An UPDATE of some columns of one staged row, up to its ctid.
CREATE FUNCTION pg_temp.dumpsert_update_some(_n integer, _names pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (
    SELECT format('UPDATE %s AS p SET %s FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=)'
                  ' ROW(%s)::pg_catalog.record AND s.ctid OPERATOR(pg_catalog.=) ', min(s.target), string_agg(format('%I = %s', v.name, v.value), ', ' ORDER BY v.ord), _n,
                  min(s.same_key), string_agg(format('p.%I', v.name), ', ' ORDER BY v.ord), string_agg(v.value, ', ' ORDER BY v.ord))
      FROM pg_temp.dumpsert_stages AS s JOIN pg_temp.dumpsert_values AS v ON v.n = s.n WHERE s.n = _n AND v.name = ANY (_names) HAVING count(*) > 0);
END
$dumpsert$;

-- The UPDATEs of a staged row, to be tried one after the other. Of referenced columns: all of them, then those of each foreign key; else the whole
-- row, then what nobody references. Columns that decide whether the row may be written at all, those of a guard and of update = newer, are written
-- with the whole row only.
CREATE FUNCTION pg_temp.dumpsert_steps(_n integer, _referenced boolean) RETURNS pg_catalog.jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s pg_temp.dumpsert_stages := (SELECT s FROM pg_temp.dumpsert_stages AS s WHERE s.n = _n);
  _alone text[] := ARRAY(SELECT c FROM unnest(_s.set_columns) AS c WHERE c IS DISTINCT FROM _s.guard AND c IS DISTINCT FROM _s.rule ->> 'newer');
  _watched text[] := ARRAY(SELECT c FROM unnest(_alone) AS c WHERE EXISTS (SELECT FROM pg_temp.dumpsert_references AS r WHERE r.parent = _s.node AND c = ANY (r.referenced)));
BEGIN
  IF _referenced THEN
    RETURN (SELECT jsonb_agg(u.step ORDER BY u.ord) FROM (
      SELECT pg_temp.dumpsert_update_some(_n, _watched) AS step, 0 AS ord
      UNION ALL SELECT DISTINCT pg_temp.dumpsert_update_some(_n, ARRAY(SELECT c FROM unnest(r.referenced) AS c WHERE c = ANY (_alone))), 1
        FROM pg_temp.dumpsert_references AS r WHERE r.parent = _s.node) AS u);
  END IF;
  RETURN jsonb_build_array(_s.row_sql, pg_temp.dumpsert_update_some(_n, ARRAY(SELECT c FROM unnest(_alone) AS c WHERE c <> ALL (_watched))));
END
$dumpsert$;

-- The new rows of a component: all in one statement, so that they may reference each other; else those of each stage; else one by one.
CREATE FUNCTION pg_temp.dumpsert_insert_stepwise(_component integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _parts text[] := ARRAY(SELECT i.statement FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL unnest(pg_temp.dumpsert_inserts(s.n, NULL)) AS i(statement)
                          WHERE s.component = _component AND s.new > 0);
  _wrote bigint := 0;
  _part text; _s record; _at tid;
BEGIN
  IF cardinality(_parts) > 1 THEN
    _wrote := pg_temp.dumpsert_try(format('WITH %s %s',
      (SELECT string_agg(format('i%s AS (%s RETURNING 1)', o, p), ', ' ORDER BY o) FROM unnest(_parts) WITH ORDINALITY AS u(p, o)),
      (SELECT string_agg(format('SELECT FROM i%s', o), ' UNION ALL ' ORDER BY o) FROM unnest(_parts) WITH ORDINALITY AS u(p, o))));
  END IF;
  IF _wrote > 0 THEN
    RETURN _wrote;
  END IF;
  FOREACH _part IN ARRAY _parts LOOP
    _wrote := _wrote + pg_temp.dumpsert_try(_part);
  END LOOP;
  IF _wrote > 0 THEN
    RETURN _wrote;
  END IF;
  FOR _s IN SELECT s.n, s.insert_sql, s.new_only FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = _component AND s.new > 0 AND s.key_index IS NOT NULL ORDER BY s.n LOOP
    FOR _at IN EXECUTE format('SELECT s.ctid FROM pg_temp.dumpsert_stage_%s AS s WHERE %s', _s.n, _s.new_only) LOOP
      _wrote := _wrote + pg_temp.dumpsert_try(format('%s WHERE %s AND s.ctid OPERATOR(pg_catalog.=) %L::pg_catalog.tid', _s.insert_sql, _s.new_only, _at));
    END LOOP;
  END LOOP;
  RETURN _wrote;
END
$dumpsert$;

-- The changed rows of a component: their referenced columns, or each row by the first statement that nothing refuses.
CREATE FUNCTION pg_temp.dumpsert_update_stepwise(_component integer, _referenced boolean, _backwards boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _wrote bigint := 0;
  _u record; _m record; _step text; _rows bigint;
BEGIN
  FOR _u IN SELECT s.relid, array_agg(s.n ORDER BY s.n) AS stages, jsonb_object_agg(s.n, pg_temp.dumpsert_steps(s.n, _referenced)) AS steps
              FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = _component AND s.changed > 0 GROUP BY s.relid ORDER BY CASE WHEN _backwards THEN -min(s.n) ELSE min(s.n) END LOOP
    CALL pg_temp.dumpsert_find_moves(_u.relid, _u.stages);
    FOR _m IN EXECUTE format('SELECT m.n, m.staged FROM pg_temp.dumpsert_move_%s AS m ORDER BY m.id %s', _u.relid, CASE WHEN _backwards THEN 'DESC' END) LOOP
      FOR _step IN SELECT e FROM jsonb_array_elements_text(_u.steps -> _m.n::text) AS e WHERE e IS NOT NULL LOOP
        _rows := pg_temp.dumpsert_try(_step || quote_literal(_m.staged::text) || '::pg_catalog.tid');
        _wrote := _wrote + _rows;
        EXIT WHEN _rows > 0;
      END LOOP;
    END LOOP;
  END LOOP;
  RETURN _wrote;
END
$dumpsert$;

-- The first of these ways to write a component in one statement that nothing refuses, and how many rows it has written.
CREATE FUNCTION pg_temp.dumpsert_try_ways(_component integer, _ways pg_catalog.text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _how text; _wrote bigint := 0;
BEGIN
  FOREACH _how IN ARRAY _ways LOOP
    BEGIN
      _wrote := pg_temp.dumpsert_write_as(_component, _how);
      EXIT;
    EXCEPTION WHEN integrity_constraint_violation THEN
    END;
  END LOOP;
  RETURN _wrote;
END
$dumpsert$;

-- Writes a component in rounds, forwards and backwards, until nothing is left to write; false if it gets nowhere. A child that takes a value
-- before its new parent has it would hold the old parent there: as long as referenced values can move, nothing else is written. A referenced value
-- that is as it should be fires no action any more, so the rounds come to an end; not so where foreign keys want different values of one column,
-- or a trigger changes what is written.
CREATE FUNCTION pg_temp.dumpsert_write_stepwise(_component integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _new jsonb := (SELECT jsonb_object_agg(s.n, s.new) FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component);
  _left bigint; _least bigint; _in_vain integer := 0; _wrote bigint; _round integer := 0;
BEGIN
  WHILE _in_vain < 20 LOOP
    _round := _round + 1;
    _wrote := pg_temp.dumpsert_try_ways(_component, ARRAY['referenced', 'beside new']);
    IF _wrote = 0 THEN
      _wrote := pg_temp.dumpsert_update_stepwise(_component, true, _round % 2 = 0);
    END IF;
    IF _wrote = 0 THEN
      _wrote := pg_temp.dumpsert_insert_stepwise(_component);
    END IF;
    IF _wrote = 0 AND _round > 1 THEN  -- not yet again in the first
      _wrote := pg_temp.dumpsert_try_ways(_component, ARRAY['ordered']);
    END IF;
    IF _wrote = 0 THEN
      _wrote := pg_temp.dumpsert_update_stepwise(_component, false, _round % 2 = 0);
    END IF;
    CALL pg_temp.dumpsert_recount(_component);
    SELECT sum(s.new + s.changed) INTO _left FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component;
    IF _left = 0 THEN
      UPDATE pg_temp.dumpsert_stages AS s SET inserted = s.inserted + (_new ->> s.n::text)::bigint WHERE s.component = _component;
      RETURN true;
    END IF;
    EXIT WHEN _wrote = 0;
    _in_vain := CASE WHEN _left < _least THEN 0 ELSE _in_vain + 1 END;
    _least := least(_left, _least);
  END LOOP;
  RETURN false;
END
$dumpsert$;

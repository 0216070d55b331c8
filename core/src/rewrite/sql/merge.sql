-- The merge. While the dump arrives nothing of the target is locked. Then all stages are compared in one snapshot, the tables that
-- differ are locked, everything is asked and compared again, and written. From the first lock on it is one subtransaction: whoever is in
-- our way gets it rolled back, which releases the locks, before PostgreSQL would choose a victim of a deadlock.

-- Why an attempt is given up. PL/pgSQL keeps what variables have learned when it rolls back.
CREATE PROCEDURE pg_temp.dumpsert_roll_back() LANGUAGE plpgsql AS $dumpsert$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'DS000', MESSAGE = 'dumpsert: rolled back to be tried again; nothing was changed';
END
$dumpsert$;

-- Every staged row must now be as the dump says, wherever something else than our own statements may have written as well: actions of
-- foreign keys, triggers that fire, several stages of one table.
CREATE PROCEDURE pg_temp.dumpsert_verify(_written integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _fires boolean := (SELECT options ->> 'triggers' = 'fire' FROM pg_temp.dumpsert_options);
  _triggers boolean;
  _s record;
BEGIN
  _triggers := EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal
    AND t.tgrelid IN (SELECT s.node FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_written)
                      UNION SELECT p.relid FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_partition_tree(s.node) AS p WHERE s.n = ANY (_written)
                      UNION SELECT r.relid FROM pg_temp.dumpsert_reached AS r));
  FOR _s IN
    SELECT s.n, s.relid, c.new, c.changed FROM pg_temp.dumpsert_stages AS s CROSS JOIN LATERAL pg_temp.dumpsert_count(s.n) AS c
     WHERE s.way IN ('key', 'match') AND (_triggers OR s.reached
       OR EXISTS (SELECT FROM pg_temp.dumpsert_stages AS b WHERE b.node = s.node AND b.n <> s.n)) AND (c.new > 0 OR c.changed > 0)
     ORDER BY s.n
  LOOP
    IF _fires AND _s.new = 0 THEN
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('%s rows of %s are not as in the dump: triggers that fired have changed them', _s.changed, _s.relid::regclass));
    ELSE
      RAISE EXCEPTION USING ERRCODE = 'triggered_data_change_violation',
        MESSAGE = format('dumpsert: after all was written, %s rows of %s are not as in the dump; nothing was changed', _s.new + _s.changed, _s.relid::regclass),
        HINT = 'The dump may have several rows of one key, or a trigger or a referential action of the target writes to them.';
    END IF;
  END LOOP;
END
$dumpsert$;

-- All components in their order; then what is deferred.
CREATE PROCEDURE pg_temp.dumpsert_write_all(_together boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _component integer;
  _state text; _message text; _detail text; _hint text; _context text; _schema text; _table text; _column text; _constraint text;
BEGIN
  IF _together THEN
    CALL pg_temp.dumpsert_group(true);
  END IF;
  SET CONSTRAINTS ALL DEFERRED;  -- what may be deferred (also unique keys whose values change places) is checked at the end
  FOR _component IN SELECT DISTINCT s.component FROM pg_temp.dumpsert_stages AS s WHERE s.new > 0 OR s.changed > 0 OR s.reached ORDER BY 1 LOOP
    CALL pg_temp.dumpsert_write(_component);
  END LOOP;
  _component := NULL;
  CALL pg_temp.dumpsert_step('written');
  CALL pg_temp.dumpsert_settle();
  CALL pg_temp.dumpsert_step('settled');
EXCEPTION
  WHEN lock_not_available OR deadlock_detected THEN
    RAISE;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
      _context = PG_EXCEPTION_CONTEXT, _schema = SCHEMA_NAME, _table = TABLE_NAME, _column = COLUMN_NAME, _constraint = CONSTRAINT_NAME;
    IF starts_with(_message, 'dumpsert: ') THEN
      RAISE;
    END IF;
    CALL pg_temp.dumpsert_raise(_component, _state, _message, _detail, _hint, _context, _schema, _table, _column, _constraint);
END
$dumpsert$;

-- What remains after all is written: the guards' refused rows, sequences, triggers back.
CREATE PROCEDURE pg_temp.dumpsert_merge_locked(INOUT _written integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _could_together boolean;
BEGIN
  FOR _s IN SELECT s.guard_sql FROM pg_temp.dumpsert_stages AS s WHERE s.refused > 0 ORDER BY s.n LOOP
    EXECUTE _s.guard_sql;  -- an error, or noted for the result
  END LOOP;
  BEGIN
    CALL pg_temp.dumpsert_write_all(false);
  EXCEPTION WHEN integrity_constraint_violation THEN
    -- Where an action stands in the way, both sides of its foreign key may still pass in one statement.
    _could_together := EXISTS (
      SELECT FROM pg_temp.dumpsert_references AS r JOIN pg_temp.dumpsert_stages AS p ON p.node = r.parent JOIN pg_temp.dumpsert_stages AS c ON c.node = r.child
       WHERE r.action IN ('c', 'n', 'd') AND p.component <> c.component AND NOT r.referenced <@ p.key_columns AND p.changed > 0);
    IF NOT _could_together THEN
      RAISE;
    END IF;
    DECLARE
      _state text := SQLSTATE; _message text := SQLERRM; _detail text; _hint text;
    BEGIN
      GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT;
      CALL pg_temp.dumpsert_write_all(true);
    EXCEPTION WHEN integrity_constraint_violation OR triggered_data_change_violation THEN
      RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = _message, DETAIL = _detail, HINT = _hint;
    END;
  END;
  CALL pg_temp.dumpsert_verify(_written);
  CALL pg_temp.dumpsert_step('verified');
  CALL pg_temp.dumpsert_close();
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_merge()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _patience bigint := (SELECT setting::bigint FROM pg_settings WHERE name = 'lock_timeout');           -- ms, all waits together; 0: no end
  _budget bigint := (SELECT setting::bigint * 6 / 10 FROM pg_settings WHERE name = 'deadlock_timeout');  -- ms, from the first lock on
  _begun timestamptz := clock_timestamp();
  _held timestamptz;               -- since when the first lock is held
  _stages integer[];               -- the stages that differ
  _locks text[] := '{}'; _wanted text[];
  _first text;                     -- the statement that had to wait too long: next time it is the first, and waits alone
  _wide boolean := false;          -- whether tables that are only referenced are locked as well
  _statement text; _relid oid; _relids oid[]; _phase text; _attempt integer := 0; _message text;
BEGIN
  CALL pg_temp.dumpsert_step('staged');
  LOOP
    _attempt := _attempt + 1; _held := NULL; _statement := NULL;
    BEGIN
      IF _attempt = 1 OR _phase = 'comparing' THEN
        -- Nothing is locked yet: what differs at one moment?
        _phase := 'comparing';
        PERFORM set_config('lock_timeout', _patience::text, true);
        CALL pg_temp.dumpsert_plan();
        _stages := ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' AND (_attempt > 1 AND s.n = ANY (_stages) OR pg_temp.dumpsert_differs(s.n)) ORDER BY s.n);
        CALL pg_temp.dumpsert_step('compared');
        IF _stages <> '{}' THEN
          CALL pg_temp.dumpsert_find_reached(_stages);
          _locks := ARRAY(SELECT l.statement FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE l.may);
          _phase := 'compared';
          CALL pg_temp.dumpsert_roll_back();  -- even ACCESS SHARE would be in somebody's way while we wait
        END IF;
        UPDATE pg_temp.dumpsert_stages AS s SET rows = c.rows, new = 0, changed = 0, refused = 0, inserted = 0, updated = 0
          FROM pg_temp.dumpsert_stages AS b CROSS JOIN LATERAL pg_temp.dumpsert_size(b.n) AS c(rows) WHERE b.n = s.n AND s.way <> 'skip';
      ELSE
        _phase := 'locking';
        CALL pg_temp.dumpsert_step('locking');
        FOREACH _statement IN ARRAY array_remove(_first || array_remove(_locks, _first), NULL) LOOP
          -- Who holds nothing may wait. Who holds something must be gone before anybody looks for a deadlock.
          PERFORM set_config('lock_timeout', CASE WHEN _held IS NULL AND _patience = 0 THEN 0
            WHEN _held IS NULL THEN greatest(1, _patience - extract(epoch FROM clock_timestamp() - _begun) * 1000)::bigint
            ELSE greatest(1, _budget - extract(epoch FROM clock_timestamp() - _held) * 1000)::bigint END::text, true);
          EXECUTE _statement;
          _held := coalesce(_held, clock_timestamp());
        END LOOP;
        _statement := NULL;
        CALL pg_temp.dumpsert_step('locked');
        -- Waits for rows that somebody holds in a table that is not locked must be short, for the same reason.
        PERFORM set_config('lock_timeout', least(_budget, 10 * 2 ^ least(_attempt, 10))::bigint::text, true);
        _phase := 'comparing';
        CALL pg_temp.dumpsert_plan();
        UPDATE pg_temp.dumpsert_stages AS s SET rows = c.rows, new = c.new, changed = c.changed, refused = c.refused, is_empty = c.is_empty, inserted = 0, updated = c.changed
          FROM pg_temp.dumpsert_stages AS b CROSS JOIN LATERAL pg_temp.dumpsert_count(b.n) AS c
         WHERE b.n = s.n AND s.way <> 'skip';
        CALL pg_temp.dumpsert_step('recompared');
        _stages := ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages) OR s.new > 0 OR s.changed > 0 OR s.refused > 0 ORDER BY s.n);
        CALL pg_temp.dumpsert_find_reached(_stages);
        _wanted := ARRAY(SELECT l.statement FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE l.may);
        IF NOT _wanted <@ _locks THEN
          _locks := _wanted; _phase := 'compared';
          CALL pg_temp.dumpsert_roll_back();  -- another table differs now
        END IF;
        INSERT INTO pg_temp.dumpsert_notes (note)
        SELECT format('%s is not locked, for want of the privilege: what other sessions write to it meanwhile is not compared', l.relid::regclass)
          FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE NOT l.may;
        _phase := 'writing';
        _relids := ARRAY(SELECT s.relid FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages));
        CALL pg_temp.dumpsert_must_own(_relids);
        _relids := ARRAY(SELECT l.relid FROM pg_temp.dumpsert_locks(_stages, _wide) AS l
                          WHERE l.may AND (l.relid = ANY (_relids) OR l.relid IN (SELECT r.relid FROM pg_temp.dumpsert_reached AS r)));
        CALL pg_temp.dumpsert_switch_off(_relids);
        CALL pg_temp.dumpsert_run('off');
      END IF;
      CALL pg_temp.dumpsert_merge_locked(_stages);
      -- Sequences and triggers.
      FOR _statement IN SELECT t.statement FROM pg_temp.dumpsert_todo AS t WHERE t.phase = 'close' ORDER BY t.n LOOP
        EXECUTE _statement;
      END LOOP;
      DELETE FROM pg_temp.dumpsert_todo AS t WHERE t.phase = 'close';
      CALL pg_temp.dumpsert_step('closed');
      EXIT;
    EXCEPTION
      WHEN SQLSTATE 'DS000' THEN
        _first := NULL;
        CONTINUE;
      WHEN lock_not_available OR deadlock_detected THEN
        _message := SQLERRM;
        IF _phase = 'writing' AND _statement IS NULL THEN
          _wide := true; _phase := 'comparing';
        ELSE
          _first := coalesce(_statement, _first); _phase := CASE _phase WHEN 'comparing' THEN CASE WHEN _statement IS NULL THEN 'comparing' ELSE 'locking' END ELSE _phase END;
        END IF;
    END;
    IF _patience > 0 AND extract(epoch FROM clock_timestamp() - _begun) * 1000 >= _patience THEN
      _relid := to_regclass(substring(_first FROM '^LOCK TABLE (?:ONLY )?(.*) IN [A-Z ]+ MODE$'));
      RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
        MESSAGE = format('dumpsert: %s could not be locked within lock_timeout (%s ms)%s; nothing was changed', coalesce(_relid::regclass::text, 'what is written'),
                         _patience, ', held by ' || pg_temp.dumpsert_who(_relid)),
        DETAIL = _message, HINT = 'Wait for the other transaction or end it, then run the script again; a longer lock_timeout waits longer.';
    END IF;
    PERFORM pg_sleep(random() * 0.1 * least(_attempt, 10));
  END LOOP;
  PERFORM set_config('lock_timeout', _patience::text, true);
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s has no usable key: its rows are left out', s.relid::regclass)
    FROM pg_temp.dumpsert_stages AS s WHERE s.way = 'skip' AND s.relid IS NOT NULL;
  INSERT INTO pg_temp.dumpsert_counts
  SELECT format('%I.%I', s.schema, s.name), sum(s.inserted), sum(s.updated), sum(s.rows - s.inserted - s.updated - s.refused), sum(s.refused)
    FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' GROUP BY s.schema, s.name;
END
$dumpsert$;

-- Names of the target and values of the dump stand in errors, for a person to see.
CREATE PROCEDURE pg_temp.dumpsert_apply()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _state text; _message text; _detail text; _hint text; _schema text; _table text; _column text; _constraint text;
BEGIN
  CALL pg_temp.dumpsert_merge();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
    _schema = SCHEMA_NAME, _table = TABLE_NAME, _column = COLUMN_NAME, _constraint = CONSTRAINT_NAME;
  RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = pg_temp.dumpsert_shown(_message), DETAIL = pg_temp.dumpsert_shown(_detail), HINT = pg_temp.dumpsert_shown(_hint),
    SCHEMA = pg_temp.dumpsert_shown(_schema), TABLE = pg_temp.dumpsert_shown(_table), COLUMN = pg_temp.dumpsert_shown(_column), CONSTRAINT = pg_temp.dumpsert_shown(_constraint);
END
$dumpsert$;

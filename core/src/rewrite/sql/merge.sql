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
  -- What triggers of the target do is its own affair, unless it is to be exactly what the dump says.
  _fires boolean := (SELECT options ->> 'triggers' = 'fire' AND NOT options ? 'strict' FROM pg_temp.dumpsert_options);
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

-- What the target's own ON UPDATE actions did to tables of which the dump writes nothing: told, since nobody selected them. A row that
-- we wrote has an xmin that is still in progress (its subtransaction's) and is visible: nobody else's is both.
CREATE PROCEDURE pg_temp.dumpsert_count_reached()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _own bigint := txid_current();
  _relid oid;
  _rows bigint;
BEGIN
  -- The statistics of this transaction count what was rolled back as well: they only say where there is nothing to look for.
  FOR _relid IN
    SELECT r.relid FROM pg_temp.dumpsert_reached AS r
     WHERE NOT EXISTS (SELECT FROM pg_temp.dumpsert_stages AS s WHERE s.node = r.relid)
       AND (NOT current_setting('track_counts')::boolean
            OR pg_stat_get_xact_tuples_updated(r.relid) > 0  -- a plain table has no partition tree
            OR EXISTS (SELECT FROM pg_partition_tree(r.relid) AS t WHERE pg_stat_get_xact_tuples_updated(t.relid) > 0))
     ORDER BY 1
  LOOP
    IF NOT has_table_privilege(_relid, 'SELECT') THEN
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('ON UPDATE actions of the target may have changed rows of %s, of which the dump writes none; without SELECT on it they are not counted', _relid::regclass));
      CONTINUE;
    END IF;
    -- Few rows are as new as this transaction: only their transactions are asked about.
    EXECUTE format('SELECT coalesce(sum(x.rows), 0) FROM (SELECT (p.xmin::text::bigint - $1 %% 4294967296 + 4294967296) %% 4294967296 AS later, count(*) AS rows'
                   ' FROM %s AS p WHERE age(p.xmin) <= age(($1 %% 4294967296)::text::xid) GROUP BY 1) AS x'
                   ' WHERE txid_status($1 + x.later) = ''in progress''', _relid::regclass) INTO _rows USING _own;
    IF _rows > 0 THEN
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('%s rows of %s, of which the dump writes none, were changed by ON %s actions of the target', _rows, _relid::regclass,
        CASE WHEN pg_temp.dumpsert_prunes() THEN 'UPDATE and ON DELETE' ELSE 'UPDATE' END));
    END IF;
  END LOOP;
END
$dumpsert$;

-- All components in their order; then what is deferred.
CREATE PROCEDURE pg_temp.dumpsert_write_all(_together boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _component integer;
  _done integer := 0; _all integer; _names text;
  _prunes boolean := pg_temp.dumpsert_prunes();
  _state text; _message text; _detail text; _hint text; _context text; _schema text; _table text; _column text; _constraint text;
BEGIN
  IF _together THEN
    CALL pg_temp.dumpsert_group(true);
  END IF;
  SET CONSTRAINTS ALL DEFERRED;  -- what may be deferred (also unique keys whose values change places) is checked at the end
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_first();
  END IF;
  SELECT count(DISTINCT s.component) INTO _all FROM pg_temp.dumpsert_stages AS s WHERE s.new > 0 OR s.changed > 0 OR s.reached;
  FOR _component IN SELECT DISTINCT s.component FROM pg_temp.dumpsert_stages AS s WHERE s.new > 0 OR s.changed > 0 OR s.reached ORDER BY 1 LOOP
    _done := _done + 1;
    SELECT string_agg(DISTINCT format('%I.%I', s.schema, s.name), ', ') INTO _names FROM pg_temp.dumpsert_stages AS s WHERE s.component = _component;
    CALL pg_temp.dumpsert_tell(format('writing %s of %s: %s', _done, _all, _names));
    CALL pg_temp.dumpsert_write(_component);
  END LOOP;
  _component := NULL;
  CALL pg_temp.dumpsert_step('written');
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_last();
  END IF;
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
  IF pg_temp.dumpsert_prunes() THEN
    CALL pg_temp.dumpsert_prune_verify();
  END IF;
  CALL pg_temp.dumpsert_count_reached();
  CALL pg_temp.dumpsert_step('verified');
  CALL pg_temp.dumpsert_close();
END
$dumpsert$;

-- What was found and done, for the result.
CREATE PROCEDURE pg_temp.dumpsert_note_counts()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s has no usable key: its rows are left out', s.relid::regclass)
    FROM pg_temp.dumpsert_stages AS s WHERE s.way = 'skip' AND s.relid IS NOT NULL;
  INSERT INTO pg_temp.dumpsert_counts (target, inserted, updated, unchanged, refused)
  SELECT format('%I.%I', s.schema, s.name), sum(s.inserted), sum(s.updated), sum(s.rows - s.inserted - s.updated - s.refused), sum(s.refused)
    FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' GROUP BY s.schema, s.name;
  IF pg_temp.dumpsert_prunes() THEN
    CALL pg_temp.dumpsert_prune_note();
  END IF;
END
$dumpsert$;

-- One attempt with everything locked. What it learned and must not be lost with a rollback comes back in its parameters.
CREATE PROCEDURE pg_temp.dumpsert_attempt(_locks pg_catalog.text[], _wide boolean, INOUT _stages integer[], INOUT _wanted pg_catalog.text[], INOUT _phase pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _draws boolean := (SELECT o.options -> 'mapping' ->> 'draws' IS DISTINCT FROM 'false' FROM pg_temp.dumpsert_options AS o);
  _relids oid[];
  _prunes boolean := pg_temp.dumpsert_prunes();
BEGIN
  CALL pg_temp.dumpsert_plan(_draws);
  UPDATE pg_temp.dumpsert_stages AS s SET rows = c.rows, new = c.new, changed = c.changed, refused = c.refused, is_empty = c.is_empty, extra = pg_temp.dumpsert_extra(b.n), inserted = 0, updated = c.changed
    FROM pg_temp.dumpsert_stages AS b CROSS JOIN LATERAL pg_temp.dumpsert_count(b.n) AS c
   WHERE b.n = s.n AND s.way <> 'skip';
  CALL pg_temp.dumpsert_step('recompared');
  _stages := ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages) OR s.new > 0 OR s.changed > 0 OR s.refused > 0 OR s.extra ORDER BY s.n);
  CALL pg_temp.dumpsert_find_reached(_stages);
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_lock(_stages);
  END IF;
  _wanted := ARRAY(SELECT l.statement FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE l.may);
  IF NOT _wanted <@ _locks THEN
    RETURN;  -- another table differs now
  END IF;
  INSERT INTO pg_temp.dumpsert_notes (note)
  SELECT format('%s is not locked, for want of the privilege: what other sessions write to it meanwhile is not compared', l.relid::regclass)
    FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE NOT l.may;
  _phase := 'writing';
  IF (SELECT o.options ? 'differences' FROM pg_temp.dumpsert_options AS o) THEN
    CALL pg_temp.dumpsert_note_differences();
  END IF;
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_attempt();
  END IF;
  _relids := ARRAY(SELECT s.relid FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages));
  CALL pg_temp.dumpsert_must_own(_relids);
  _relids := ARRAY(SELECT l.relid FROM pg_temp.dumpsert_locks(_stages, _wide) AS l
                    WHERE l.may AND l.strength > 2 AND (l.relid = ANY (_relids) OR l.relid IN (SELECT r.relid FROM pg_temp.dumpsert_reached AS r)));
  CALL pg_temp.dumpsert_switch_off(_relids);
  CALL pg_temp.dumpsert_run('off');
  IF NOT _wide THEN
    CALL pg_temp.dumpsert_lock_rows(_stages);
  END IF;
  CALL pg_temp.dumpsert_merge_locked(_stages);
  IF pg_temp.dumpsert_maps() THEN
    CALL pg_temp.dumpsert_keep_map();
    CALL pg_temp.dumpsert_map_note_others();
  END IF;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_merge()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _patience bigint := (SELECT setting::bigint FROM pg_settings WHERE name = 'lock_timeout');             -- ms, all waits together; 0: no end
  _budget bigint := (SELECT setting::bigint * 6 / 10 FROM pg_settings WHERE name = 'deadlock_timeout');  -- ms, from the first lock on
  _begun timestamptz := clock_timestamp();
  _held timestamptz;               -- since when the first lock is held
  _stages integer[]; _sizes jsonb; -- the stages that differ; the rows of all
  _reading text[];                 -- the statements that lock all tables for reading
  _locks text[]; _sequences text[] := '{}'; _wanted text[];
  _first text;                     -- the statement that had to wait too long: next time it is the first, and waits alone
  _is_alone boolean := false;      -- whether no other script may move sequences
  _wide boolean := false;          -- whether tables that foreign keys only look at are locked as well
  _statement text; _phase text := 'comparing'; _attempt integer := 0; _message text; _who text; _relids oid[] := '{}';
  _prunes boolean := pg_temp.dumpsert_prunes(); _unpruned text[];
  _maps boolean := pg_temp.dumpsert_maps(); _mapping jsonb;
BEGIN
  CALL pg_temp.dumpsert_step('staged');
  IF _prunes THEN
    CALL pg_temp.dumpsert_prune_begin();
  END IF;
  CALL pg_temp.dumpsert_name_stages();
  CALL pg_temp.dumpsert_round();
  CALL pg_temp.dumpsert_skip_keyless();
  IF _maps THEN
    CALL pg_temp.dumpsert_map_begin();
  END IF;
  _reading := ARRAY(SELECT format('LOCK TABLE %s%s IN ACCESS SHARE MODE', CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END, c.oid::regclass)
    FROM pg_class AS c WHERE c.oid IN (SELECT s.relid FROM pg_temp.dumpsert_stages AS s) AND c.relkind IN ('r', 'p')
   ORDER BY coalesce(pg_partition_root(c.oid), c.oid), c.oid);
  _locks := _reading;
  _relids := ARRAY(SELECT s.relid FROM pg_temp.dumpsert_stages AS s WHERE s.relid IS NOT NULL);
  LOOP
    _attempt := _attempt + 1; _held := NULL; _statement := NULL; _who := NULL;
    IF _sequences <> '{}' AND NOT _is_alone THEN
      CALL pg_temp.dumpsert_be_alone(_patience, _begun);
      _is_alone := true;
    END IF;
    BEGIN
      -- Who holds nothing may wait. Who holds something must be gone before anybody looks for a deadlock.
      FOREACH _statement IN ARRAY array_remove(_first || array_remove(_locks || _sequences, _first), NULL) LOOP
        IF _held IS NULL THEN
          IF _stages IS NOT NULL THEN
            CALL pg_temp.dumpsert_step('locking');
          END IF;
          CALL pg_temp.dumpsert_lock_first(_statement, _patience, _begun);
        ELSE
          PERFORM set_config('lock_timeout', greatest(1, _budget - extract(epoch FROM clock_timestamp() - _held) * 1000)::bigint::text, true);
          EXECUTE _statement;
        END IF;
        _held := coalesce(_held, clock_timestamp());
      END LOOP;
      _statement := NULL;
      -- From now on nothing is waited for: whoever already waits for us may look for a deadlock at any moment.
      PERFORM set_config('lock_timeout', CASE WHEN _phase = 'comparing' AND _held IS NULL THEN _patience ELSE 1 END::text, true);
      IF _stages IS NULL THEN
        -- What differs at one moment? To read is to lock, so this is rolled back: even ACCESS SHARE would be in somebody's way.
        CALL pg_temp.dumpsert_plan();
        _stages := ARRAY(SELECT s.n FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip' AND pg_temp.dumpsert_differs(s.n) ORDER BY s.n);
        CALL pg_temp.dumpsert_step('compared');
        IF _stages = '{}' THEN
          SELECT jsonb_object_agg(s.n, pg_temp.dumpsert_size(s.n)) INTO _sizes FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip';
          IF _maps THEN
            _mapping := pg_temp.dumpsert_map_told();
          END IF;
        END IF;
        CALL pg_temp.dumpsert_find_reached(_stages);
        IF _prunes THEN
          CALL pg_temp.dumpsert_prune_lock(_stages);
          _unpruned := pg_temp.dumpsert_unpruned();
        END IF;
        _locks := ARRAY(SELECT l.statement FROM pg_temp.dumpsert_locks(_stages, _wide) AS l WHERE l.may AND _stages <> '{}');
        _relids := ARRAY(SELECT l.relid FROM pg_temp.dumpsert_locks(_stages, true) AS l);
        CALL pg_temp.dumpsert_close();
        _sequences := pg_temp.dumpsert_sequence_locks(_stages = '{}');
        CALL pg_temp.dumpsert_roll_back();
      ELSIF _stages <> '{}' THEN
        CALL pg_temp.dumpsert_step('locked');
        _phase := 'comparing';
        CALL pg_temp.dumpsert_attempt(_locks, _wide, _stages, _wanted, _phase);
        IF NOT _wanted <@ _locks THEN
          _locks := _wanted;
          CALL pg_temp.dumpsert_roll_back();
        END IF;
        IF _maps THEN
          _mapping := pg_temp.dumpsert_map_told();
        END IF;
      ELSE
        UPDATE pg_temp.dumpsert_stages AS s SET way = CASE WHEN _sizes ? s.n::text THEN 'key' ELSE 'skip' END,
          rows = (_sizes ->> s.n::text)::bigint, refused = 0, inserted = 0, updated = 0;
        CALL pg_temp.dumpsert_settle();
        CALL pg_temp.dumpsert_close();
      END IF;
      _phase := 'closing';
      FOR _statement IN SELECT t.statement FROM pg_temp.dumpsert_todo AS t WHERE t.phase = 'close' ORDER BY t.n LOOP
        EXECUTE _statement;
      END LOOP;
      DELETE FROM pg_temp.dumpsert_todo AS t WHERE t.phase = 'close';
      CALL pg_temp.dumpsert_step('closed');
      EXIT;
    EXCEPTION
      WHEN SQLSTATE 'DS000' THEN
        _first := NULL; _phase := 'comparing';
        CONTINUE;
      WHEN undefined_table THEN
        IF _statement IS NULL THEN
          RAISE;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the script again.', DETAIL = SQLERRM,
          MESSAGE = 'dumpsert: a table was dropped by another session while the dump arrived; nothing was changed';
      WHEN foreign_key_violation OR restrict_violation THEN
        -- A row that is referenced may have gone in a table that was not locked.
        IF _wide OR NOT EXISTS (SELECT FROM unnest(_locks) AS l WHERE l ~ ' IN ROW SHARE MODE$') THEN
          RAISE;
        END IF;
        _wide := true; _stages := NULL; _locks := _reading; _sequences := '{}'; _phase := 'comparing'; _first := NULL;
        CONTINUE;
      WHEN lock_not_available OR deadlock_detected THEN
        IF starts_with(SQLERRM, 'dumpsert: ') THEN
          RAISE;
        END IF;
        _message := SQLERRM;
        _who := pg_temp.dumpsert_who(CASE WHEN _statement IS NULL THEN _relids ELSE ARRAY[pg_temp.dumpsert_locked_by(_statement)] END);
        IF _statement IS NOT NULL THEN
          _first := _statement;
        ELSIF _phase = 'writing' AND NOT _wide THEN
          _wide := true;
          _stages := NULL; _locks := _reading; _sequences := '{}'; _first := NULL;  -- read anew, to know what there is to lock
        END IF;
        _phase := 'comparing';
    END;
    IF _patience > 0 AND extract(epoch FROM clock_timestamp() - _begun) * 1000 >= _patience THEN
      RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
        MESSAGE = format('dumpsert: no lock within lock_timeout (%s ms) on %s; nothing was changed', _patience,
                         coalesce(_who, pg_temp.dumpsert_locked_by(_first)::regclass::text, 'a row that is needed')),
        DETAIL = _message, HINT = 'Wait for the other transaction or end it, then run the script again; a longer lock_timeout waits longer.';
    END IF;
    PERFORM pg_sleep(random() * 0.05 * least(_attempt, 10));
  END LOOP;
  PERFORM set_config('lock_timeout', _patience::text, true);
  CALL pg_temp.dumpsert_note_counts();
  INSERT INTO pg_temp.dumpsert_notes (note) SELECT u FROM unnest(_unpruned) AS u;
  INSERT INTO pg_temp.dumpsert_mapping SELECT _mapping WHERE _maps;
END
$dumpsert$;

-- Names of the target and values of the dump stand in errors, for a person to see.
CREATE PROCEDURE pg_temp.dumpsert_apply()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _state text; _message text; _detail text; _hint text; _context text;
BEGIN
  IF (SELECT o.options ? 'check' FROM pg_temp.dumpsert_options AS o) THEN
    CALL pg_temp.dumpsert_check_all();
    RETURN;
  END IF;
  CALL pg_temp.dumpsert_merge();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
    _context = PG_EXCEPTION_CONTEXT;
  CALL pg_temp.dumpsert_raise_shown(_state, _message, _detail, _hint, _context);
END
$dumpsert$;

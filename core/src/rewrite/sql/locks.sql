-- Which statements lock what is to be written against other writers, never against plain readers. EXCLUSIVE, and not SHARE ROW
-- EXCLUSIVE, because the latter lets SELECT FOR UPDATE pass, whose session would then wait for us at its UPDATE, and we for its row.
-- A rule can be switched off only under ACCESS EXCLUSIVE, which is therefore taken at once. Tables that the ON UPDATE actions of the
-- target may reach are locked as well; with _wide, so are those that foreign keys only look at. What is only read is locked as reading
-- does, so that nothing has to be waited for later. The order is the same in every run.
CREATE TEMPORARY TABLE pg_temp.dumpsert_more_locks (relid pg_catalog.oid, strength integer) ON COMMIT DROP;  -- of tables of which rows are deleted, and around them

CREATE FUNCTION pg_temp.dumpsert_locks(_stages integer[], _wide boolean) RETURNS TABLE (relid pg_catalog.oid, statement pg_catalog.text, strength integer, may boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _reached oid[] := ARRAY(SELECT r.relid FROM pg_temp.dumpsert_reached AS r);
BEGIN
  RETURN QUERY
  WITH RECURSIVE fk AS MATERIALIZED (
    SELECT r.child, r.parent, r.action FROM pg_temp.dumpsert_references AS r
  ), written AS (
    SELECT s.relid, s.node, s.set_columns <> '{}' AS updates FROM pg_temp.dumpsert_stages AS s WHERE s.n = ANY (_stages)
  ), followed AS (
    SELECT w.node FROM written AS w WHERE w.updates
    UNION SELECT f.child FROM followed AS d JOIN fk AS f ON f.parent = d.node WHERE f.action IN ('c', 'n', 'd') AND f.child = ANY (_reached)
  ), meant AS (
    SELECT w.relid, CASE WHEN w.updates THEN 4 ELSE 3 END AS strength FROM written AS w
    UNION ALL SELECT d.node, 4 FROM followed AS d WHERE d.node = ANY (_reached)
    UNION ALL SELECT f.parent, CASE WHEN _wide THEN 4 ELSE 2 END FROM fk AS f WHERE f.child IN (SELECT w.node FROM written AS w UNION SELECT d.node FROM followed AS d)
    UNION ALL SELECT f.child, CASE WHEN _wide THEN 4 ELSE 2 END FROM fk AS f JOIN followed AS d ON d.node = f.parent
    UNION ALL SELECT x.relid, CASE WHEN _wide THEN 4 ELSE x.strength END FROM pg_temp.dumpsert_more_locks AS x
    UNION ALL SELECT s.relid, 1 FROM pg_temp.dumpsert_stages AS s WHERE s.way <> 'skip'
  ), lock AS (
    SELECT m.relid, max(CASE WHEN m.strength > 2 AND EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = m.relid AND r.ev_type IN ('2', '3') AND r.ev_enabled <> 'D')
                             THEN 5 ELSE m.strength END) AS strength FROM meant AS m GROUP BY m.relid
  ), able AS (  -- ROW SHARE needs a privilege that a foreign key's check has by itself
    SELECT l.relid, CASE WHEN l.strength = 2 AND NOT p.may THEN 1 ELSE l.strength END AS strength, p.may OR l.strength < 3 AS may
      FROM lock AS l CROSS JOIN LATERAL (
        SELECT has_table_privilege(l.relid, 'UPDATE') OR has_table_privilege(l.relid, 'DELETE') OR has_table_privilege(l.relid, 'TRUNCATE') AS may) AS p
     WHERE l.strength > 2 OR p.may OR has_table_privilege(l.relid, 'SELECT')
  )
  SELECT l.relid, format('LOCK TABLE %s%s IN %s MODE', CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END, l.relid::regclass,
                         (ARRAY['ACCESS SHARE', 'ROW SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'])[l.strength]), l.strength, l.may
    FROM able AS l JOIN pg_class AS c ON c.oid = l.relid WHERE c.relkind IN ('r', 'p')
   ORDER BY coalesce(pg_partition_root(l.relid), l.relid), l.relid;
END
$dumpsert$;

-- The sequences that will be moved, as dumpsert_close has found them, by the statement that locks them. Beside other writes only those of
-- columns: numbers that are drawn by hand need not wait for the whole merge.
CREATE FUNCTION pg_temp.dumpsert_sequence_locks(_all boolean) RETURNS pg_catalog.text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN ARRAY(SELECT DISTINCT t.statement FROM pg_temp.dumpsert_todo AS t
    WHERE t.phase = 'close' AND t.statement ~ '^ALTER SEQUENCE ' AND (_all OR EXISTS (
      SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
         AND d.objid = to_regclass(substring(t.statement FROM '^ALTER SEQUENCE (.*) INCREMENT BY -?[0-9]+$')))));
END
$dumpsert$;

-- The relation that a statement locks.
CREATE FUNCTION pg_temp.dumpsert_locked_by(_statement pg_catalog.text) RETURNS pg_catalog.oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT to_regclass(coalesce(substring(_statement FROM '^LOCK TABLE (?:ONLY )?(.*) IN [A-Z ]+ MODE$'),
                              substring(_statement FROM '^ALTER SEQUENCE (.*) INCREMENT BY -?[0-9]+$')))
$dumpsert$;

-- The sessions that hold locks on relations in the way of a writer; for the message, and to see whether one waits for us.
CREATE FUNCTION pg_temp.dumpsert_holders(_relids pg_catalog.oid[]) RETURNS TABLE (relation pg_catalog.oid, pid integer, told pg_catalog.text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT DISTINCT ON (l.pid) l.relation, l.pid, concat('process ', l.pid, ' of ' || a.usename, ' (' || nullif(a.application_name, '') || ')')
    FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
   WHERE l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
     AND l.relation = ANY (_relids || ARRAY(SELECT p.relid::oid FROM unnest(_relids) AS u CROSS JOIN LATERAL pg_partition_tree(u) AS p))
     AND l.granted AND l.pid <> pg_backend_pid() AND l.mode <> 'AccessShareLock' ORDER BY l.pid, l.relation
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_who(_relids pg_catalog.oid[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT min(h.relation::regclass::text) || ', held by ' || string_agg(h.told, ', ')
    FROM (SELECT * FROM pg_temp.dumpsert_holders(_relids) LIMIT 3) AS h
$dumpsert$;

-- ALTER SEQUENCE leaves a lock with the transaction, whatever becomes of its subtransaction (lock_and_open_sequence in sequence.c). Two scripts
-- that have tried it would be in each other's way for good: only one at a time may, and the other waits here, where it holds nothing.
CREATE PROCEDURE pg_temp.dumpsert_be_alone(_patience bigint, _begun timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  PERFORM set_config('lock_timeout', CASE WHEN _patience > 0 THEN greatest(1, _patience - extract(epoch FROM clock_timestamp() - _begun) * 1000)::bigint ELSE 0 END::text, true);
  PERFORM pg_advisory_xact_lock(1685417328, 1936028019);  -- 'dump', 'seqs'
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
    MESSAGE = format('dumpsert: another script moves sequences of this database, and has not ended within lock_timeout (%s ms); nothing was changed', _patience),
    HINT = 'Run the script again when the other has ended.';
END
$dumpsert$;

-- Takes a lock while none is held. It is waited for in slices that are less than half of deadlock_timeout: whoever holds it and waits for this
-- very transaction (CREATE INDEX CONCURRENTLY does) would be ended as the victim of a deadlock, so that is looked for before each. Only
-- for autovacuum the wait is longer, which makes it give way.
CREATE PROCEDURE pg_temp.dumpsert_lock_first(_statement pg_catalog.text, _patience bigint, _begun timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _deadlock bigint := (SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout');
  _relid oid := pg_temp.dumpsert_locked_by(_statement);
  _slice bigint;
  _left bigint;
  _h record;
BEGIN
  LOOP
    _slice := _deadlock * 4 / 10;
    FOR _h IN SELECT h.pid, h.told FROM pg_temp.dumpsert_holders(ARRAY[_relid]) AS h LOOP
      IF pg_backend_pid() = ANY (pg_blocking_pids(_h.pid)) THEN
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
          MESSAGE = format('dumpsert: %s has locked %s and waits for the end of this transaction; nothing was changed', _h.told, _relid::regclass),
          HINT = 'Run the script again when the other command, such as CREATE INDEX CONCURRENTLY, has ended.';
      ELSIF EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = _h.pid AND a.backend_type = 'autovacuum worker') THEN
        _slice := _deadlock * 3;
      END IF;
    END LOOP;
    _left := CASE WHEN _patience > 0 THEN greatest(1, _patience - extract(epoch FROM clock_timestamp() - _begun) * 1000)::bigint END;
    BEGIN
      PERFORM set_config('lock_timeout', least(_slice, _left)::text, true);
      EXECUTE _statement;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      IF _left <= _slice THEN
        RAISE;
      END IF;
    END;
  END LOOP;
END
$dumpsert$;

-- Locks the rows of tables that foreign keys only look at, as the checks of the foreign keys will, but without waiting: a row that an
-- application holds, which perhaps waits for us already, ends the attempt at once.
CREATE PROCEDURE pg_temp.dumpsert_lock_rows(_stages integer[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _looked_at oid[] := ARRAY(SELECT l.relid FROM pg_temp.dumpsert_locks(_stages, false) AS l WHERE l.strength = 2 AND has_table_privilege(l.relid, 'SELECT'));
  _statement text;
BEGIN
  FOR _statement IN
    -- rows that new or changed rows refer to
    SELECT format('SELECT FROM %s AS q WHERE EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS s WHERE %s%s) FOR KEY SHARE OF q NOWAIT', r.parent_relid::regclass, s.n,
             (SELECT string_agg(format('q.%I %s s.%I', u.referenced, u.crosses, u.holding), ' AND ') FROM unnest(r.referenced, r.crosses, r.holding) AS u(referenced, crosses, holding)),
             CASE WHEN s.same_key IS NOT NULL THEN format(' AND NOT EXISTS (SELECT FROM %s AS p WHERE %s AND ROW(%s)::record *= ROW(%s)::record)', s.target, s.same_key,
               (SELECT string_agg(format('p.%I', h), ', ') FROM unnest(r.holding) AS h), (SELECT string_agg(format('s.%I', h), ', ') FROM unnest(r.holding) AS h)) END)
      FROM pg_temp.dumpsert_references AS r JOIN pg_temp.dumpsert_stages AS s ON s.node = r.child AND s.n = ANY (_stages)
     WHERE r.parent = ANY (_looked_at) AND r.parent_relid = r.parent AND r.holding <@ s.columns AND s.way <> 'skip'
    UNION ALL
    -- rows that refer to values that change
    SELECT format('SELECT FROM %s AS q WHERE EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS s JOIN %s AS p ON %s WHERE %s AND NOT ROW(%s)::record *= ROW(%s)::record)'
             ' FOR KEY SHARE OF q NOWAIT', r.child_relid::regclass, s.n, s.target, s.same_key,
             (SELECT string_agg(format('p.%I %s q.%I', u.referenced, u.crosses, u.holding), ' AND ') FROM unnest(r.referenced, r.crosses, r.holding) AS u(referenced, crosses, holding)),
             (SELECT string_agg(format('p.%I', c), ', ') FROM unnest(r.referenced) AS c), (SELECT string_agg(format('s.%I', c), ', ') FROM unnest(r.referenced) AS c))
      FROM pg_temp.dumpsert_references AS r JOIN pg_temp.dumpsert_stages AS s ON s.node = r.parent AND s.n = ANY (_stages)
     WHERE r.child = ANY (_looked_at) AND r.child_relid = r.child AND r.referenced <@ s.columns AND s.changed > 0 AND s.same_key IS NOT NULL
       AND r.referenced && s.set_columns AND NOT r.referenced <@ s.key_columns
  LOOP
    BEGIN
      EXECUTE _statement;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;  -- the check of the foreign key itself has the privilege
    END;
  END LOOP;
END
$dumpsert$;

-- Which statements lock what is to be written against other writers, never against plain readers. EXCLUSIVE, and not SHARE ROW
-- EXCLUSIVE, because the latter lets SELECT FOR UPDATE pass, whose session would then wait for us at its UPDATE, and we for its row.
-- A rule can be switched off only under ACCESS EXCLUSIVE, which is therefore taken at once. Tables that the ON UPDATE actions of the
-- target may reach are locked as well; with _wide, so are the tables that are only referenced. The order is the same in every run.
CREATE FUNCTION pg_temp.dumpsert_locks(_stages integer[], _wide boolean) RETURNS TABLE (relid pg_catalog.oid, statement pg_catalog.text, may boolean)
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
    SELECT w.relid, CASE WHEN w.updates THEN 2 ELSE 1 END AS strength FROM written AS w
    UNION ALL SELECT d.node, 2 FROM followed AS d WHERE d.node = ANY (_reached)
    UNION ALL SELECT f.parent, 2 FROM fk AS f JOIN written AS w ON w.node = f.child WHERE _wide
  ), lock AS (
    SELECT m.relid, max(CASE WHEN EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = m.relid AND r.ev_type IN ('2', '3') AND r.ev_enabled <> 'D')
                             THEN 3 ELSE m.strength END) AS strength FROM meant AS m GROUP BY m.relid
  )
  SELECT l.relid, format('LOCK TABLE %s%s IN %s MODE', CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END, l.relid::regclass,
                         (ARRAY['SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'])[l.strength]),
         has_table_privilege(l.relid, 'UPDATE') OR has_table_privilege(l.relid, 'DELETE') OR has_table_privilege(l.relid, 'TRUNCATE')
    FROM lock AS l JOIN pg_class AS c ON c.oid = l.relid WHERE c.relkind IN ('r', 'p')
   ORDER BY coalesce(pg_partition_root(l.relid), l.relid), l.relid;
END
$dumpsert$;

-- Who is in the way of a statement that waits for a lock: for the message.
CREATE FUNCTION pg_temp.dumpsert_who(_relid pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format('process %s%s%s', w.pid, ' of ' || w.usename, ' (' || nullif(w.application_name, '') || ')'), ', ') FROM (
    SELECT DISTINCT l.pid, a.usename, a.application_name FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
       AND l.relation IN (SELECT _relid UNION SELECT p.relid FROM pg_partition_tree(_relid) AS p) AND l.pid <> pg_backend_pid()
       AND l.mode <> 'AccessShareLock' ORDER BY l.pid LIMIT 3) AS w
$dumpsert$;

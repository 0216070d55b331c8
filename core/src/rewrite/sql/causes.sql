-- Why PostgreSQL refuses, and what can be done: for errors whose own text does not tell.

-- Which trigger or event trigger of the target called the function that failed, by the context of its error; and the ways out.
CREATE FUNCTION pg_temp.dumpsert_caller(_context pg_catalog.text, OUT told pg_catalog.text, OUT hint pg_catalog.text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _path text := (SELECT s.search_path FROM pg_temp.dumpsert_session AS s);
  _function regprocedure;
  _triggers text; _off text;
BEGIN
  -- The function that is named first is the innermost.
  SELECT f.oid INTO _function FROM (
    SELECT p.oid, least(nullif(position(format('PL/pgSQL function %I.%I() ', n.nspname, p.proname) IN _context), 0),
                        nullif(position(format('PL/pgSQL function %I() ', p.proname) IN _context), 0),
                        nullif(position(format('function "%s"', p.proname) IN _context), 0)) AS place
      FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
     WHERE p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AND p.pronamespace <> pg_my_temp_schema()) AS f
   WHERE f.place > 0 ORDER BY f.place, f.oid LIMIT 1;
  IF _function IS NULL THEN
    RETURN;
  END IF;
  SELECT string_agg(t.told, ' or ' ORDER BY t.told), min(t.off) INTO _triggers, _off FROM (
    SELECT format('%s %I of %s', CASE WHEN g.tgconstraint = 0 THEN 'trigger' ELSE 'constraint trigger' END, g.tgname, g.tgrelid::regclass) AS told,
           CASE WHEN g.tgconstraint = 0 THEN 'triggers = off' ELSE 'constraint_triggers = off' END AS off
      FROM pg_trigger AS g WHERE g.tgfoid = _function AND g.tgenabled IN ('O', 'A') AND NOT g.tgisinternal
     ORDER BY NOT EXISTS (SELECT FROM pg_temp.dumpsert_touched AS t WHERE g.tgrelid IN (t.relid, t.root)), g.tgrelid, g.tgname LIMIT 3) AS t;
  IF _triggers IS NOT NULL THEN
    told := format('It comes from %s, which calls %s under the search_path %s.', _triggers, _function, coalesce(nullif(_path, ''), '""'));
    hint := format('If the function needs another path: ALTER FUNCTION %s SET search_path = PATH, or set search_path for the session that runs the script. '
      'If it does work whose result the dump brings anyway, choose %s.', _function, _off);
    RETURN;
  END IF;
  SELECT string_agg(quote_ident(e.evtname), ' or ' ORDER BY e.evtname) INTO _triggers FROM pg_event_trigger AS e WHERE e.evtfoid = _function AND e.evtenabled IN ('O', 'A');
  IF _triggers IS NOT NULL THEN
    told := format('It comes from event trigger %s, which calls %s for the temporary tables and other commands of the script.', _triggers, _function);
    hint := format('Let the function pass what is in the schema pg_temp and set its own path (ALTER FUNCTION %s SET search_path = PATH), or switch it off meanwhile: ALTER EVENT TRIGGER %s DISABLE.',
                   _function, _triggers);
  END IF;
END
$dumpsert$;

-- What can be done where the reason is in the server and not in the row.
CREATE FUNCTION pg_temp.dumpsert_remedy(_state pg_catalog.text, _message pg_catalog.text, _relid pg_catalog.oid, _constraint pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN CASE
    WHEN _state = '53100' THEN 'The disk of the server is full. The rows of a dump wait in temporary tables, which take about as much room as the dump, and what is '
      'written takes as much again in the tables and in pg_wal. Make room, let temp_tablespaces name another disk, or merge some tables at a time with only_tables.'
    WHEN _state = '53400' AND _message ~ 'temp_file_limit' THEN format('Large tables are compared by temporary files. A superuser can raise the limit: ALTER ROLE %I SET '
      'temp_file_limit = SIZE; a larger work_mem needs fewer files, and only_tables merges some tables at a time.', current_user)
    WHEN _state = '55000' AND _message ~ 'replica identity' THEN format('The table is in a publication, and its rows cannot be updated without a replica identity: '
      'ALTER TABLE %s REPLICA IDENTITY FULL; or choose update = nothing for this table, which inserts new rows only.', substring(_message FROM '"(.*)" because'))
    WHEN _state IN ('23503', '23514') AND EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = _relid AND c.conname = _constraint AND NOT c.convalidated)
      THEN format('The constraint is NOT VALID here: rows that are older than it may break it, and none that is written. Leave such rows out with exclude, or drop '
        'the constraint before the merge (ALTER TABLE %s DROP CONSTRAINT %I) and add it again behind it as %s.', _relid::regclass, _constraint,
        (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.conrelid = _relid AND c.conname = _constraint)) END;
END
$dumpsert$;

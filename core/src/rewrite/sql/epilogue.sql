-- Sequences whose own column has values beyond them: the next row of the application would collide. Dumps of single tables and of
-- INSERTs bring no setval, or name a sequence that is called otherwise here. They join those of the dump.
CREATE PROCEDURE pg_temp.dumpsert_find_behind()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _end bigint;
  _behind boolean;
BEGIN
  FOR _s IN
    SELECT DISTINCT c.oid::regclass AS seq, n.nspname, c.relname, q.seqincrement, a.attname, d.refobjid::regclass AS relation,
           has_sequence_privilege(c.oid, 'SELECT') AS may
      FROM (SELECT t.relid FROM pg_temp.dumpsert_touched AS t UNION SELECT t.root FROM pg_temp.dumpsert_touched AS t) AS t
      JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.relid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_sequence AS q ON q.seqrelid = c.oid
      JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
     WHERE has_column_privilege(d.refobjid, d.refobjsubid::int2, 'SELECT')
     ORDER BY 2, 3
  LOOP
    EXECUTE format('SELECT %s(%I) FROM %s', CASE WHEN _s.seqincrement > 0 THEN 'max' ELSE 'min' END, _s.attname, _s.relation) INTO _end;
    _behind := _end IS NOT NULL;
    IF _behind AND _s.may THEN
      EXECUTE format('SELECT CASE WHEN %s > 0 THEN last_value < $1 ELSE last_value > $1 END OR last_value = $1 AND NOT is_called FROM %s', _s.seqincrement, _s.seq)
        INTO _behind USING _end;
    END IF;
    IF _behind AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_sequences AS r WHERE (r.schema, r.name) = (_s.nspname, _s.relname)
         AND (CASE WHEN _s.seqincrement > 0 THEN r.value > _end ELSE r.value < _end END OR r.value = _end AND r.is_called)) THEN
      INSERT INTO pg_temp.dumpsert_sequences (schema, name, value, is_called) VALUES (_s.nspname, _s.relname, _end, true);
    END IF;
  END LOOP;
END
$dumpsert$;

-- Plans what ends the script: switched-off triggers back as they were, sequences forward, routines away.
CREATE PROCEDURE pg_temp.dumpsert_close()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
  _move boolean;
  _behind text;
  _outcome text;
BEGIN
  -- A client that goes on behind an error, by savepoints, may come here although dumpsert_begin has refused it.
  IF NOT EXISTS (SELECT FROM pg_temp.dumpsert_options) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'dumpsert: the check at the beginning of the script has failed; nothing was changed';
  END IF;
  IF (SELECT o.options ->> 'sequences' FROM pg_temp.dumpsert_options AS o) = 'forward' THEN
    CALL pg_temp.dumpsert_find_behind();
  END IF;
  INSERT INTO pg_temp.dumpsert_todo (phase, statement)
  SELECT 'close', format('ALTER TABLE ONLY %s ENABLE %s %s %I', s.relid::regclass,
                         CASE s.state WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' END, replace(s.kind, 'CONSTRAINT ', ''), s.name)
    FROM pg_temp.dumpsert_switched AS s ORDER BY s.n;
  INSERT INTO pg_temp.dumpsert_todo (phase, statement)
  SELECT 'end', format('DROP ROUTINE pg_temp.%I', p.proname)
    FROM pg_proc AS p WHERE p.pronamespace = pg_my_temp_schema() AND p.proname ~ '^dumpsert_';
  INSERT INTO pg_temp.dumpsert_todo (phase, statement) VALUES ('end', 'INSERT INTO pg_temp.dumpsert_done VALUES (2)');

  FOR _s IN
    SELECT r.n, r.value, r.is_called, c.oid::regclass AS seq, c.relowner, q.*, u.relations,
           c.relnamespace::regnamespace::text ~ '^pg_' OR EXISTS (SELECT FROM pg_depend AS d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS alien
      FROM pg_temp.dumpsert_sequences AS r
      LEFT JOIN (pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid) ON n.nspname = r.schema AND c.relname = r.name
      LEFT JOIN pg_sequence AS q ON q.seqrelid = c.oid
      CROSS JOIN LATERAL (  -- the tables that own it (serial, identity), or draw a default from it
        SELECT array_agg(coalesce(pg_partition_root(o.relid), o.relid)) AS relations FROM (
          SELECT d.refobjid FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
             AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
          UNION SELECT a.adrelid FROM pg_depend AS d JOIN pg_attrdef AS a ON a.oid = d.objid
           WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid) AS o(relid)) AS u
     ORDER BY r.n
  LOOP
    _outcome := CASE
      WHEN (SELECT o.options ->> 'sequences' FROM pg_temp.dumpsert_options AS o) = 'keep' THEN 'kept: sequences = keep'
      WHEN _s.seqrelid IS NULL THEN 'skipped: no such sequence here'
      WHEN _s.alien THEN 'skipped: it belongs to the system or to an extension'
      WHEN NOT EXISTS (SELECT FROM pg_temp.dumpsert_touched AS t WHERE t.root = ANY (_s.relations)) AND _s.relations IS NOT NULL
        THEN 'skipped: the dump has no rows for its table'
      WHEN _s.value NOT BETWEEN _s.seqmin AND _s.seqmax
        THEN format('skipped: %s is not between %s and %s', _s.value, _s.seqmin, _s.seqmax)
      WHEN NOT has_sequence_privilege(_s.seq, 'SELECT') OR NOT has_sequence_privilege(_s.seq, 'UPDATE')
        THEN 'skipped: needs the privileges SELECT and UPDATE' END;
    IF _outcome IS NULL THEN
      _behind := format('last_value OPERATOR(pg_catalog.%s) %L::bigint OR last_value OPERATOR(pg_catalog.=) %2$L::bigint'
        ' AND is_called OPERATOR(pg_catalog.<) %L::boolean', CASE WHEN _s.seqincrement > 0 THEN '<' ELSE '>' END, _s.value, _s.is_called);
      EXECUTE format('SELECT %s FROM %s', _behind, _s.seq) INTO _move;
      _outcome := CASE WHEN NOT _move THEN 'kept' WHEN pg_has_role(_s.relowner, 'USAGE') THEN 'moved'
                       ELSE 'moved, not undone by a rollback' END;
      IF _outcome = 'moved' THEN
        -- Locks out nextval and gives the sequence a new file, state unchanged: setval becomes part of the transaction.
        INSERT INTO pg_temp.dumpsert_todo (phase, statement)
        VALUES ('close', format('ALTER SEQUENCE %s INCREMENT BY %s', _s.seq, _s.seqincrement));
      END IF;
      IF _move THEN
        INSERT INTO pg_temp.dumpsert_todo (phase, statement)
        VALUES (CASE _outcome WHEN 'moved' THEN 'close' ELSE 'end' END,
                format('SELECT pg_catalog.setval(%L, %s, %L) FROM %1$s WHERE %4$s', _s.seq, _s.value, _s.is_called, _behind));
      END IF;
    END IF;
    UPDATE pg_temp.dumpsert_sequences AS r SET outcome = _outcome WHERE r.n = _s.n;
  END LOOP;
END
$dumpsert$;

DO $dumpsert$
DECLARE
  _state pg_catalog.text; _message pg_catalog.text; _detail pg_catalog.text; _hint pg_catalog.text; _context pg_catalog.text;
BEGIN
  IF pg_catalog.to_regproc('pg_temp.dumpsert_apply') IS NULL THEN
    BEGIN
      CALL pg_temp.dumpsert_settle();
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS _state = RETURNED_SQLSTATE, _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT,
        _context = PG_EXCEPTION_CONTEXT;
      IF (pg_temp.dumpsert_caller(_context)).told IS NULL THEN
        RAISE;
      END IF;
      CALL pg_temp.dumpsert_raise_shown(_state, _message, _detail, _hint, _context);
    END;
    CALL pg_temp.dumpsert_close();
    CALL pg_temp.dumpsert_run('close');
  ELSE
    CALL pg_temp.dumpsert_apply();
  END IF;
END
$dumpsert$;

SELECT pg_temp.dumpsert_shown(pg_catalog.jsonb_build_object('version', 1,
  'tables', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) ORDER BY t.target) FROM pg_temp.dumpsert_counts AS t),
  'sequences', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(s) ORDER BY s.n) FROM pg_temp.dumpsert_sequences AS s),
  'refused', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r) ORDER BY r.target) FROM (
    SELECT f.target, pg_catalog.count(*) AS rows, (pg_catalog.array_agg(pg_catalog.jsonb_build_object('key', f.key, 'here', f.here,
      'dumped', f.dumped) ORDER BY f.n))[1:10] AS examples FROM pg_temp.dumpsert_refused AS f GROUP BY f.target) AS r),
  'mapping', (SELECT m.tables FROM pg_temp.dumpsert_mapping AS m),
  'notes', (SELECT pg_catalog.jsonb_agg(t.note ORDER BY t.n) FROM pg_temp.dumpsert_notes AS t))::pg_catalog.text, true)::pg_catalog.json AS dumpsert_result
\gset
;
CALL pg_temp.dumpsert_run('end');

-- What the keys of dumped rows become: pg_temp.dumpsert_seen_<n> has, for rows of stage n, the place in the stage, why it is another
-- row's key (how: m by match_on, t by the table of mappings, r a new one), the old values o<attnum> of the columns that it is known by, and the new ones c<attnum>.

-- These columns of a stage.
CREATE FUNCTION pg_temp.dumpsert_idents(_n integer) RETURNS TABLE (name pg_catalog.text, a int2, type pg_catalog.text, under pg_catalog.text, is_key boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN QUERY
  SELECT a.attname::text, a.attnum, format_type(a.atttypid, a.atttypmod),
         (SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation),
         a.attname = ANY (s.key_columns)
    FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n)
    JOIN pg_attribute AS a ON a.attrelid = to_regclass('pg_temp.dumpsert_stage_' || m.n) AND a.attnum > 0 AND a.attname = ANY (m.idents)
   WHERE m.n = _n ORDER BY a.attnum;
END
$dumpsert$;

-- An index's condition that row p of the table and row e of the dump have the same values.
CREATE FUNCTION pg_temp.dumpsert_same_idents(_n integer, _index pg_catalog.oid, _nulls_meet boolean) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format(CASE WHEN NOT (_nulls_meet OR k.nulls_meet) THEN 'p.%1$I%3$s%6$s %4$s e.c%2$s%3$s%5$s'
                                WHEN k.by_array THEN 'ARRAY[p.%1$I%3$s%6$s] OPERATOR(pg_catalog.=) ARRAY[e.c%2$s%3$s%5$s]'
                                ELSE '(p.%1$I%3$s%6$s %4$s e.c%2$s%3$s%5$s OR p.%1$I IS NULL AND e.c%2$s IS NULL)' END,
      k.name, i.a, k.cast_to, k.equals, coalesce(k.under, i.under), coalesce(k.under, i.under)), ' AND ' ORDER BY k.ord)
    FROM pg_temp.dumpsert_key_parts(_index) AS k JOIN pg_temp.dumpsert_idents(_n) AS i USING (name)
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_phrase_match()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  UPDATE pg_temp.dumpsert_mapped AS m SET match_index = pg_temp.dumpsert_index_on('dumpsert_match_' || m.n, s.relid, m.match_on, true)
    FROM pg_temp.dumpsert_stages AS s WHERE s.n = m.n AND m.rule IS NOT NULL;
  UPDATE pg_temp.dumpsert_mapped AS m SET
    same_match = pg_temp.dumpsert_same_idents(m.n, m.match_index, m.rule ->> 'nulls' = 'not_distinct'),
    has_match = CASE WHEN m.rule ->> 'nulls' = 'not_distinct' THEN 'true'
                     ELSE (SELECT string_agg(format('e.c%s IS NOT NULL', i.a), ' AND ') FROM pg_temp.dumpsert_idents(m.n) AS i WHERE i.name = ANY (m.match_on)) END
   WHERE m.rule IS NOT NULL;
END
$dumpsert$;

-- The column of a key that gets a new value: the one with a default or an identity, and no reference in it.
CREATE FUNCTION pg_temp.dumpsert_drawn_column(_n integer, OUT name pg_catalog.text, OUT value pg_catalog.text, OUT is_number boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  SELECT min(a.attname), min(CASE WHEN a.attidentity <> '' THEN format('pg_catalog.nextval(%L::pg_catalog.regclass)', pg_get_serial_sequence(s.relid::regclass::text, a.attname))
                                  ELSE pg_get_expr(e.adbin, e.adrelid) END), bool_and(a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype))
    INTO name, value, is_number
    FROM pg_temp.dumpsert_stages AS s JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = ANY (s.key_columns) AND a.attgenerated = ''
    LEFT JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
   WHERE s.n = _n AND (e.oid IS NOT NULL OR a.attidentity <> '')
     AND NOT EXISTS (SELECT FROM pg_temp.dumpsert_links AS l WHERE l.n = _n AND a.attname = ANY (l.holding)) HAVING count(*) = 1;
END
$dumpsert$;

CREATE PROCEDURE pg_temp.dumpsert_check_taken()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _s record;
BEGIN
  FOR _s IN SELECT s.relid::regclass AS relation, array_to_string(s.key_columns, ', ') AS names FROM pg_temp.dumpsert_mapped AS m JOIN pg_temp.dumpsert_stages AS s USING (n)
             WHERE m.rule ->> 'taken' = 'renumber' AND (pg_temp.dumpsert_drawn_column(m.n)).name IS NULL ORDER BY m.n LOOP
    RAISE EXCEPTION USING ERRCODE = 'invalid_column_reference',
      MESSAGE = format('dumpsert: on_taken_key = renumber is given for %s, and its key (%s) has no default to draw a new one from; nothing was changed', _s.relation, _s.names),
      HINT = 'Ids that the application makes can only be made by it. Give the column a default, such as gen_random_uuid(), or leave the option out.';
  END LOOP;
END
$dumpsert$;

-- The rows of a stage for which a condition on a row of the table is true, into pg_temp.dumpsert_when_<_to>.
CREATE PROCEDURE pg_temp.dumpsert_find_when(_to pg_catalog.text, _n integer, _condition pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _name text := (SELECT c.relname FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS c ON c.oid = s.relid WHERE s.n = _n);
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_when_%s (at pg_catalog.tid) ON COMMIT DROP', _to);
  PERFORM pg_temp.dumpsert_execute(format('INSERT INTO pg_temp.dumpsert_when_%s SELECT %I.ctid FROM pg_temp.dumpsert_stage_%s AS %2$I WHERE (%4$s)', _to, _name, _n, _condition));
  EXECUTE format('ANALYZE pg_temp.dumpsert_when_%s', _to);
END
$dumpsert$;

-- The condition that a staged row d has a reference of this link, and that a dumped row answers it; NULL if there is none that could.
CREATE FUNCTION pg_temp.dumpsert_refers(_k integer) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format('d.%I IS NOT NULL', h), ' AND ')
      || CASE WHEN min(l.condition) IS NOT NULL THEN format(' AND EXISTS (SELECT FROM pg_temp.dumpsert_when_%s AS x WHERE x.at OPERATOR(pg_catalog.=) d.ctid)', _k) ELSE '' END
    FROM pg_temp.dumpsert_links AS l CROSS JOIN LATERAL unnest(l.holding) AS h WHERE l.k = _k
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_answered(_k integer) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT '(' || string_agg(format('EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS q WHERE %s)', s.n,
           pg_temp.dumpsert_meets(_k, ARRAY(SELECT format('q.%I', r) FROM unnest(l.referenced) WITH ORDINALITY AS u(r, i) ORDER BY u.i), 'd')), ' OR ') || ')'
    FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_stages AS s ON s.node = l.parent AND s.way <> 'skip' AND l.referenced <@ s.found WHERE l.k = _k
$dumpsert$;

-- A reference to a row whose key may be another one here, and that the dump does not bring: nobody knows which row is meant.
CREATE PROCEDURE pg_temp.dumpsert_check_answered()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _l record; _rows bigint; _at tid;
BEGIN
  FOR _l IN SELECT l.k, l.n, l.condition FROM pg_temp.dumpsert_links AS l WHERE l.condition IS NOT NULL ORDER BY l.k LOOP
    CALL pg_temp.dumpsert_find_when(_l.k::text, _l.n, _l.condition);
  END LOOP;
  FOR _l IN
    SELECT l.k, l.n, array_to_string(l.holding, ', ') AS names, l.parent::regclass AS parent, s.relid::regclass AS relation, pg_temp.dumpsert_answered(l.k) AS answered
      FROM pg_temp.dumpsert_links AS l JOIN pg_temp.dumpsert_stages AS s USING (n)
     WHERE (l.parent IN (SELECT m.node FROM pg_temp.dumpsert_mapped AS m) OR pg_temp.dumpsert_said_columns('match', l.parent) IS NOT NULL)
       AND coalesce(pg_temp.dumpsert_said('match', l.parent) ->> 'unmatched', 'error') <> 'keep' ORDER BY l.k
  LOOP
    EXECUTE format('SELECT pg_catalog.count(*), (pg_catalog.array_agg(d.ctid))[1] FROM pg_temp.dumpsert_stage_%s AS d WHERE %s%s', _l.n, pg_temp.dumpsert_refers(_l.k), ' AND NOT ' || _l.answered)
      INTO _rows, _at;
    IF _rows > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation',
        MESSAGE = format('dumpsert: %s of %s by (%s) to rows of %s that the dump does not bring: which rows they are here is not known, the first in %s; nothing was changed',
          _rows || CASE _rows WHEN 1 THEN ' reference' ELSE ' references' END, _l.relation, _l.names, _l.parent, pg_temp.dumpsert_staged_row(_l.n, _at)),
        HINT = format('Rows of %s may stand here under other keys (match_on). Bring the referenced rows as well, or say that the keys are the same: on_unmatched_reference = keep.', _l.parent);
    END IF;
  END LOOP;
END
$dumpsert$;

-- The joins that give new values to rows d of a stage by these links, and the value of a column by one of them. A link without anything new has no join.
CREATE FUNCTION pg_temp.dumpsert_join_links(_links integer[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT coalesce(string_agg(format(' LEFT JOIN pg_temp.dumpsert_to_%s AS l%s ON %s%s', l.to_n, l.k,
      pg_temp.dumpsert_meets(l.k, ARRAY(SELECT format('l%s.w%s', l.k, i) FROM generate_subscripts(l.holding, 1) AS i ORDER BY i), 'd'),
      CASE WHEN l.condition IS NOT NULL THEN format(' AND EXISTS (SELECT FROM pg_temp.dumpsert_when_%s AS x WHERE x.at OPERATOR(pg_catalog.=) d.ctid)', l.k) END), '' ORDER BY l.k), '')
    FROM pg_temp.dumpsert_links AS l WHERE l.k = ANY (_links)
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_linked_value(_k integer, _o integer, _type pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT format('l%s.v%s%s::%s', _k, _o, CASE WHEN l.crosses IS NULL THEN '::pg_catalog.text' ELSE '' END, _type) FROM pg_temp.dumpsert_links AS l WHERE l.k = _k
$dumpsert$;

-- The rows of a stage that can be asked for now, with new values from what they reference: all that are not seen yet, in a tree those whose
-- parents have been. may says whether match_on holds for a row. Of a table without match_on only rows that change.
CREATE PROCEDURE pg_temp.dumpsert_take_batch(_n integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _m pg_temp.dumpsert_mapped := (SELECT m FROM pg_temp.dumpsert_mapped AS m WHERE m.n = _n);
  _links integer[] := ARRAY(SELECT DISTINCT c.k FROM pg_temp.dumpsert_sources AS c JOIN pg_temp.dumpsert_links AS l USING (k) JOIN pg_temp.dumpsert_rewritten AS r ON r.n = l.to_n
                             WHERE c.n = _n AND (r.rows > 0 OR l.parent = l.node));
  _columns text; _values text; _ready text;
BEGIN
  SELECT string_agg(format('o%1$s %2$s%3$s, c%1$s %2$s%3$s', i.a, i.type, i.under), ', ' ORDER BY i.a),
         string_agg(format('d.%1$I AS o%3$s, %2$s AS c%3$s', i.name, coalesce((SELECT format('CASE WHEN l%s.w1 IS NOT NULL THEN %s ELSE d.%I END', c.k, pg_temp.dumpsert_linked_value(c.k, c.o, i.type), i.name)
           FROM pg_temp.dumpsert_sources AS c WHERE c.n = _n AND c.name = i.name AND c.k = ANY (_links)), format('d.%I', i.name)), i.a), ', ' ORDER BY i.a)
    INTO _columns, _values FROM pg_temp.dumpsert_idents(_n) AS i;
  _ready := CASE
    WHEN _m.is_tree THEN format('NOT EXISTS (SELECT FROM pg_temp.dumpsert_seen_%s AS y WHERE y.at OPERATOR(pg_catalog.=) d.ctid)', _n)
      || (SELECT string_agg(format(' AND (l%1$s.w1 IS NOT NULL OR NOT (%2$s) OR NOT %3$s)', l.k, pg_temp.dumpsert_refers(l.k), pg_temp.dumpsert_answered(l.k)), '')
            FROM pg_temp.dumpsert_links AS l WHERE l.k = ANY (_links) AND l.parent = l.node)
    WHEN _m.rule IS NULL THEN coalesce((SELECT string_agg(format('l%s.w1 IS NOT NULL', k), ' OR ') FROM unnest(_links) AS k), 'false')
    ELSE 'true' END;
  IF to_regclass('pg_temp.dumpsert_seen_' || _n) IS NULL THEN
    EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_seen_%s (at pg_catalog.tid, how pg_catalog.text, may boolean, %s) ON COMMIT DROP', _n, _columns);
  END IF;
  DROP TABLE IF EXISTS pg_temp.dumpsert_batch;
  EXECUTE format('CREATE TEMPORARY TABLE pg_temp.dumpsert_batch (at pg_catalog.tid, %s, may boolean) ON COMMIT DROP', _columns);
  EXECUTE format('INSERT INTO pg_temp.dumpsert_batch SELECT e.*, %s FROM (SELECT d.ctid AS at, %s FROM pg_temp.dumpsert_stage_%s AS d%s WHERE %s) AS e', coalesce(_m.has_match, 'false')
    || CASE WHEN _m.rule ->> 'where' IS NOT NULL THEN format(' AND EXISTS (SELECT FROM pg_temp.dumpsert_when_m%s AS x WHERE x.at = e.at)', _n) ELSE '' END,
    _values, _n, pg_temp.dumpsert_join_links(_links), _ready);
  ANALYZE pg_temp.dumpsert_batch;
END
$dumpsert$;

-- What referenced columns become, for whoever references these rows of a stage; with _all also where nothing changes.
CREATE PROCEDURE pg_temp.dumpsert_tell_referrers(_n integer, _rows pg_catalog.text, _all boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _r record; _rows_told bigint;
BEGIN
  FOR _r IN
    SELECT r.n, (SELECT string_agg(format('e.o%s', i.a), ', ' ORDER BY u.o) || ', ' || string_agg(format('e.c%s', i.a), ', ' ORDER BY u.o) FROM unnest(r.referenced) WITH ORDINALITY AS u(name, o)
                   JOIN pg_temp.dumpsert_idents(_n) AS i USING (name)) AS both_values,
           (SELECT string_agg(format('e.o%s IS NOT NULL', i.a), ' AND ') FROM unnest(r.referenced) AS u(name) JOIN pg_temp.dumpsert_idents(_n) AS i USING (name)) AS present,
           (SELECT format('NOT ROW(%s)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(%s)::pg_catalog.record', string_agg(format('e.o%s', i.a), ', ' ORDER BY u.o), string_agg(format('e.c%s', i.a), ', ' ORDER BY u.o))
              FROM unnest(r.referenced) WITH ORDINALITY AS u(name, o) JOIN pg_temp.dumpsert_idents(_n) AS i USING (name)) AS differs
      FROM pg_temp.dumpsert_rewritten AS r JOIN pg_temp.dumpsert_mapped AS m ON m.n = _n AND r.node = m.node WHERE r.referenced <@ m.idents ORDER BY r.n
  LOOP
    EXECUTE format('INSERT INTO pg_temp.dumpsert_to_%s SELECT %s FROM %s AS e WHERE %s AND %s', _r.n, _r.both_values, _rows, _r.present, CASE WHEN _all THEN 'true' ELSE _r.differs END);
    GET DIAGNOSTICS _rows_told = ROW_COUNT;
    UPDATE pg_temp.dumpsert_rewritten AS r SET rows = r.rows + _rows_told WHERE r.n = _r.n;
    EXECUTE format('ANALYZE pg_temp.dumpsert_to_%s', _r.n);
  END LOOP;
END
$dumpsert$;

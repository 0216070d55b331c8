-- How rows could be recognised by a unique index that is not their key.
CREATE FUNCTION pg_temp.dumpsert_natural(_relid pg_catalog.oid, _index pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (
    SELECT format('If it is the same row, let rows of %s be recognised by these columns instead of their key: option match_on (--match-on %s).', s.relid::regclass,
                  quote_literal(format('%I.%I=%s', n.nspname, r.relname, (SELECT string_agg(quote_ident(a.attname), ',' ORDER BY k.o) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, o)
                    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.o <= i.indnkeyatts))))
      FROM pg_temp.dumpsert_stages AS s JOIN pg_class AS r ON r.oid = s.relid JOIN pg_namespace AS n ON n.oid = r.relnamespace
      JOIN pg_index AS i ON i.indrelid = _relid AND i.indisunique AND i.indexprs IS NULL AND i.indexrelid IS DISTINCT FROM s.key_index
      JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relname = _index
     WHERE s.node = coalesce(pg_partition_root(_relid), _relid) AND s.way = 'key' LIMIT 1);
END
$dumpsert$;

-- Raises an error again, with the place in the dump.
CREATE PROCEDURE pg_temp.dumpsert_raise(_component integer, _state pg_catalog.text, _message pg_catalog.text, _detail pg_catalog.text,
  _hint pg_catalog.text, _context pg_catalog.text, _schema pg_catalog.text, _table pg_catalog.text, _column pg_catalog.text,
  _constraint pg_catalog.text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _relid oid := to_regclass(format('%I.%I', _schema, _table));
  _s record;
  _columns text;
  _condition text;
  _values text := substring(_detail FROM '^Key \(.*\)=\((.*)\) (?:already exists|is duplicated|is not present|conflicts with)');
  _row bigint;
  _key text;
  _held text := substring(_detail FROM 'existing key \(.*\)=\((.*)\)\.$');  -- what an excluded value meets
  _holder text; _other text;
  _caller record := pg_temp.dumpsert_caller(_context);
BEGIN
  FOR _s IN SELECT s.n, s.relid, s.key_columns FROM pg_temp.dumpsert_stages AS s
             WHERE s.component = coalesce(_component, s.component) AND s.node = coalesce(pg_partition_root(_relid), _relid) ORDER BY s.n LOOP
    BEGIN
      SELECT string_agg(format('coalesce((%s)::text, ''null'')', k.expression), ', ' ORDER BY k.ord) INTO _columns FROM (
        SELECT pg_get_indexdef(i.indexrelid, o, true), o FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
         CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS o WHERE i.indrelid = _relid AND c.relname = _constraint
        UNION ALL
        SELECT quote_ident(a.attname), o FROM pg_constraint AS c CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, o)
          JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
         WHERE c.conrelid = _relid AND c.conname = _constraint AND c.contype = 'f') AS k(expression, ord);
      _condition := CASE
        WHEN _values IS NOT NULL AND _columns IS NOT NULL THEN format('concat_ws('', '', %s) = %L', _columns, _values)
        WHEN _state = '23502' THEN format('%I IS NULL', _column)
        WHEN _state = '23514' THEN (SELECT format('NOT (%s)', pg_get_expr(c.conbin, c.conrelid)) FROM pg_constraint AS c
                                     WHERE c.conrelid = _relid AND c.conname = _constraint) END;
      EXECUTE format('SELECT dumpsert_row, concat_ws('', '', %s) FROM (SELECT row_number() OVER () AS dumpsert_row, s.* FROM pg_temp.dumpsert_stage_%s AS s) AS s'
        ' WHERE %s ORDER BY 1 %s LIMIT 1', coalesce((SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.key_columns) AS k), 'NULL'),
        _s.n, _condition, CASE _state WHEN '23505' THEN 'DESC' END) INTO _row, _key;
      IF _state IN ('23505', '23P01') AND _row IS NOT NULL THEN
        EXECUTE format('SELECT concat_ws('', '', %1$s) FROM pg_temp.dumpsert_stage_%2$s AS s WHERE %3$s AND concat_ws('', '', %1$s) <> %4$L LIMIT 1',
          (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.key_columns) AS k), _s.n, _condition, _key) INTO _other;
        EXECUTE format('SELECT concat_ws('', '', %s) FROM %s WHERE %s LIMIT 1', (SELECT string_agg(quote_ident(k), ', ') FROM unnest(_s.key_columns) AS k),
          _relid::regclass, CASE WHEN _held IS NULL THEN _condition ELSE format('concat_ws('', '', %s) = %L', _columns, _held) END) INTO _holder;
        IF _holder IS NULL THEN  -- equal, and spelt differently
          EXECUTE coalesce((SELECT format('SELECT concat_ws('', '', %s) FROM %s AS p WHERE EXISTS (SELECT FROM pg_temp.dumpsert_stage_%s AS s WHERE %s AND %s) LIMIT 1',
              (SELECT string_agg(format('p.%I', k), ', ') FROM unnest(_s.key_columns) AS k), _relid::regclass, _s.n, _condition, pg_temp.dumpsert_same_key(i.indexrelid, 'p', 's'))
            FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
           WHERE i.indrelid = _relid AND c.relname = _constraint AND i.indisunique AND i.indexprs IS NULL AND i.indpred IS NULL), 'SELECT NULL::text') INTO _holder;
        END IF;
      END IF;
    EXCEPTION WHEN OTHERS THEN _row := NULL;  -- the search is a courtesy
    END;
    EXIT WHEN _row IS NOT NULL;
  END LOOP;
  RAISE EXCEPTION USING ERRCODE = _state,
    DETAIL = coalesce(nullif(concat_ws(' ', nullif(_detail, ''), _caller.told, 'It is held here by the row with ' || array_to_string(_s.key_columns, ', ') || ' = ' || nullif(_holder, _key) || '.',
      'The dump gives it to the row with ' || array_to_string(_s.key_columns, ', ') || ' = ' || _other || ' as well.', nullif(regexp_replace(_context, '(SQL function "dumpsert|SQL statement "(WITH u|WITH i|UPDATE (ONLY )?\S+ AS p SET |INSERT INTO \S+ AS _t )).*', ''), '')), ''),
                      'SQLSTATE ' || _state),
    HINT = coalesce(pg_temp.dumpsert_remedy(_state, _message, _relid, _constraint), nullif(_hint, ''), _caller.hint, CASE _state
      WHEN '23505' THEN concat_ws(' ', 'A row with another key holds this value and keeps it.', pg_temp.dumpsert_natural(_relid, _constraint))
      WHEN '23P01' THEN 'A row with another key holds this place and keeps it.'
      WHEN '23001' THEN 'A row that only exists here still refers to it.'
      WHEN '23503' THEN 'The referenced row is neither here nor in the dump, or a row that only exists here still refers to it.'
      ELSE 'Change the row or the target, then run the script again.' END),
    SCHEMA = _schema, TABLE = _table, COLUMN = _column, CONSTRAINT = _constraint, MESSAGE = format('dumpsert: %s%s; nothing was changed', _message,
      CASE WHEN _row IS NOT NULL THEN format(' (row %s of %s in the dump%s)', _row, _s.relid::regclass,
        ', ' || nullif(array_to_string(_s.key_columns, ', '), '') || ' = ' || _key) END);
END
$dumpsert$;

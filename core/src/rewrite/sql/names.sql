-- What a person may see, in the way that a terminal makes nothing of it: control characters and those that turn the direction of
-- writing become \u{XXXX}, or \uXXXX where the text is JSON, in whose strings alone they can stand. SQL_ASCII says nothing of bytes
-- from 0x80 on, so that all of them are shown so.
CREATE FUNCTION pg_temp.dumpsert_shown(_text pg_catalog.text, _is_json boolean DEFAULT false) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _bytes CONSTANT boolean := current_setting('server_encoding') = 'SQL_ASCII';
BEGIN
  -- Printable ASCII, which most texts are, passes at once.
  IF _text IS NULL OR _text COLLATE "C" !~ '[^ -~]' THEN
    RETURN _text;
  END IF;
  RETURN (
    SELECT string_agg(CASE WHEN k.code BETWEEN 32 AND 126 OR NOT (
          k.code < 160 OR _bytes OR k.code IN (1564, 6158, 65279) OR k.code BETWEEN 8203 AND 8207
          OR k.code BETWEEN 8232 AND 8238 OR k.code BETWEEN 8288 AND 8303) OR k.code IS NULL
        OR k.code = 10 AND _is_json THEN c.char
      WHEN _is_json THEN '\u' || lpad(to_hex(k.code), 4, '0') ELSE '\u{' || to_hex(k.code) || '}' END, '' ORDER BY c.n)
      FROM regexp_split_to_table(_text COLLATE "C", '') WITH ORDINALITY AS c(char, n)
      -- ascii() knows only UTF-8 and encodings of one byte, and of those not which character it is.
     CROSS JOIN LATERAL (SELECT CASE WHEN octet_length(c.char) > 1 OR ascii(c.char) > 127 THEN
         CASE WHEN NOT _bytes THEN convert_to(c.char, 'UTF8') END END AS utf8) AS u
     CROSS JOIN LATERAL (SELECT CASE WHEN u.utf8 IS NULL THEN ascii(c.char)
       WHEN octet_length(u.utf8) = 2 THEN ((get_byte(u.utf8, 0) & 31) << 6) | (get_byte(u.utf8, 1) & 63)
       WHEN octet_length(u.utf8) = 3 THEN ((get_byte(u.utf8, 0) & 15) << 12) | ((get_byte(u.utf8, 1) & 63) << 6) | (get_byte(u.utf8, 2) & 63)
       END AS code) AS k);
END
$dumpsert$;

-- Raises an error again as a person may see it. What it has not, is not given: an empty DETAIL would be shown as well.
CREATE PROCEDURE pg_temp.dumpsert_raise_shown(_state pg_catalog.text, _message pg_catalog.text, _detail pg_catalog.text, _hint pg_catalog.text,
  _context pg_catalog.text DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _caller record;
BEGIN
  IF _context IS NOT NULL AND NOT starts_with(_message, 'dumpsert: ') THEN
    _caller := pg_temp.dumpsert_caller(_context);
    _message := format('dumpsert: %s; nothing was changed', _message);
    _detail := concat_ws(' ', nullif(_detail, ''), _caller.told);
    _hint := coalesce(pg_temp.dumpsert_remedy(_state, _message, NULL, NULL), nullif(_hint, ''), _caller.hint);
  END IF;
  _message := pg_temp.dumpsert_shown(_message); _detail := pg_temp.dumpsert_shown(_detail); _hint := pg_temp.dumpsert_shown(_hint);
  CASE WHEN _detail <> '' AND _hint <> '' THEN RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = _message, DETAIL = _detail, HINT = _hint;
       WHEN _detail <> '' THEN RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = _message, DETAIL = _detail;
       WHEN _hint <> '' THEN RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = _message, HINT = _hint;
       ELSE RAISE EXCEPTION USING ERRCODE = _state, MESSAGE = _message; END CASE;
END
$dumpsert$;

<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[{"name":"r","schema":"public"}],"exclude_patterns":[],"only":null,"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_left_out(ARRAY['public']::pg_catalog.text[], ARRAY['users']::pg_catalog.text[]);
<epilogue>

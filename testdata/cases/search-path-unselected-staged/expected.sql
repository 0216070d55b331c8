<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[],"exclude_patterns":[],"only":null,"schemas":["public"]},"triggers":"off"}');
<epilogue>

SELECT pg_catalog.lo_create('424201');


ALTER LARGE OBJECT 424201 OWNER TO postgres;
BEGIN;

SELECT pg_catalog.lo_open('424201', 131072);
SELECT pg_catalog.lowrite(0, '\x00ff27');
SELECT pg_catalog.lo_close(0);

COMMIT;

COMMENT ON LARGE OBJECT 424201 IS 'a comment; with ''quotes'' in it';
GRANT ALL ON LARGE OBJECT 424201 TO someone;
INSERT INTO public.t (id, v) VALUES (1, 'one');

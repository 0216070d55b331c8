-- Foreign keys that would refuse a deletion let it through: rows that need a deleted row are deleted with it.
DO $$
DECLARE
    k record;
BEGIN
    FOR k IN
        SELECT conrelid::regclass AS relation, conname,
               regexp_replace(pg_get_constraintdef(oid), ' ON DELETE RESTRICT', '') || ' ON DELETE CASCADE' AS definition
          FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND confdeltype IN ('a', 'r')
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.relation, k.conname, k.definition);
    END LOOP;
END $$;

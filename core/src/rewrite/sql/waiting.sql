-- Styles rows and batches: foreign keys that rows may break until others have come. Row by row, no order fulfils a reference of a table to itself
-- or a circle of references; pg_dump does not sort by those of partitioned tables, and full dumps are sorted by name.

-- Makes them wait, before the first row of the table: PostgreSQL lets the owner make a foreign key deferrable, and the script has said
-- SET CONSTRAINTS ALL DEFERRED. What is checked, and what actions do, stays the same. The script ends by putting it back. ALTER CONSTRAINT
-- takes ACCESS EXCLUSIVE, so that only those keys are altered that may have to wait.
CREATE PROCEDURE pg_temp.dumpsert_wait(_relid pg_catalog.oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
DECLARE
  _any_order boolean := (SELECT coalesce(o.options ->> 'order' = 'any', false) FROM pg_temp.dumpsert_options AS o);
  _root oid := coalesce(pg_partition_root(_relid), _relid);
  _k record;
BEGIN
  FOR _k IN
    WITH RECURSIVE family AS (
      SELECT _relid AS relid UNION SELECT a.relid FROM pg_partition_ancestors(_relid) AS a UNION SELECT p.relid FROM pg_partition_tree(_relid) AS p
    ), up AS (  -- what partitions have from their parents, and what PostgreSQL makes for each referenced partition, follows the key it is made for
      SELECT c.oid, c.conparentid FROM pg_constraint AS c WHERE c.contype = 'f' AND NOT c.condeferrable AND c.conrelid IN (SELECT f.relid FROM family AS f)
      UNION SELECT c.oid, c.conparentid FROM up AS u JOIN pg_constraint AS c ON c.oid = u.conparentid
    ), keys AS (
      SELECT c.conname, c.conrelid, c.confrelid, coalesce(pg_partition_root(c.confrelid), c.confrelid) AS parent
        FROM up AS u JOIN pg_constraint AS c ON c.oid = u.oid
       WHERE u.conparentid = 0 AND NOT c.condeferrable AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
    ), unmet AS (
      SELECT k.* FROM keys AS k
       WHERE k.parent = _root
          OR NOT EXISTS (SELECT FROM pg_temp.dumpsert_touched AS t WHERE t.relid = k.confrelid OR t.relid = k.parent)
         AND (NOT EXISTS (SELECT FROM pg_partition_tree(k.confrelid))
              -- of a partitioned table, all partitions have to be there
              OR EXISTS (SELECT FROM pg_partition_tree(k.confrelid) AS p WHERE p.isleaf AND p.relid NOT IN (SELECT t.relid FROM pg_temp.dumpsert_touched AS t)))
    ), back AS (  -- where the references of a referenced table lead
      SELECT DISTINCT k.parent AS start, k.parent AS relid FROM unmet AS k
      UNION SELECT b.start, coalesce(pg_partition_root(c.confrelid), c.confrelid)
        FROM back AS b CROSS JOIN LATERAL (SELECT b.relid UNION SELECT p.relid FROM pg_partition_tree(b.relid) AS p) AS m(relid)
        JOIN pg_constraint AS c ON c.conrelid = m.relid AND c.contype = 'f'
    )
    SELECT k.conname, k.conrelid::regclass AS relation, pg_has_role(r.relowner, 'USAGE') AS is_ours
      FROM unmet AS k JOIN pg_class AS r ON r.oid = k.conrelid
     WHERE k.parent = _root OR _any_order
        OR 'p' IN (SELECT p.relkind FROM pg_class AS p WHERE p.oid IN (_root, k.parent))
        OR _root IN (SELECT b.relid FROM back AS b WHERE b.start = k.parent)
     ORDER BY k.conrelid, k.conname
  LOOP
    IF NOT _k.is_ours THEN
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('foreign key %I of %s is checked row by row, for want of ownership: a row may not come before one that it references', _k.conname, _k.relation));
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE', _k.relation, _k.conname);
      INSERT INTO pg_temp.dumpsert_todo (phase, statement)
      VALUES ('close', format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', _k.relation, _k.conname));
    EXCEPTION WHEN object_in_use THEN  -- a trigger or an action has written to the table before, and something is deferred
      INSERT INTO pg_temp.dumpsert_notes (note)
      VALUES (format('foreign key %I of %s is checked row by row: %s', _k.conname, _k.relation, SQLERRM));
    END;
  END LOOP;
END
$dumpsert$;

-- Reading keys: by which condition two rows are the same, and what equality of a type means.

-- Whether values of this type that are equal always look the same, so that nobody could want one replaced by the other.
CREATE FUNCTION pg_temp.dumpsert_identical(_type pg_catalog.oid, _collation pg_catalog.oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  WITH RECURSIVE base AS (
    SELECT t.oid, t.typtype, t.typbasetype FROM pg_type AS t WHERE t.oid = _type
    UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM base AS b JOIN pg_type AS t ON t.oid = b.typbasetype WHERE b.typtype = 'd')
  SELECT EXISTS (SELECT FROM base AS b WHERE b.typtype = 'e'
    OR b.oid = ANY ('{bool,int2,int4,int8,oid,uuid,date,time,timestamp,timestamptz,bytea,"\"char\"",name}'::regtype[]::oid[])
    OR b.oid = ANY ('{text,varchar}'::regtype[]::oid[])
       AND coalesce((SELECT c.collisdeterministic FROM pg_collation AS c WHERE c.oid = _collation), true))
$dumpsert$;

CREATE FUNCTION pg_temp.dumpsert_operator(_operator pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (  SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace WHERE o.oid = _operator);
END
$dumpsert$;

-- How an index compares each of its key columns: the cast and collation under which it does, its equality, and the operator
-- under which two rows exclude each other, which is another one in an exclusion constraint.
CREATE FUNCTION pg_temp.dumpsert_key_parts(_index pg_catalog.oid)
RETURNS TABLE (ord bigint, attnum int2, name pg_catalog.text, cast_to pg_catalog.text, under pg_catalog.text, equals pg_catalog.text,
  excludes pg_catalog.text, nulls_meet boolean, by_array boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
#variable_conflict use_column
BEGIN
  RETURN QUERY  -- in PL/pgSQL, which plans it once
  SELECT k.ord, k.attnum, a.attname::text, format('::%I.%I', tn.nspname, ty.typname),
         (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_collation AS co JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
           WHERE co.oid = i.indcollation[k.ord - 1] AND co.oid IS DISTINCT FROM a.attcollation),
         coalesce(pg_temp.dumpsert_operator(ao.amopopr), 'OPERATOR(pg_catalog.=)'),
         coalesce(pg_temp.dumpsert_operator(coalesce(x.conexclop[k.ord], ao.amopopr)), 'OPERATOR(pg_catalog.=)'),
         -- Two NULLs are one value; to compare them within arrays is a join that can be hashed.
         NOT coalesce(a.attnotnull, false) AND coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
         oc.opcdefault AND ty.typarray <> 0 AND ty.typcategory <> 'A'
    FROM pg_index AS i
   CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
    LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    JOIN pg_attribute AS ia ON ia.attrelid = i.indexrelid AND ia.attnum = k.ord
    JOIN pg_opclass AS oc ON oc.oid = i.indclass[k.ord - 1]
    JOIN pg_am AS am ON am.oid = oc.opcmethod
    LEFT JOIN pg_constraint AS x ON x.conrelid = i.indrelid AND x.conindid = i.indexrelid AND x.conexclop IS NOT NULL  -- conrelid has an index
   CROSS JOIN LATERAL (  -- an operator class for any array, enum or range does not take a domain over one
      WITH RECURSIVE base AS (SELECT coalesce(a.atttypid, ia.atttypid) AS oid
        UNION ALL SELECT t.typbasetype FROM base JOIN pg_type AS t USING (oid) WHERE t.typtype = 'd')
      SELECT t.* FROM pg_type AS t WHERE t.oid = oc.opcintype AND t.typtype <> 'p'
      UNION ALL SELECT t.* FROM base JOIN pg_type AS t USING (oid) WHERE t.typtype <> 'd' LIMIT 1) AS ty
    JOIN pg_namespace AS tn ON tn.oid = ty.typnamespace
    LEFT JOIN pg_amop AS ao ON ao.amopfamily = oc.opcfamily AND am.amname = 'btree' AND ao.amopstrategy = 3
      AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
   WHERE i.indexrelid = _index AND k.ord <= i.indnkeyatts;
END
$dumpsert$;

-- The condition that rows under these two aliases have the same key, by the equality of the index itself.
CREATE FUNCTION pg_temp.dumpsert_same_key(_index pg_catalog.oid, _p pg_catalog.text, _s pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
  SELECT string_agg(format(CASE WHEN NOT k.nulls_meet THEN '%1$s.%3$I%4$s %5$s %2$s.%3$I%4$s%6$s'
                                WHEN k.by_array THEN 'ARRAY[%1$s.%3$I%4$s] OPERATOR(pg_catalog.=) ARRAY[%2$s.%3$I%4$s%6$s]'
                                ELSE '(%1$s.%3$I%4$s %5$s %2$s.%3$I%4$s%6$s OR %1$s.%3$I IS NULL AND %2$s.%3$I IS NULL)' END,
      _p, _s, k.name, k.cast_to, k.equals, k.under), ' AND ' ORDER BY k.ord)
    FROM pg_temp.dumpsert_key_parts(_index) AS k
$dumpsert$;

-- The condition that a row s has no value for a unique index that allows several such rows; NULL if there can be none.
CREATE FUNCTION pg_temp.dumpsert_nullable(_index pg_catalog.oid) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  RETURN (
  SELECT string_agg(format('s.%I IS NULL', a.attname), ' OR ' ORDER BY k.ord)
    FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, ord)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indexrelid = _index AND k.ord <= i.indnkeyatts AND NOT a.attnotnull
     AND NOT coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false));
END
$dumpsert$;

-- The foreign keys of the target that are enforced, between topmost partition roots.
CREATE TEMPORARY TABLE pg_temp.dumpsert_references (child_relid pg_catalog.oid, child pg_catalog.oid, parent_relid pg_catalog.oid, parent pg_catalog.oid,
  action pg_catalog."char", can_wait boolean, holding pg_catalog.text[], referenced pg_catalog.text[],
  equals pg_catalog.text[], crosses pg_catalog.text[]) ON COMMIT DROP;  -- operators: of two referenced values; of one and a referring one
-- The tables where a referential action of the target may write while we do, also those that the dump does not bring.
CREATE TEMPORARY TABLE pg_temp.dumpsert_reached (relid pg_catalog.oid PRIMARY KEY) ON COMMIT DROP;

CREATE PROCEDURE pg_temp.dumpsert_read_references()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $dumpsert$
BEGIN
  DELETE FROM pg_temp.dumpsert_references;
  INSERT INTO pg_temp.dumpsert_references
  SELECT c.conrelid, coalesce(pg_partition_root(c.conrelid), c.conrelid), c.confrelid, coalesce(pg_partition_root(c.confrelid), c.confrelid),
         c.confupdtype, c.condeferrable,
         ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(attnum, o)
                 JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.o),
         ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(attnum, o)
                 JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.o),
         ARRAY(SELECT pg_temp.dumpsert_operator(k.oid) FROM unnest(c.conppeqop) WITH ORDINALITY AS k(oid, o) ORDER BY k.o),
         ARRAY(SELECT pg_temp.dumpsert_operator(k.oid) FROM unnest(c.conpfeqop) WITH ORDINALITY AS k(oid, o) ORDER BY k.o)
    FROM pg_constraint AS c WHERE c.contype = 'f' AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true);
  ANALYZE pg_temp.dumpsert_references;
END
$dumpsert$;

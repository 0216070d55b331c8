// Tables as the database knows them: never by the names of models.

import type pg from 'pg';
import { LOCAL_TABLES } from './rules';

export interface ForeignKey {
  columns: string[];
  references: string;
  referenced: string[];
}

export interface Table {
  /** As SQL writes it, and dumpsert in its reports: `public."OrderItem"`. */
  name: string;
  columns: string[];
  key: string[];
  foreignKeys: ForeignKey[];
}

/** Tables with rows of their own, without those of one server alone and those of other schemas. */
const TABLES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
    ARRAY(SELECT a.attname::text FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
    coalesce((SELECT array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]) WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key,
    coalesce((SELECT json_agg(json_build_object(
        'references', format('%I.%I', fn.nspname, f.relname),
        'columns', (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(o.conkey) WITH ORDINALITY AS k(num, n)
                      JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.num),
        'referenced', (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(o.confkey) WITH ORDINALITY AS k(num, n)
                         JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.num)))
       FROM pg_constraint o JOIN pg_class f ON f.oid = o.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
      WHERE o.conrelid = c.oid AND o.contype = 'f'), '[]') AS "foreignKeys"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public'
    AND c.relname <> '_prisma_migrations'
  ORDER BY n.nspname, lower(c.relname)`;

export async function tablesOf(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table>(TABLES);
  return rows.filter(({ name }) => !LOCAL_TABLES.includes(name));
}

/** Counts the rows of tables. */
export async function countRows(client: pg.ClientBase, names: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${name}`);
    counts.set(name, Number(rows[0]?.count));
  }
  return counts;
}

// What has become of each table, and whether the numbers are what they have to be.

import type { Outcome } from 'dumpsert';
import { LOCAL_TABLES } from './rules';

export type Verdict = 'match' | 'expected' | 'mismatch';

export interface TableLine {
  /** As SQL writes it: `public."OrderItem"`. */
  table: string;
  /** Rows of the source, counted in the snapshot that pg_dump has read. */
  source: number | null;
  read: number;
  leftOut: number;
  inserted: number;
  updated: number;
  unchanged: number;
  /** Rows of the target after the commit. */
  target: number | null;
  verdict: Verdict;
  why: string;
}

export interface LoadReport {
  tables: TableLine[];
  /** Columns under no foreign key that name rows which were left out. */
  softReferences: { table: string; column: string; references: string; rows: number }[];
  /** Tables of which the target has rows under other ids: how many, and the first of them. */
  recognised: { table: string; rows: number; renumbered: number; first: { from: string; to: string }[] }[];
  notes: string[];
  transactionId: string | null;
  seconds: number;
  bytes: number;
}

/** Tables of one server alone are no part of it, whatever the peer sends. */
const lines = (outcome: Outcome): TableLine[] =>
  outcome.tables.filter(({ table }) => !LOCAL_TABLES.includes(table)).map(({ table, read, left_out, inserted, updated, unchanged }) => ({
    table,
    source: null,
    read,
    leftOut: left_out,
    inserted: inserted ?? 0,
    updated: updated ?? 0,
    unchanged: unchanged ?? 0,
    target: null,
    verdict: 'match',
    why: '',
  }));

/** What the target has done, as far as it is known before the commit. */
export function reportOf(outcome: Outcome): LoadReport {
  return {
    tables: lines(outcome),
    softReferences: (outcome.dump.soft_references ?? []).map(({ table, column, references, rows }) => ({ table, column, references, rows })),
    recognised: (outcome.mapping ?? [])
      .filter(({ recognised, renumbered }) => recognised + renumbered > 0)
      .map(({ table, recognised, renumbered, rows }) => ({
        table, rows: recognised, renumbered, first: rows.map(({ from, to }) => ({ from: from.join(', '), to: to.join(', ') })),
      })),
    // Those of soft references stand above.
    notes: [...outcome.notes, ...outcome.dump.warnings.map(({ message }) => message).filter((message) => !/ is under no foreign key /.test(message))],
    transactionId: outcome.transaction_id ?? null,
    seconds: outcome.total_seconds,
    bytes: outcome.input_bytes,
  };
}

/** Tables of which a row that was read is neither merged nor left out. There is none, or nothing is committed. */
export function unaccounted(report: LoadReport): string[] {
  return report.tables
    .filter(({ read, leftOut, inserted, updated, unchanged }) => read !== leftOut + inserted + updated + unchanged)
    .map(({ table }) => table);
}

const bare = ({ table }: TableLine) => table.replaceAll('"', '');

/** Gives each table its verdict. Counts are by table; those of the source and the target may be missing. */
export function judge(report: LoadReport, source: Map<string, number> | undefined, target: Map<string, number> | undefined): LoadReport {
  const known = new Set(report.tables.map(({ table }) => table));
  // A table without rows may not be in the dump at all.
  const added = [...(source ?? [])].filter(([table]) => !known.has(table)).map(([table, rows]): TableLine => ({
    table, source: rows, read: 0, leftOut: 0, inserted: 0, updated: 0, unchanged: 0, target: null, verdict: 'match', why: '',
  }));
  const tables = [...report.tables, ...added].map((line) => {
    const counted = { ...line, source: source?.get(line.table) ?? line.source, target: target?.get(line.table) ?? line.target };
    return { ...counted, ...verdictOf(counted) };
  });
  return { ...report, tables: tables.sort((one, other) => bare(one).localeCompare(bare(other))) };
}

function verdictOf({ source, read, leftOut, target, inserted, updated, unchanged }: TableLine): { verdict: Verdict; why: string } {
  const kept = read - leftOut;
  const merged = inserted + updated + unchanged;
  if (merged !== kept) return { verdict: 'mismatch', why: `${kept} rows to be merged, ${merged} merged` };
  if (source !== null && source !== read) return { verdict: 'mismatch', why: `${source} rows on the source, ${read} arrived` };
  if (target !== null && target < kept) return { verdict: 'mismatch', why: `${kept} rows merged, ${target} on the target` };
  const why: string[] = [];
  if (leftOut > 0) why.push(`${leftOut} left out as demo data`);
  if (target !== null && target > kept) why.push(`${target - kept} only on the target`);
  return { verdict: why.length > 0 ? 'expected' : 'match', why: why.join('; ') };
}

import type { Duplex } from 'node:stream';

/** One column, `'a,b'`, or a list of columns. Names are SQL identifiers: quote those with capitals, as in `'"createdAt"'`. */
export type Columns = string | string[];

/** What happens to rows that the target has already. `newer(column)` compares the column of both rows. */
export type Update = 'always' | 'changed' | 'nothing' | `newer(${string})`;

/** Options of one table. */
export interface TableOptions {
  // options: begin of one table (written by core/tests/options_everywhere.rs)
  /** Its key; it overrides the schema, and in style staged the target, which needs no index for it. */
  key?: Columns;
  /** The columns by which its rows are matched with the target's, instead of the key. */
  matchOn?: Columns;
  /** The rows that are matched so, as an SQL condition; others are recognised by their key. */
  matchWhere?: string;
  /** Whether two NULLs in the columns by which rows are matched are one value. */
  matchNulls?: 'distinct' | 'not_distinct';
  /** What happens where two rows of the dump, or two of the target, match the same. */
  onAmbiguous?: 'error' | 'first';
  /** What happens to a reference to a row of it that the dump does not have, where its keys are mapped. */
  onUnmatchedReference?: 'error' | 'keep';
  /** What happens to a new row whose key the target holds for another one. */
  onTakenKey?: 'error' | 'renumber';
  /** Conditions on rows that are left out. Default: none. */
  exclude?: string | string[];
  /** What happens to rows that the target has already. */
  update?: Update;
  /** The only columns that are updated. */
  updateOnly?: Columns;
  /** Columns that are never updated. */
  updateNever?: Columns;
  /** A column that must be equal in both rows, or the row of the target is not taken over. */
  guard?: string;
  // options: end of one table
}

/** How much of anything is held in memory, in bytes or as `'64MB'`. No dump of a real database meets the defaults. */
export interface Limits {
  /** The head of one `INSERT` or `COPY`. */
  headBytes?: number | string;
  /** All different heads of a dump. */
  headsBytes?: number | string;
  /** One statement that is read as a whole. */
  statementBytes?: number | string;
  /** All statements that are shown to the catalog. */
  catalogBytes?: number | string;
  /** One row. */
  rowBytes?: number | string;
  /** White space within a statement, a comment, or a line for psql. */
  gapBytes?: number | string;
  /** Number of sequences. */
  sequences?: number | string;
  /** The dump. */
  dumpBytes?: number | string;
  /** Number of keys of rows that are left out. */
  excludedKeys?: number | string;
}

/**
 * The options of the library, by the names that the command line and the other languages have too, in camelCase.
 * Tables are named in SQL: `public.users`, `public."OrderItem"`.
 */
export interface Options {
  // options: begin of all tables (written by core/tests/options_everywhere.rs)
  /** How rows are written. Default: staged, or batches with `client: 'driver'`. */
  style?: 'rows' | 'batches' | 'staged';
  /**
   * The key of one table, as public.users=id or 'public."OrderItem"=a,b'. It overrides the schema. In style staged it
   * goes before the keys of the target, which needs no index for it: two rows of the dump or of the target under one
   * key are an error, and a row with a NULL in it has none.
   */
  keys?: Record<string, Columns>;
  /**
   * The columns by which rows of one table are matched with the target's, instead of its key, as
   * 'public.categories="businessId",name' (style staged). A row that the target has under another key keeps that key,
   * and every reference to it is rewritten. Default: none.
   */
  matchOn?: Record<string, Columns>;
  /**
   * The rows that are matched so, as an SQL condition; others are recognised by their key. For rows that are deleted
   * softly and may have twins: 'public.users=deleted_at IS NULL'. Default: all rows.
   */
  matchWhere?: string | string[];
  /**
   * Whether two NULLs in the columns by which rows are matched are one value. Without a table it holds for all whose
   * rows are matched. Default: 'distinct'.
   */
  matchNulls?: 'distinct' | 'not_distinct';
  /**
   * What happens where two rows of the dump, or two of the target, match the same. Without a table it holds for all
   * whose rows are matched. Default: 'error'.
   */
  onAmbiguous?: 'error' | 'first';
  /**
   * What happens to a reference to a table whose rows are matched, if no row of the dump answers it. Without a table
   * it holds for all whose rows are matched; it can also be said of a table whose key contains a reference that is
   * rewritten. Default: 'error'.
   */
  onUnmatchedReference?: 'error' | 'keep';
  /**
   * What happens to a new row whose key the target holds for another one. Without a table it holds for all whose rows
   * are matched. Default: 'error'.
   */
  onTakenKey?: 'error' | 'renumber';
  /**
   * A table of the target that keeps which key of the dump is which there, such as app.id_map. It is read before rows
   * are matched, so that those that were renamed since are found again. Default: none.
   */
  mappingTable?: string;
  /** How much of the mapping of keys the result has. Default: 'first'. */
  mappingRows?: 'first' | 'all';
  /** What happens to rows of a table without a key. Default: match in style staged, else error. */
  noKey?: 'error' | 'insert' | 'skip' | 'match';
  /** What happens to rows that the target has already: always, changed, nothing or newer(column). Default: always. */
  update?: Update;
  /**
   * The only columns that are updated; of all tables, or with TABLE= of one. New rows are inserted with all their
   * columns. Default: all columns.
   */
  updateOnly?: Columns;
  /** Columns that are never updated; of all tables, or with TABLE= of one. Default: none. */
  updateNever?: Columns;
  /**
   * A column, such as a tenant's, that must be equal in both rows, or the row of the target is not taken over. It
   * holds for all tables that have the column, or for one, which must have it. Where the target has it and the dump
   * does not bring it, that is an error. With `update: 'nothing'` no row is taken over anyway. Default: none.
   */
  guard?: string;
  /**
   * What happens to rows that the guard refuses. Of rows without the guard's column, skip takes only those that are
   * new. Default: 'error'.
   */
  onGuard?: 'error' | 'skip';
  /**
   * Tables whose rows are left out, by a pattern as for pg_dump --exclude-table. A pattern without a schema means
   * public. Partitions follow their table. Default: tables of migration tools.
   */
  excludeTables?: string | string[];
  /**
   * The only tables whose rows are taken, by such a pattern. Their partitions are taken as the catalog that is given
   * tells them, not as the dump does. What is excluded stays out. Default: all.
   */
  onlyTables?: string | string[];
  /** A schema whose tables and sequences are taken. Default: all but PostgreSQL's own. */
  onlySchemas?: string | string[];
  /** What happens to rows of tables that are not selected. Default: 'drop'. */
  unselected?: 'drop' | 'error';
  /**
   * Rows that are left out: a table (a pattern as for pg_dump -t), a colon, and an SQL condition, as in
   * "public.businesses: id LIKE 'demo-%'". What references them goes too, or changes: see `cascade: 'on_delete'`.
   * Default: none.
   */
  exclude?: string | string[];
  /**
   * Leave out demo businesses: ids that are demo, begin with demo-, end with -demo or contain -demo-business.
   * Default: false.
   */
  excludeDemo?: boolean;
  /**
   * Where ids of businesses stand: COLUMN in every table, TABLE.COLUMN in one. Default: businesses.id, "businessId",
   * business_id.
   */
  demoColumns?: string | string[];
  /** A boolean column that marks a business as demo; quote names with capitals: '"isDemo"'. Default: none. */
  demoFlag?: string;
  /**
   * What happens to rows that reference what is left out. All but off needs the foreign keys of the source: those of
   * a full dump, or of a schema that is given. Default: 'on_delete'.
   */
  cascade?: 'on_delete' | 'delete' | 'off' | boolean;
  /**
   * A foreign key that the source does not declare, as in 'public.orders("businessId") REFERENCES public.businesses
   * ON DELETE SET NULL'. With WHERE and a condition at its end it holds only for the rows for which that is true:
   * "public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'". Default: none.
   */
  foreignKeys?: string | string[];
  /**
   * How upper and lower case go together beyond ASCII in the source's locale, for conditions with lower, upper, ILIKE
   * and ~*. Default: a value that needs to know is an error.
   */
  case?: 'unicode' | 'turkish';
  /** What happens to columns of the dump that the target has not. Default: 'error'. */
  unknownColumns?: 'error' | 'drop';
  /** What happens to tables of the dump that the target has not. Default: 'error'. */
  unknownTables?: 'error' | 'drop';
  /**
   * What happens to the user triggers of the target. Style staged switches them off when the dump has arrived, for
   * the tables that differ; the other styles from the first row of a table on, and block its other writers until the
   * end. Default: 'off'.
   */
  triggers?: 'off' | 'fire';
  /** What happens to constraint triggers of the target. Default: 'fire'. */
  constraintTriggers?: 'fire' | 'off';
  /**
   * What happens to values that a column of the target cannot hold in full (style staged). Such values are 1.2345 in
   * a numeric(10,2), or fractions of a second in a timestamp(0). The other styles leave them to PostgreSQL, which
   * rounds without a message, and refuse `rounding: 'error'`. Default: error in style staged.
   */
  rounding?: 'error' | 'accept';
  /** What happens to sequences. None ever moves back. Default: 'forward'. */
  sequences?: 'forward' | 'dump' | 'keep';
  /**
   * How long the script waits for a lock: 500ms, 30s, 2min. A number without a unit is milliseconds. Default: for
   * ever.
   */
  lockTimeout?: number | string;
  /** A table of an extension that may be written to. Default: none. */
  allowExtensionTables?: string | string[];
  /** A view or foreign table that may be written to. Default: none. */
  allowRelations?: string | string[];
  /**
   * Another value for a limit, such as row_bytes=1GB. The limits bound how large a row, a statement or the dump may
   * be.
   */
  limits?: Limits;
  /** The database to take of a dump that has several (pg_dumpall). Default: the only one that has rows. */
  database?: string;
  /** Who runs the script. Default: 'psql'. */
  client?: 'psql' | 'driver';
  /**
   * What happens where the dump holds something that no upsert can carry: large objects, statistics, materialized
   * views. Default: 'warn'.
   */
  losses?: 'warn' | 'error';
  /**
   * What happens to CRLF inside of literals in a dump whose lines end in CRLF, as > of Windows' cmd.exe makes them.
   * At line ends and in COPY data it is always read. Default: 'refuse'.
   */
  crlf?: 'refuse' | 'strip';
  /** Most rows in one statement of style batches. Default: 1000. */
  batchRows?: number;
  /** Most bytes of rows in one statement of style batches. A longer row stands alone. Default: 1048576. */
  batchBytes?: number;
  /** Options of single tables. */
  tables?: Record<string, TableOptions>;
  // options: end of all tables
}

/** How far a run is. */
export interface Progress {
  /** Bytes of the dump that were read, decompressed; at the end it is `bytes_read` of the report. */
  bytes: number;
  /** Rows that were read. */
  rows: number;
  /** The table that is being read, as `schema.table`. */
  table?: string;
}

/** Options of a run: those of the library, and three of this package. */
export interface RunOptions extends Options {
  /** What is known of the tables; several add up. */
  catalog?: Catalog | Catalog[];
  /** Called while the run goes on, about once per MiB, or ten times a second. If it throws, the run fails. */
  onProgress?: (progress: Progress) => void;
  /**
   * Stops the run, which then fails with the code `aborted` and the name `AbortError`. A conversion that is done already
   * gives its result.
   */
  signal?: AbortSignal;
}

/** A place in the dump. */
export interface Position {
  /** Bytes before the place. */
  byte: number;
  /** Line, the first is 1. */
  line: number;
  /** Column in bytes, the first is 1. */
  column: number;
  /** The table whose data is being read, as `schema.table`. */
  table?: string;
  /** The row of that table within the dump, the first is 1. */
  row?: number;
}

/** One table in a {@link Report}. */
export interface TableReport {
  /** Its name as `schema.table`. */
  table: string;
  /** Rows in the dump. */
  rows_read: number;
  /** Rows in the script. */
  rows_kept: number;
  /** Rows left out, by reason. */
  left_out: Record<string, number>;
  /** Rows kept in which a foreign key was set to NULL or its default. Absent: none. */
  references_changed?: number;
  /** Columns of the dump that the catalog's table has not. Absent: none. */
  columns_dropped?: string[];
  /** Bytes of its rows in the dump. */
  bytes: number;
  /** The columns of `ON CONFLICT`, where the script names them. */
  key?: string[];
  /** Where the key is known from. */
  key_source?: 'option' | 'catalog' | 'fallback' | 'target';
}

/** A column under no foreign key that holds keys of rows that are left out. */
export interface SoftReference {
  /** Its table, as `schema.table`. */
  table: string;
  column: string;
  /** The table of which rows are left out. */
  references: string;
  /** The column of which it holds values. */
  referenced_column: string;
  /** How many rows hold one. */
  rows: number;
  /** The foreign key that would cover it, for the option `foreignKeys`. */
  foreign_key: string;
}

/** What a run read, kept, left out and warned about: the same JSON in every language, so that its names are not in camelCase. */
export interface Report {
  /** Version of this form: 1. */
  version: number;
  /** Bytes of the dump that were read. */
  bytes_read: number;
  /** Bytes of the script that were written. */
  bytes_written: number;
  /** The tables in the order in which the dump first names them. */
  tables: TableReport[];
  /** Sequences whose value the script moves forward. */
  sequences: string[];
  /** Statements of the dump that carry no rows and were left out, by kind. */
  skipped: Record<string, number>;
  /** Columns that look like forgotten foreign keys. Absent: none. */
  soft_references?: SoftReference[];
  /** What the user should know; at most 1,000. */
  warnings: { message: string; position?: Position }[];
  /** How many warnings did not fit into `warnings`. */
  warnings_dropped: number;
}

/** What is in a dump, and what a conversion would make of it. In snake_case, as in every language. */
export interface Inspection {
  /** Version of this form: 1. */
  version: number;
  /** How the dump was made, as far as it shows. */
  shape: {
    /** Whether it makes tables, and does not only fill them. */
    full: boolean;
    /** Whether it is one of `pg_dumpall`. */
    cluster: boolean;
    /** In which forms it holds rows. */
    rows: ('copy' | 'column_inserts' | 'inserts')[];
    /** Most rows of one `INSERT`; 0 if there is none. */
    rows_per_insert: number;
    on_conflict_do_nothing: boolean;
    /** Whether `standard_conforming_strings` is on all the time. */
    standard_conforming_strings: boolean;
    client_encodings: string[];
    /** What a comment in the dump says of the server and of pg_dump. */
    server_version: string | null;
    pg_dump_version: string | null;
  };
  /** The databases that the dump names. */
  databases: { name: string; rows: number; sequences: number }[];
  /** What a conversion with the same options would report. */
  report: Report;
  /** The columns of each table, by `schema.table`. */
  columns: Record<string, string[]>;
  /** What a conversion with the same options would stop at. */
  problems: { kind: string; table?: string; message: string; hint?: string }[];
  /** Tables for which the order of rows may not do; null if nothing is known of the foreign keys. */
  order_problems: { kind: string; tables: string[]; deferrable: boolean }[] | null;
}

/** How far a restore is. */
export interface RestoreProgress {
  /** Both sides are asked what they are, the dump is read, the target compares and writes, and is told to commit. */
  phase: 'check' | 'read' | 'merge' | 'commit';
  /** In phase `read`: bytes of the dump that were read, decompressed. */
  bytes?: number;
  /** In phase `read`: rows that were read. */
  rows?: number;
  /**
   * In phase `read`: the table that is being read, as `schema.table`. In phase `merge`: the table that is being written, or
   * several whose rows reference each other.
   */
  table?: string;
  /** In phase `read`: rows of this table that were read. */
  tableRows?: number;
  /** In phase `merge`: tables that are written already, of `tables`. */
  tablesDone?: number;
  /** In phase `merge`: tables in which something differs. */
  tables?: number;
}

/** A connected `Client` of pg (node-postgres), or one that a `Pool` has given; not a pool itself. */
export interface PgClient {
  query: (...args: never[]) => unknown;
}

/** Options of {@link restore}: those of the library, with style `staged`, and those of a run. */
export interface RestoreOptions extends Omit<Options, 'client'> {
  /**
   * Instead of `to`: a client of `pg`, over which the dump is merged without psql; it needs the package `pg-copy-streams`.
   * It must not be in a transaction, and nobody may use it before the promise is settled. The run has a transaction of its
   * own and leaves nothing in the session: the client can be used or released then, also after an error.
   */
  client?: 'psql' | PgClient;
  /**
   * The database that is written to: a URL (`postgresql://…`, also one of Prisma), a list of `keyword=value`, or a name, as
   * for psql. What it does not say comes from the environment: `PGHOST`, `PGSERVICE`, the password file.
   */
  to?: string;
  /** The folder of psql, pg_dump and pg_restore. Default: that of the environment variable `PG_BIN`, else `PATH`. */
  binDir?: string | URL;
  /** Does all of it and rolls it back. Values that new rows draw from sequences remain drawn. Default: false. */
  dryRun?: boolean;
  /**
   * Writes nothing: everything that stands in the way of a run is in {@link Outcome.findings}, and the counts are those of the
   * rows that would be written. Default: false.
   */
  check?: boolean;
  /**
   * Every row must in the end be as the dump says. What triggers have changed is only noted, where `triggers: 'fire'` lets them
   * fire; with `strict` it is an error. Default: `normal`.
   */
  verify?: 'normal' | 'strict';
  /** Shows at most so many changed rows of each table in {@link Outcome.differences}, with their values. Default: none. */
  diff?: number;
  /** Of these columns `differences` says only that they differ: `column`, `table.column` or `schema.table.column`. */
  hide?: string | string[];
  /**
   * Deletes the rows of the dumped tables that the dump does not have, in the same transaction. What exclusions cover stays, in the
   * target too. Nobody is asked: `beforeCommit` sees the counts, {@link TableOutcome.deleted}. Default: false.
   */
  prune?: boolean;
  /** With `prune`: tables that are empty in the source; of others of which no row came, none is deleted. */
  pruneEmpty?: string | string[];
  /** With `prune`: tables without a key that are pruned as well; their rows are compared whole. */
  pruneKeyless?: string | string[];
  /** With `prune`: `ON DELETE` actions may delete and change rows of tables that the dump does not bring; else that is an error. */
  pruneCascade?: boolean;
  /** With `prune`: the most rows of each table that may be deleted, or `'10%'` of them. Default: 100 or 5 %, whichever is more. */
  pruneMax?: number | string;
  /**
   * With `matchOn`: the file that says which key of the dump is which of the target, as CSV with the columns `table`, `key`,
   * `from` and `to`, all rows; a key of several columns is a JSON array of texts. It appears when the target has committed.
   */
  mapping?: string | URL;
  /**
   * Decides when all was written and verified, before the target is told to commit. What it throws, or a promise that it
   * returns rejects with, rolls everything back: the run fails with the code `refused`, that message, and that `cause`. What
   * it returns means nothing. The outcome says `rolled_back` there, as it is until the target has committed. A dry run does
   * not ask.
   */
  beforeCommit?: (outcome: Outcome) => unknown;
  /** What is known of the source's tables; several add up. */
  catalog?: Catalog | Catalog[];
  /** Called at every phase, and while the dump is read at most ten times a second. If it throws, the run fails. */
  onProgress?: (progress: RestoreProgress) => void;
  /**
   * Stops the run: the programs that run for it are ended, and it fails with the code `aborted` and the name `AbortError`.
   * One whose target was told to commit already waits for the answer, which counts.
   */
  signal?: AbortSignal;
}

/** Options of {@link sync}. */
export interface SyncOptions extends Omit<RestoreOptions, 'client'> {
  client?: 'psql';
  to: string;
  /** The database that is read, as for `to`. */
  from: string;
}

/** A database that a run has reached. */
export interface Database {
  host: string;
  port: string;
  database: string;
  user: string;
  server_version: string;
}

/** One table in an {@link Outcome}. */
export interface TableOutcome {
  /** Its name as `schema.table`. */
  table: string;
  /** Rows in the dump. */
  read: number;
  /** Rows that were left out, and those that a guard has refused. */
  left_out: number;
  /** Rows that were new; null where the target says nothing of the table. */
  inserted: number | null;
  /** Rows that were changed. */
  updated: number | null;
  /** Rows that were the same already. */
  unchanged: number | null;
  /** Rows that the dump does not have and were deleted. Absent without `prune`. */
  deleted?: number;
  /** Rows that the dump does not have and were not deleted, by the reason. Absent: none. */
  kept?: Record<string, number>;
}

/** Something that stands in the way of a run, or that it will do. */
export interface Finding {
  /** `error`: the run would fail; `warning`: it may; `info`: what it will do. */
  severity: 'error' | 'warning' | 'info';
  /** The table, as the target names it; null where it is about all. */
  table: string | null;
  /** The SQLSTATE that a run would end with, or that comes nearest. */
  code: string;
  message: string;
  hint: string | null;
  /** How many rows it is about. */
  rows: number | null;
  /** Up to ten of these rows, with values. */
  examples: string[];
}

/** The rows of a table that differ. */
export interface Differences {
  table: string;
  /** How many. */
  rows: number;
  /** The first of them, in the order of the dump. Values are texts of at most 200 characters. */
  shown: {
    key: Record<string, string | null>;
    columns: ({ column: string; here: string | null; dumped: string | null } | { column: string; hidden: true })[];
  }[];
}

/** The keys of one table that are others in the target than in the dump. */
export interface Mapping {
  /** The table, as the target names it. */
  table: string;
  /** The columns of its key. */
  key: string[];
  /** Rows that the target has under another key. */
  recognised: number;
  /** New rows that got another key, since the target holds theirs for another row. */
  renumbered: number;
  /** Rows whose key contains a reference that was rewritten. */
  rewritten: number;
  /** The first ten of these rows, or all with `mappingRows: 'all'`: their keys in the dump and in the target, as texts. */
  rows: { from: string[]; to: string[] }[];
}

/**
 * What a restore has done, the same JSON as that of the command line's `--report`. It holds no values of rows, but for what was
 * asked for: `differences`, the examples of `findings`, and the keys in `mapping`.
 */
export interface Outcome {
  /** Version of this form: 1. */
  version: number;
  /** Version of the library. */
  dumpsert: string;
  /** What has become of the transaction. Where it is `unknown`, all has arrived or nothing, and it is safe to run again. */
  ending: 'not_begun' | 'committed' | 'rolled_back' | 'unknown';
  dry_run: boolean;
  check: boolean;
  /** What stopped the run. Absent: nothing. */
  stopped_by?: { kind: string; category: Category; position?: Position };
  /** The target's number of the transaction, which `pg_xact_status()` takes. Absent: it was not begun. */
  transaction_id?: string;
  /** Where the dump came from. */
  source: 'reader' | { file: string } | { database: Database };
  /** The target, once it was reached. */
  target?: Database;
  /** The programs that were used, and their versions. */
  programs: Record<string, string>;
  /** When it began, in seconds since 1970. */
  started_at: number;
  check_seconds: number;
  read_seconds: number;
  merge_seconds: number;
  total_seconds: number;
  /** Bytes of the input: of a file as it is, of an archive or a database what pg_restore or pg_dump writes. */
  input_bytes: number;
  /** SHA-256 of the input, once all of it was read. */
  input_sha256?: string;
  /** Tables of the source that were not dumped, because none of their rows would be taken. */
  not_dumped: string[];
  /** The tables, by name. */
  tables: TableOutcome[];
  /** What has become of the sequences, as the target says it. */
  sequences: unknown;
  /** Which keys of the dump are which of the target. Absent without `matchOn`. */
  mapping?: Mapping[];
  /** What the target remarks. */
  notes: string[];
  /** What a check has found. Absent without `check` and `diff`. */
  findings?: Finding[];
  /** Rows that differ. Absent without `check` and `diff`. */
  differences?: Differences[];
  /** Rows that are deleted: the keys of some of them. Absent without `prune`, and without `check` and `diff`. */
  deletions?: { table: string; rows: number; shown: Record<string, string | null>[] }[];
  /** What was read of the dump, and left out of it. */
  dump: Report;
}

/** Who has to act on an error. */
export type Category = 'io' | 'syntax' | 'unsupported' | 'truncated' | 'limit' | 'config' | 'internal';

/** Every error of this package. */
export class DumpsertError extends Error {
  /** `'AbortError'` where the run was stopped from outside, else `'DumpsertError'`. */
  readonly name: string;
  /** What exactly went wrong, as the Rust library's `ErrorKind` in snake_case, or `aborted`, or `invalid_argument`. */
  readonly code: string;
  /** Who has to act. */
  readonly category: Category;
  /** What to do about it. */
  readonly hint?: string;
  /** Bytes before the place in the dump. */
  readonly byte?: number;
  /** Line in the dump, the first is 1. */
  readonly line?: number;
  /** Column in bytes, the first is 1. */
  readonly column?: number;
  /** The table whose data was being read, as `schema.table`. */
  readonly table?: string;
  /** The row of that table within the dump, the first is 1. */
  readonly row?: number;
  /** Of a restore: how far it came. Nothing was changed, but where its `ending` is `unknown`. */
  readonly outcome?: Outcome;
  readonly cause?: unknown;
}

/** Text, or bytes. Bytes may be cut anywhere, also inside a character. */
export type Chunk = string | Uint8Array | ArrayBuffer | DataView;

/**
 * A dump as a whole, or any iterable of its chunks: a Node stream, a Web stream, a generator. It may be
 * compressed with gzip or zstd, which its first bytes tell.
 */
export type Input = Chunk | AsyncIterable<Chunk> | Iterable<Chunk>;

/** What is known of the tables: columns, keys, foreign keys. */
export class Catalog {
  private constructor();
  /** Reads schema SQL: of `pg_dump --schema-only`, of a full dump, of `prisma migrate diff --script`. */
  static fromSchemaSql(sql: Chunk): Promise<Catalog>;
  /** Reads the JSON that {@link CATALOG_QUERY} returns and {@link Catalog.toJson} writes. */
  static fromJson(json: Chunk): Promise<Catalog>;
  /**
   * Asks a live database, best the target. `run` runs one query and returns its rows, or an object with `rows`:
   * `(sql) => client.query(sql)` of pg, `(sql) => prisma.$queryRawUnsafe(sql)` of Prisma. What it throws is passed on.
   */
  static fromQuery(run: (sql: string) => PromiseLike<unknown>): Promise<Catalog>;
  /** The catalog as JSON. */
  toJson(): string;
}

/** The query that returns the catalog of a live PostgreSQL, 12 or later, as one row with one JSON value. */
export const CATALOG_QUERY: string;

/** A stream with a report: dump in, script out. */
export interface RewriterStream extends Duplex {
  /**
   * The report, at the end of the dump. Rejects with the error of the run; nobody has to handle that. The script has
   * arrived only when the pipeline says so.
   */
  readonly report: Promise<Report>;
}

/** A pair of Web streams with a report. */
export interface RewriterPair {
  /** The script. */
  readable: ReadableStream<Uint8Array>;
  /** The dump. */
  writable: WritableStream<Chunk>;
  /** As {@link RewriterStream.report}. */
  report: Promise<Report>;
}

/** A generator with a report. */
export interface Rewriting<T> extends AsyncGenerator<T, Report, undefined> {
  /** As {@link RewriterStream.report}. */
  readonly report: Promise<Report>;
}

/**
 * A stream for `pipeline(dump, createRewriter(options), script)`. Work is done on other threads. A dump that is compressed
 * with gzip or zstd is decompressed at the pace at which the script is read. One that has to be read twice (a full one
 * without a catalog, and some with rows that are left out) is kept in a temporary file first. Throws a {@link DumpsertError}
 * for options that cannot be used.
 */
export function createRewriter(options?: RunOptions): RewriterStream;

/** The same for Web streams: `request.body.pipeThrough(rewriterPair(options))`. */
export function rewriterPair(options?: RunOptions): RewriterPair;

/** The same as an async generator, which returns the report. */
export function rewrite(input: Input, options?: RunOptions): Rewriting<Buffer>;

/**
 * Single statements for a driver, such as pg, in styles `rows` and `batches`. Run them in order, in a transaction of
 * your own, and commit only after the generator has ended; a transaction that is committed earlier fails, and nothing is
 * changed. The statement before the last returns one row with one column, the result as JSON.
 */
export function statements(input: Input, options?: RunOptions): Rewriting<string>;

/** Converts a small dump that is held in memory; a string gives a string, bytes give bytes. */
export function convert(input: string, options?: RunOptions): Promise<{ sql: string; report: Report }>;
export function convert(
  input: Exclude<Chunk, string>,
  options?: RunOptions,
): Promise<{ sql: Buffer; report: Report }>;

/**
 * Converts a file, compressed with gzip or zstd or not, to a file, which appears only when it is complete. At most two
 * conversions and inspections run at a time, the others wait: each takes a thread of libuv's pool for as long as it lasts.
 */
export function convertFile(input: string | URL, output: string | URL, options?: RunOptions): Promise<Report>;

/** Tells what is in a dump that is held in memory, without converting it. It goes on where `convert` would stop. */
export function inspect(input: Chunk, options?: RunOptions): Promise<Inspection>;

/** The same of a file, as {@link convertFile} reads it. */
export function inspectFile(input: string | URL, options?: RunOptions): Promise<Inspection>;

/**
 * Merges a dump into a database: all of it arrives or nothing does. `input` is the path of a file or of a folder of pg_dump
 * (a string or a `file:` URL), bytes, or any iterable of their chunks: a Node stream, a Web stream such as `request.body`, a
 * generator. It is plain SQL, compressed with gzip or zstd or not, or an archive, which pg_restore reads. The user's own psql
 * writes, or the `client` that is given, and is told to commit when all rows were merged and verified. Nobody is asked whether a database on another
 * machine is meant. No error and no outcome holds a password. A stream that is not read to its end is destroyed, but for a
 * request of `node:http`, which can still be answered.
 */
export function restore(
  input: string | URL | Exclude<Chunk, string> | AsyncIterable<Chunk> | Iterable<Chunk> | ReadableStream<Uint8Array>,
  options: RestoreOptions,
): Promise<Outcome>;

/** Merges one database into another: {@link restore} of what pg_dump reads. Tables that are left out are not dumped. */
export function sync(options: SyncOptions): Promise<Outcome>;

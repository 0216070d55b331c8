// The fallback: rows in batches of JSON, for a server without pg_dump or a proxy that allows no long request. Slower, and not all or
// nothing: a batch is one transaction, and those before a refused one stay. It is safe to repeat, by either method.

import pg from 'pg';
import { prisma } from '../db';
import type { LoadOptions } from './backup-transfer';
import { LoadError, fromDriver } from './errors';
import { connect, RunLocks } from './locks';
import { LostAnswerError, type Peer, askOnce, send, settleOnce } from './peer-request';
import { type LoadReport, type TableLine, judge } from './report';
import { DEMO_COLUMNS, DEMO_FLAG, isDemoId } from './rules';
import { type NewSession, Run } from './run';
import { ACTIVE, find, sweep } from './sessions';
import { type Table, countRows, tablesOf } from './tables';

const BATCH_ROWS = 500;
const BATCH_BYTES = 8 << 20;
/** What a target takes at most; one row can be larger than a batch. */
export const BATCH_BYTES_MAX = 64 << 20;

const quoted = pg.escapeIdentifier;

/** Tables after those they reference; those in a circle keep their place. */
export function inOrder(tables: Table[]): Table[] {
  const [byName, done, order] = [new Map(tables.map((table) => [table.name, table])), new Set<string>(), [] as Table[]];
  const visit = (table: Table) => {
    if (done.has(table.name)) return;
    done.add(table.name);
    for (const { references } of table.foreignKeys) {
      const parent = byName.get(references);
      if (parent !== undefined) visit(parent);
    }
    order.push(table);
  };
  tables.forEach(visit);
  return order;
}

/**
 * Finds the rows that are left out: those of demo businesses, then over and over what references one that is, over any number of
 * levels and in circles. The merge of a backup finds the same ones from the dump alone.
 */
async function markDemo(client: pg.ClientBase, tables: Table[]): Promise<void> {
  await client.query('CREATE TEMP TABLE left_out (name text, place tid, PRIMARY KEY (name, place)) ON COMMIT DROP');
  const isNew = (table: Table, place: string) =>
    `NOT EXISTS (SELECT FROM left_out AS l WHERE l.name = ${pg.escapeLiteral(table.name)} AND l.place = ${place})`;
  for (const table of tables) {
    const columns = table.columns.filter((column) => DEMO_COLUMNS.some((pattern) => pattern.test(column)));
    const conditions = columns.map((column) => isDemoId(quoted(column)));
    if (table.name === 'public.businesses') conditions.push(isDemoId('id'), quoted(DEMO_FLAG));
    if (conditions.length === 0) continue;
    await client.query(`INSERT INTO left_out SELECT ${pg.escapeLiteral(table.name)}, ctid FROM ${table.name} WHERE ${conditions.join(' OR ')}`);
  }
  for (let found = 1; found > 0; ) {
    found = 0;
    for (const table of tables) {
      for (const { columns, references, referenced } of table.foreignKeys) {
        const join = columns.map((column, n) => `c.${quoted(column)} = p.${quoted(referenced[n] as string)}`).join(' AND ');
        const { rowCount } = await client.query(
          `INSERT INTO left_out SELECT DISTINCT ${pg.escapeLiteral(table.name)}, c.ctid FROM ${table.name} AS c JOIN ${references} AS p ON ${join}
           JOIN left_out AS l ON l.name = ${pg.escapeLiteral(references)} AND l.place = p.ctid WHERE ${isNew(table, 'c.ctid')}`,
        );
        found += rowCount ?? 0;
      }
    }
  }
}

/** The rows of a table as JSON, a batch at a time. Numbers are never read here: they would lose digits. */
async function* batchesOf(client: pg.ClientBase, table: Table, demo: boolean): AsyncGenerator<{ json: string; rows: number }> {
  const where = demo ? ` WHERE NOT EXISTS (SELECT FROM left_out AS l WHERE l.name = ${pg.escapeLiteral(table.name)} AND l.place = t.ctid)` : '';
  await client.query(`DECLARE batch NO SCROLL CURSOR FOR SELECT to_json(t)::text AS row FROM ${table.name} AS t${where}`);
  // Rows of a table that references itself may come in any order: they have to arrive together.
  const isOne = table.foreignKeys.some(({ references }) => references === table.name);
  let [lines, bytes] = [[] as string[], 0];
  const take = () => {
    const batch = { json: `[${lines.join(',')}]`, rows: lines.length };
    [lines, bytes] = [[], 0];
    return batch;
  };
  for (;;) {
    const { rows } = await client.query<{ row: string }>(`FETCH ${BATCH_ROWS} FROM batch`);
    for (const { row } of rows) {
      lines.push(row);
      bytes += row.length;
      if (!isOne && (lines.length >= BATCH_ROWS || bytes >= BATCH_BYTES)) yield take();
    }
    if (rows.length === 0) break;
  }
  if (lines.length > 0) yield take();
  await client.query('CLOSE batch');
}

interface Batch {
  table?: string;
  /** A JSON array of rows, as text. */
  rows?: string;
  /** No batch follows. */
  last?: boolean;
}

interface Counted {
  inserted: number;
  updated: number;
  unchanged: number;
}

/** Sends one batch; the answer is believed only where the target has signed it. */
async function post(run: Run, peer: Peer, batch: Batch): Promise<Counted> {
  try {
    const { status, body } = await send(peer, 'POST', '/api/sync/receive', run.id, batch, { signal: run.signal, patience: 600_000 });
    if (status === 200) return body as unknown as Counted;
    throw new LoadError(status, `${peer.nodeId}: ${String(body.error)}; batches before it are kept, and it is safe to repeat`);
  } catch (error) {
    if (!(error instanceof LostAnswerError)) throw error;
    throw new LoadError(502, `${error.message}; batches that had arrived are kept, and it is safe to repeat`, { cause: error });
  }
}

/** The source's side of the whole run. Never throws: how it has ended stands in its row. */
export async function sendRows(run: Run, peer: Peer, { demo }: LoadOptions): Promise<void> {
  const begun = Date.now();
  let client: pg.Client | undefined;
  try {
    client = await connect();
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const tables = inOrder(await tablesOf(client));
    const counts = await countRows(client, tables.map(({ name }) => name));
    const totalRows = [...counts.values()].reduce((sum, rows) => sum + rows, 0);
    const shown = tables.map(({ name }) => ({ table: name, rows: 0, total: counts.get(name) ?? 0 }));
    run.show({ status: 'TRANSFERRING', phase: 'transfer', totalRows, tables: shown, currentStep: 'sending rows' });
    if (demo) await markDemo(client, tables);
    const lines: TableLine[] = [];
    let [rows, bytes] = [0, 0];
    for (const { name, line } of tables.map((table) => ({ name: table, line: emptyLine(table.name) }))) {
      lines.push(line);
      for await (const batch of batchesOf(client, name, demo)) {
        const counted = await post(run, peer, { table: line.table, rows: batch.json });
        for (const key of ['inserted', 'updated', 'unchanged'] as const) line[key] += counted[key];
        [rows, bytes] = [rows + batch.rows, bytes + batch.json.length];
        const now = shown.map((one) => (one.table === line.table ? { ...one, rows: (one.rows += batch.rows) } : one));
        run.show({ rows, bytes, tables: now, currentTable: line.table, progress: (95 * rows) / Math.max(1, totalRows) });
      }
      line.read = counts.get(line.table) ?? 0;
      line.leftOut = line.read - (line.inserted + line.updated + line.unchanged);
    }
    run.show({ phase: 'verify', currentStep: 'counting' });
    const last = (await post(run, peer, { last: true })) as unknown as { counts: Record<string, number> };
    const seconds = (Date.now() - begun) / 1000;
    const report: LoadReport = { tables: lines, softReferences: [], recognised: [], notes: [], transactionId: null, seconds, bytes };
    await run.complete(judge(report, counts, new Map(Object.entries(last.counts))));
  } catch (error) {
    const failure = run.signal.aborted ? run.signal.reason : error;
    await send(peer, 'DELETE', `/api/sync/sessions/${run.id}`, run.id).catch(() => askOnce(peer, run.id));
    await run.fail(failure);
  } finally {
    await client?.end();
  }
}

const emptyLine = (table: string): TableLine => ({
  table, source: null, read: 0, leftOut: 0, inserted: 0, updated: 0, unchanged: 0, target: null, verdict: 'match', why: '',
});

/** The statement of a batch. Names are those of the catalog, whatever the peer calls them. */
function upsert({ name, columns, key }: Table): string {
  if (key.length === 0) throw new LoadError(422, `${name} has no primary key: use the method backup`);
  const list = columns.map(quoted).join(', ');
  const others = columns.filter((column) => !key.includes(column));
  const row = (from: string) => `(${others.map((column) => `${from}.${quoted(column)}`).join(', ')})`;
  const update = others.length === 0
    ? 'DO NOTHING'
    : `DO UPDATE SET ${others.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')} WHERE ${row('t')}::text IS DISTINCT FROM ${row('excluded')}::text`;
  // xmax is 0 in a row that is new. A row without a change is not returned.
  return `WITH written AS (
    INSERT INTO ${name} AS t (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM json_populate_recordset(NULL::${name}, $1::json)
    ON CONFLICT (${key.map(quoted).join(', ')}) ${update} RETURNING t.xmax = 0 AS is_new)
    SELECT count(*) FILTER (WHERE is_new)::int AS inserted, count(*) FILTER (WHERE NOT is_new)::int AS updated,
      json_array_length($1::json) - count(*)::int AS unchanged FROM written`;
}

/** Sequences behind the values of their columns would give these again. */
const FORWARD = `
  SELECT pg_get_serial_sequence($1, a.attname) AS sequence, quote_ident(a.attname) AS column
  FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND pg_get_serial_sequence($1, a.attname) IS NOT NULL`;

async function forward(client: pg.ClientBase, { name }: Table): Promise<void> {
  const { rows } = await client.query<{ sequence: string; column: string }>(FORWARD, [name]);
  for (const { sequence, column } of rows) {
    await client.query(`SELECT setval($1::regclass, m) FROM (SELECT max(${column}) AS m FROM ${name}) AS x, ${sequence} AS s WHERE m > s.last_value`, [sequence]);
  }
}

/** The target's side: one batch, in one transaction. The locks of the run are held for that time only. */
export async function receiveBatch(session: NewSession, batch: Batch): Promise<object> {
  await sweep(settleOnce);
  const row = await find(session.sessionId);
  if (row === null) {
    const run = await Run.begin(session);
    return run.lend(() => work(run.id, batch));
  }
  if (!ACTIVE.includes(row.status) || row.cancelRequestedAt) throw new LoadError(409, `session ${row.sessionId} has ended: ${row.errorMessage ?? row.status}`);
  const locks = await RunLocks.take(session.sessionId);
  if (locks === undefined) throw new LoadError(409, 'another initial load is running on this server');
  try {
    return await work(session.sessionId, batch);
  } finally {
    await locks.release();
  }
}

async function work(sessionId: string, batch: Batch): Promise<object> {
  const client = await connect();
  try {
    const tables = await tablesOf(client);
    if (batch.last) return await last(sessionId, client, tables);
    const table = tables.find(({ name }) => name === batch.table);
    if (table === undefined) throw new LoadError(422, `there is no table ${batch.table} that may be written to`);
    // A column that is not there would be left out in silence.
    const strange = Object.keys((JSON.parse(batch.rows ?? '[]') as object[])[0] ?? {}).filter((column) => !table.columns.includes(column));
    if (strange.length > 0) throw new LoadError(422, `${table.name} has no column ${strange.join(', ')}`);
    await client.query('BEGIN');
    const { rows } = await client.query<Counted>(upsert(table), [batch.rows]);
    await forward(client, table);
    await client.query('COMMIT');
    const { inserted, updated, unchanged } = rows[0] as Counted;
    await prisma.initialLoadSession.updateMany({
      where: { sessionId, status: { in: ACTIVE } },
      data: { rows: { increment: inserted + updated + unchanged }, currentTable: table.name, phase: 'transfer', status: 'TRANSFERRING', currentStep: 'receiving rows', heartbeatAt: new Date() },
    });
    return { inserted, updated, unchanged };
  } catch (error) {
    const failure = fromDriver(error);
    await prisma.initialLoadSession.updateMany({
      where: { sessionId, status: { in: ACTIVE } },
      data: { status: 'FAILED', errorMessage: `${failure.message}; nothing of this batch was kept`, completedAt: new Date() },
    });
    // Whatever refuses rows refuses the batch.
    throw failure.status === 500 ? new LoadError(422, failure.message, { cause: error }) : failure;
  } finally {
    // What was not committed goes with the connection.
    await client.end();
  }
}

async function last(sessionId: string, client: pg.ClientBase, tables: Table[]): Promise<object> {
  const counts = Object.fromEntries(await countRows(client, tables.map(({ name }) => name)));
  await prisma.initialLoadSession.updateMany({
    where: { sessionId, status: { in: ACTIVE } },
    data: { status: 'COMPLETED', phase: 'verify', progress: 100, currentStep: 'done', currentTable: null, completedAt: new Date() },
  });
  return { counts };
}

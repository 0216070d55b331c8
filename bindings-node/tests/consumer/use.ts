// A program that uses everything; it is compiled, in every kind of project, and not run.
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CATALOG_QUERY,
  Catalog,
  DumpsertError,
  convert,
  convertFile,
  createRewriter,
  inspect,
  inspectFile,
  restore,
  rewrite,
  rewriterPair,
  statements,
  type Inspection,
  type Mapping,
  type Options,
  type Report,
  type RunOptions,
} from 'dumpsert';

/** What a restore tells of keys. */
export async function keys(to: string): Promise<string[]> {
  const { mapping = [] } = await restore('dump.sql', { to, matchOn: { 'public.t': 'a' }, mapping: 'ids.csv' });
  const all: Mapping[] = mapping;
  return all.flatMap(({ table, recognised, rows }) => rows.map(({ from, to }) => `${table} ${recognised} ${from[0]} ${to[0]}`));
}

export async function use(request: Request, query: (sql: string) => Promise<{ rows: unknown[] }>): Promise<Report> {
  const catalog: Catalog = await Catalog.fromQuery(query);
  const options: RunOptions = {
    style: 'batches',
    noKey: 'skip',
    update: 'newer(at)',
    keys: { 'public.t': ['a', 'b'] },
    matchOn: { 'public.t': ['a', 'b'] },
    matchNulls: 'not_distinct',
    tables: { 'public."U"': { key: 'id', updateNever: ['created'], matchWhere: 'a > 1', onTakenKey: 'renumber' } },
    limits: { rowBytes: '1GB' },
    catalog: [catalog, await Catalog.fromJson(catalog.toJson()), await Catalog.fromSchemaSql(Buffer.from(''))],
    signal: request.signal,
    onProgress: ({ bytes, rows, table }) => void `${bytes + rows} ${table?.length}`,
  };
  // @ts-expect-error an option of this name is not known
  const misspelt: Options = { nokey: 'skip' };
  // @ts-expect-error a style of this name is not known
  const wrong: Options = { style: 'row' };

  const stream: Duplex = createRewriter(options);
  await pipeline(Readable.from(['']), stream, process.stdout);
  const body: ReadableStream<Uint8Array> = request.body!.pipeThrough(rewriterPair(options));
  for await (const statement of statements(body, { style: 'batches' })) await query(statement.trim());
  const rewriting = rewrite(Readable.toWeb(Readable.from([])), options);
  for await (const chunk of rewriting) chunk.readUInt8(0);
  const text: string = (await convert('', options)).sql;
  const bytes: Buffer = (await convert(new Uint8Array(1), options)).sql;
  try {
    const report = await convertFile(new URL('file:///dump.sql'), 'out.sql', misspelt ?? wrong);
    report.tables[0]?.rows_kept.toFixed();
    const { problems, shape }: Inspection = await inspect(text, { excludeDemo: true, cascade: false });
    if (problems[0]?.hint === shape.server_version) return (await inspectFile('dump.sql')).report;
    return report;
  } catch (error) {
    if (error instanceof DumpsertError && error.category === 'syntax') {
      throw new Error(`${error.code} ${error.line?.toFixed()} ${error.hint} ${CATALOG_QUERY} ${text} ${bytes.length}`);
    }
  }
  return rewriting.report;
}

'use client';

// What a run shows: its steps, the table that is on its way, and the report.

import type { LoadReport, TableLine } from '@/lib/initial-load/report';
import type { SessionView } from '@/lib/initial-load/sessions';

const STEPS = ['backup', 'transfer', 'restore', 'verify'];

const number = new Intl.NumberFormat('en');
export const count = (value: number) => number.format(value);

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `public."OrderItem"` as one says it. */
export const nameOf = (table: string) => table.replace(/^public\./, '').replace(/^"(.*)"$/, '$1');

export function Stepper({ session }: { session: SessionView }) {
  const now = STEPS.indexOf(session.phase);
  const hasStopped = ['FAILED', 'CANCELLED'].includes(session.status);
  return (
    <ol className="steps" aria-label="Phases">
      {STEPS.map((step, place) => {
        const isDone = place < now || session.status === 'COMPLETED';
        const state = isDone ? 'done' : place > now ? '' : hasStopped ? 'stopped' : 'now';
        const sign = { done: '✓', now: '●', stopped: '✕', '': '○' }[state];
        const words = { done: 'done', now: 'under way', stopped: 'stopped', '': 'to come' }[state];
        return (
          <li key={step} className={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span aria-hidden="true">{sign} </span>
            {step}
            <span className="hidden"> ({words})</span>
          </li>
        );
      })}
    </ol>
  );
}

/** The tables on their way. */
export function LiveTables({ session }: { session: SessionView }) {
  const tables = session.tables.filter(({ rows, total }) => rows > 0 || (total ?? 0) > 0);
  if (tables.length === 0) return null;
  return (
    <div className="scroll">
      <table>
        <caption className="hidden">Tables on their way</caption>
        <thead>
          <tr><th scope="col">Table</th><th scope="col">Rows read</th><th scope="col">of</th><th scope="col"><span className="hidden">Share</span></th></tr>
        </thead>
        <tbody>
          {tables.map(({ table, rows, total }) => (
            <tr key={table} className={table === session.currentTable ? 'now' : ''}>
              <td>{nameOf(table)}</td>
              <td>{count(rows)}</td>
              <td>{total === undefined ? '' : count(total)}</td>
              <td>
                <span className="bar" aria-hidden="true"><i className="updated" style={{ width: `${total ? Math.min(100, (100 * rows) / total) : 0}%` }} /></span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const KINDS = [
  ['inserted', 'inserted'],
  ['updated', 'updated'],
  ['unchanged', 'unchanged'],
  ['left', 'left out'],
] as const;

const parts = (line: TableLine) => ({ inserted: line.inserted, updated: line.updated, unchanged: line.unchanged, left: line.leftOut });

export function sums(report: LoadReport) {
  const sum = { inserted: 0, updated: 0, unchanged: 0, left: 0 };
  for (const line of report.tables) for (const [kind] of KINDS) sum[kind] += parts(line)[kind];
  return sum;
}

const VERDICTS = { match: ['✓ match', 'good'], expected: ['≈ expected', 'warn'], mismatch: ['✕ mismatch', 'bad'] } as const;

export function Report({ report }: { report: LoadReport }) {
  return (
    <>
      <p className="key" aria-hidden="true">
        {KINDS.map(([kind, words]) => <span key={kind}><i className={kind} />{words}</span>)}
      </p>
      <div className="scroll report" tabIndex={0} role="region" aria-label="Report by table">
        <table>
          <thead>
            <tr>
              {['Table', 'Source', 'Inserted', 'Updated', 'Unchanged', 'Left out', 'Target'].map((title) => <th scope="col" key={title}>{title}</th>)}
              <th scope="col"><span className="hidden">Shares</span></th>
              <th scope="col" className="why">Check</th>
            </tr>
          </thead>
          <tbody>
            {report.tables.filter(({ read, source, target }) => read + (source ?? 0) + (target ?? 0) > 0).map((line) => <Line key={line.table} line={line} />)}
          </tbody>
        </table>
      </div>
      {(report.recognised ?? []).map(({ table, rows, renumbered, first }) => (
        <details className="recognised" key={table}>
          <summary>
            {nameOf(table)}: {count(rows)} recognised under another id{renumbered > 0 && `, ${count(renumbered)} with a new id`}
          </summary>
          <ul>{first.map(({ from, to }) => <li key={from}><code>{from}</code> is <code>{to}</code> here</li>)}</ul>
        </details>
      ))}
      {report.softReferences.length > 0 && (
        <p className="notice warn">
          Columns without a foreign key name rows that were left out:{' '}
          {report.softReferences.map(({ table, column, rows }) => `${nameOf(table)}.${column} (${count(rows)} rows)`).join(', ')}. These rows have arrived.
        </p>
      )}
      {report.notes.map((note) => <p className="soft" key={note}>{note}</p>)}
    </>
  );
}

function Shares({ line, className = 'bar' }: { line: TableLine; className?: string }) {
  const all = Math.max(1, line.read);
  return (
    <span className={className} aria-hidden="true">
      {KINDS.map(([name]) => <i key={name} className={name} style={{ width: `${(100 * parts(line)[name]) / all}%` }} />)}
    </span>
  );
}

function Line({ line }: { line: TableLine }) {
  const [words, kind] = VERDICTS[line.verdict];
  return (
    <tr>
      <td>{nameOf(line.table)}<Shares line={line} className="bar narrow" /></td>
      {[line.source, line.inserted, line.updated, line.unchanged, line.leftOut, line.target].map((value, place) => (
        <td key={place}>{value === null ? '–' : count(value)}</td>
      ))}
      <td><Shares line={line} /></td>
      <td className="why"><span className={kind}>{words}</span> {line.why && <span className="soft">{line.why}</span>}</td>
    </tr>
  );
}

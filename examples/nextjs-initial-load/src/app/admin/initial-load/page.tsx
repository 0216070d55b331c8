'use client';

// The page of the administrator: choose a peer, start, watch, read the report.

import { type FormEvent, useState } from 'react';
import type { SessionView } from '@/lib/initial-load/sessions';
import { LiveTables, Report, Stepper, count, size, sums } from './parts';
import { type PeerState, ask, isActive, useFollow, useLoads } from './use-loads';

export default function InitialLoad() {
  const { sessions, peers, nodeId, isOffline, refresh, update, failed } = useLoads();
  const [error, setError] = useState('');
  const running = sessions?.find(isActive);
  useFollow(running?.sessionId, update, failed);

  async function act(work: () => Promise<unknown>) {
    setError('');
    try {
      await work();
    } catch (thrown) {
      setError((thrown as Error).message);
    }
    await refresh();
  }

  return (
    <main>
      <header className="top">
        <h1>Initial load</h1>
        <span className="soft">This server: <strong>{nodeId || '…'}</strong></span>
      </header>
      {isOffline && <p className="notice" role="alert">This server does not answer. The page looks again every few seconds.</p>}
      {error && <p className="notice" role="alert">{error}</p>}
      {running ? (
        <Running session={running} cancel={() => void act(() => ask(`/initial-load/${running.sessionId}`, 'DELETE'))} />
      ) : (
        <Start peers={peers} isDisabled={isOffline || sessions === undefined} start={(options) => act(() => ask('/initial-load', 'POST', options))} />
      )}
      <History sessions={sessions} />
    </main>
  );
}

function problemOf({ isOnline, mayWriteHere, psql }: PeerState): string {
  if (!isOnline) return 'offline';
  if (psql === null) return 'online; psql is missing there';
  return mayWriteHere ? 'online' : 'online; does not let this server write';
}

function Start({ peers, isDisabled, start }: { peers: PeerState[] | undefined; isDisabled: boolean; start: (options: object) => Promise<void> }) {
  const [isStarting, setStarting] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const flag = (name: string) => form.get(name) === 'on';
    setStarting(true);
    await start({ peer: form.get('peer'), method: form.get('method'), demo: flag('demo'), compress: flag('compress'), spool: flag('spool') });
    setStarting(false);
  }

  return (
    <form className="card form" onSubmit={submit} aria-labelledby="start-title">
      <h2 id="start-title">Copy this server’s data to a peer</h2>
      <fieldset>
        <legend>Peer</legend>
        {peers === undefined && <p className="soft">Looking for peers …</p>}
        {peers?.length === 0 && <p className="soft">No peers yet: add a row to <code>"SyncNodes"</code>, as the README shows.</p>}
        {peers?.map((peer) => (
          <label className="choice" key={peer.nodeId}>
            <input type="radio" name="peer" value={peer.nodeId} disabled={!peer.isOnline} defaultChecked={peer.isOnline && peers.find(({ isOnline }) => isOnline) === peer} required />
            <span>{peer.name}<small>{problemOf(peer)}</small></span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Method</legend>
        <label className="choice">
          <input type="radio" name="method" value="backup" defaultChecked />
          <span>Backup<small>one request, all or nothing</small></span>
        </label>
        <label className="choice">
          <input type="radio" name="method" value="http" />
          <span>HTTP<small>rows in batches: slower, keeps what has arrived</small></span>
        </label>
      </fieldset>
      <fieldset>
        <legend>Options</legend>
        <label className="choice"><input type="checkbox" name="demo" defaultChecked /><span>Leave demo data out</span></label>
        <label className="choice"><input type="checkbox" name="compress" defaultChecked /><span>Compress</span></label>
        <label className="choice"><input type="checkbox" name="spool" /><span>By way of a file<small>kept on the target if the restore fails</small></span></label>
      </fieldset>
      <div><button type="submit" disabled={isDisabled || isStarting || !peers?.some(({ isOnline }) => isOnline)}>{isStarting ? 'Starting …' : 'Start'}</button></div>
    </form>
  );
}

function Running({ session, cancel }: { session: SessionView; cancel: () => void }) {
  const { direction, peer, phase, progress, currentStep, bytes, rows, totalRows, isCancelling } = session;
  return (
    <section className="card" aria-labelledby="running-title">
      <div className="line">
        <h2 id="running-title">Running: {direction === 'send' ? `to ${peer}` : `from ${peer}`}</h2>
        <button className="quiet" type="button" onClick={cancel} disabled={isCancelling}>{isCancelling ? 'Cancelling …' : 'Cancel'}</button>
      </div>
      <Stepper session={session} />
      <progress max={100} value={progress} aria-label="Progress" />
      <p role="status">
        <strong>{progress} %</strong> {phase}: {currentStep}
      </p>
      <p className="soft">{size(bytes)}{totalRows > 0 && `, ${count(rows)} of ${count(totalRows)} rows`}</p>
      <LiveTables session={session} />
    </section>
  );
}

const COLOURS: Record<string, string> = { COMPLETED: 'good', FAILED: 'bad', CANCELLED: 'warn' };

function seconds({ startedAt, completedAt }: SessionView): string {
  return completedAt === null ? '' : `${((Date.parse(completedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
}

function History({ sessions }: { sessions: SessionView[] | undefined }) {
  const past = sessions?.filter((session) => !isActive(session));
  return (
    <section className="card" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {past === undefined && <p className="soft">Loading …</p>}
      {past?.length === 0 && <p className="soft">Nothing yet. The first load appears here, with a report of every table.</p>}
      <ul className="history">{past?.map((session, place) => <Entry key={session.sessionId} session={session} isFirst={place === 0} />)}</ul>
    </section>
  );
}

function Entry({ session, isFirst }: { session: SessionView; isFirst: boolean }) {
  const [isOpen, setOpen] = useState(isFirst);
  const { status, direction, peer, method, report, errorMessage, sessionId, startedAt } = session;
  const sum = report && sums(report);
  return (
    <li>
      <div className="line">
        <span className={`status ${COLOURS[status] ?? ''}`}>{status}</span>
        <span>{direction === 'send' ? '→' : '←'} {peer}</span>
        <span className="soft">{method}, {seconds(session)}</span>
        <time className="soft" dateTime={startedAt} suppressHydrationWarning>{new Date(startedAt).toLocaleString('en')}</time>
        {sum && <span>inserted {count(sum.inserted)}, updated {count(sum.updated)}, unchanged {count(sum.unchanged)}, left out {count(sum.left)}</span>}
        {report && <button className="quiet" type="button" aria-expanded={isOpen} aria-controls={`report-${sessionId}`} onClick={() => setOpen(!isOpen)}>Report</button>}
      </div>
      {status !== 'COMPLETED' && <Stepper session={session} />}
      {errorMessage && <p className={status === 'COMPLETED' ? 'notice warn' : 'notice'}>{errorMessage}</p>}
      {report && isOpen && <div id={`report-${sessionId}`}><Report report={report} /></div>}
    </li>
  );
}

// network, kill-psql: what is cut, and where. Faults are placed by bytes that have passed, never by time.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { begin, cleanups, completed, ended, load, until } from './support.mjs';
import { fresh, gate, nothingRuns, pair, proxy, setUp, state } from './holds.mjs';

const file = cleanups();
before(() => setUp(file));
after(file.run);

test('network: cut at 0, 1, 50 and 99 % of the bytes, and before the answer; the reason on both sides; a retry succeeds', async () => {
  await fresh();
  // How many bytes pass is counted once.
  proxy.reset();
  const dry = await load(pair.from, { demo: false });
  assert.equal(dry.status, 'COMPLETED', dry.errorMessage);
  const bytes = dry.bytes;
  const unchanged = await fresh();
  for (const share of [0, 0.01, 0.5, 0.99]) {
    // Behind the first byte the cut waits until the target has begun: a connection that is cut before that is share 0.
    if (share === 0) proxy.cutUpload(0);
    else proxy.holdUpload(Math.floor(bytes * share));
    const sessionId = await begin(pair.from, { demo: false });
    if (share > 0) {
      await until('the target has begun', async () => proxy.isHolding() && (await pair.to.admin('GET', `/initial-load/${sessionId}`)).status === 200);
      proxy.cutHeld();
    }
    const session = await ended(pair.from, sessionId);
    assert.ok(proxy.hasCut(), `${share}`);
    assert.equal(session.status, 'FAILED', `${share}`);
    assert.match(session.errorMessage, /nothing was changed$/);
    const other = await pair.to.admin('GET', `/initial-load/${session.sessionId}`);
    if (share > 0 || other.status !== 404) {
      // Where all was sent before the source saw the cut, the target has been told that it never begins.
      const there = await ended(pair.to, session.sessionId);
      assert.equal(there.status, 'FAILED');
      assert.match(there.errorMessage, share > 0 ? /cut.*nothing was changed$/ : /cut before it began; nothing was changed$/);
    }
    await until('nobody is left', () => nothingRuns() === '0');
    assert.deepEqual(state(pair.target), unchanged, `${share}`);
  }
  proxy.reset();
  await completed(pair.from, { demo: false });
  // The upload has arrived, and the answer does not come back: the source asks.
  for (const how of ['cut', 'html', 'never']) {
    await fresh();
    proxy.loseAnswer(how);
    const session = await load(pair.from, { demo: false });
    assert.ok(proxy.hasCut(), how);
    assert.equal(session.status, 'COMPLETED', `${how}: ${session.errorMessage}`);
    assert.equal(session.report.tables.find(({ table }) => table === 'public.products').updated, 120);
    proxy.reset();
  }
  // Where the target cannot tell either, that is said.
  await fresh();
  proxy.loseAnswer('gone');
  const session = await load(pair.from, { demo: false });
  assert.equal(session.status, 'FAILED');
  assert.match(session.errorMessage, /[Oo]utcome unknown.*safe to repeat/);
  proxy.reset();
  const again = await completed(pair.from, { demo: false });
  for (const line of again.report.tables) assert.deepEqual([line.inserted, line.updated], [0, 0], line.table);
});

test('kill-psql: killed at ten points of its script, nothing stays', async () => {
  await fresh();
  writeFileSync(join(gate, 'count'), '');
  await completed(pair.from, { demo: false });
  const { size } = statSync(join(gate, 'script'));
  assert.ok(size > 400_000, `${size}`);
  const before = await fresh();
  for (let point = 0; point < 10; point += 1) {
    writeFileSync(join(gate, 'killed'), '');
    writeFileSync(join(gate, 'bytes'), String(1 + Math.floor((size * point) / 10)));
    const session = await load(pair.from, { demo: false });
    assert.equal(session.status, 'FAILED', `${point}`);
    assert.match(session.errorMessage, /nothing was changed$/);
    assert.doesNotMatch(session.errorMessage, /EPIPE|Broken pipe/);
    assert.equal(readFileSync(join(gate, 'killed'), 'utf8').trim(), 'killed', `point ${point} was reached`);
    assert.deepEqual(state(pair.target), before, `${point}`);
  }
  await completed(pair.from, { demo: false });
});

test('closed: an upload that comes after its source was told of nothing is refused', async () => {
  const unchanged = await fresh();
  proxy.holdRequest();
  const running = load(pair.from, { demo: false });
  await until('the upload lies in the proxy', () => proxy.isHolding());
  // The whole body has left the source; then the connection to it is cut, and it asks.
  proxy.cutSource();
  const session = await running;
  assert.equal(session.status, 'FAILED');
  assert.match(session.errorMessage, /cut before it began; nothing was changed$/);
  assert.equal(await proxy.passHeld(), 409);
  assert.deepEqual(state(pair.target), unchanged);
  proxy.reset();
  await completed(pair.from, { demo: false });
});

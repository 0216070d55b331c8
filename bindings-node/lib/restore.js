'use strict';
// A dump or a database into a database. The run has a thread of its own; here it gets its dump, and is asked and told.

const { IncomingMessage } = require('node:http');
const { NativeRestore } = require('../native.js');
const { Encoder } = require('./bytes.js');
const { Driver, faultOf } = require('./client.js');
const { pathOf } = require('./convert.js');
const { DumpsertError, aborted, asDumpsertError, unreadable } = require('./errors.js');
const { inCamelCase, invalid, prepare } = require('./options.js');

/** Options that no conversion has. */
const OWN = ['to', 'binDir', 'dryRun', 'check', 'verify', 'diff', 'hide', 'prune', 'pruneEmpty', 'pruneKeyless', 'pruneCascade', 'pruneMax', 'mapping', 'beforeCommit'];

function urlOf(value, name) {
  if (value === undefined) throw invalid(`\`${name}\` is missing`, 'is the variable set that it comes from?');
  if (typeof value !== 'string') throw invalid(`\`${name}\` is the URL of a database, as a string`);
  return value;
}

/** Which rows are deleted because the dump does not have them; without `prune` the rest says nothing. */
function pruneOf({ prune = false, pruneEmpty = [], pruneKeyless = [], pruneCascade = false, pruneMax }) {
  if (typeof prune !== 'boolean') throw invalid('`prune` is true or false');
  if (typeof pruneCascade !== 'boolean') throw invalid('`pruneCascade` is true or false');
  const tables = (value, name) => {
    const names = [value].flat();
    if (!names.every((table) => typeof table === 'string')) throw invalid(`\`${name}\` is a name of a table, or a list of them`);
    return names;
  };
  if (pruneMax !== undefined && typeof pruneMax !== 'string' && !Number.isSafeInteger(pruneMax)) {
    throw invalid("`pruneMax` is a number of rows, or a text like '10%'");
  }
  const settings = {
    prune,
    pruneEmpty: tables(pruneEmpty, 'pruneEmpty'),
    pruneKeyless: tables(pruneKeyless, 'pruneKeyless'),
    pruneCascade,
    pruneMax: pruneMax === undefined ? undefined : String(pruneMax),
  };
  const isSaid = pruneCascade || pruneMax !== undefined || settings.pruneEmpty.length > 0 || settings.pruneKeyless.length > 0;
  if (isSaid && !prune) throw invalid('`pruneEmpty`, `pruneKeyless`, `pruneCascade` and `pruneMax` say nothing without `prune: true`');
  return settings;
}

/** The library has an option of the same name, which says who runs the script. */
function clientOf(options, own) {
  const { client, ...others } = options ?? {};
  if (client === undefined || client === 'psql') return { others: options };
  if (typeof client !== 'object' || client === null || own.includes('from')) {
    throw invalid("`client` can only be 'psql' here", own.includes('from') ? undefined : 'or a Client of pg');
  }
  if (others.to !== undefined) throw invalid('`to` and `client` are two targets: give one of them');
  return { client, others };
}

function settingsOf(given, own) {
  const { client, others: options } = clientOf(given, own);
  const driver = client === undefined ? undefined : new Driver(client);
  try {
    return { ...settingsFor(options, own, driver), driver };
  } catch (error) {
    driver?.close();
    throw error;
  }
}

function settingsFor(options, own, driver) {
  const client = driver === undefined ? 'psql' : 'driver';
  const prepared = prepare(options, { style: 'staged', client }, own);
  const { to, from, binDir, dryRun = false, check = false, verify = 'normal', diff, hide = [], mapping, beforeCommit } = options ?? {};
  if (typeof dryRun !== 'boolean') throw invalid('`dryRun` is true or false');
  if (typeof check !== 'boolean') throw invalid('`check` is true or false');
  if (verify !== 'normal' && verify !== 'strict') throw invalid("`verify` is 'normal' or 'strict'");
  if (diff !== undefined && !(Number.isInteger(diff) && diff >= 0 && diff < 2 ** 32)) throw invalid('`diff` is a number of rows');
  const hidden = [hide].flat();
  if (!hidden.every((name) => typeof name === 'string')) throw invalid('`hide` is a name of a column, or a list of them');
  if (beforeCommit !== undefined && typeof beforeCommit !== 'function') throw invalid('`beforeCommit` is a function');
  const native = {
    to: driver === undefined ? urlOf(to, 'to') : undefined,
    from: own.includes('from') ? urlOf(from, 'from') : undefined,
    binDir: binDir === undefined ? undefined : pathOf(binDir, 'binDir'),
    dryRun,
    check,
    strict: verify === 'strict',
    diff,
    hide: hidden,
    ...pruneOf(options ?? {}),
    mapping: mapping === undefined ? undefined : pathOf(mapping, 'mapping'),
    asksBeforeCommit: beforeCommit !== undefined,
  };
  return { ...prepared, native, beforeCommit };
}

/** The chunks of a dump: `next` as that of an iterator, and `abandon` for one that is not read to its end. */
function chunksOf(input) {
  if (ArrayBuffer.isView(input) || input instanceof ArrayBuffer) return chunksOf([input]);
  if (typeof input?.getReader === 'function') {
    const reader = input.getReader();
    return { next: () => reader.read(), abandon: (reason) => reader.cancel(reason) };
  }
  const method = input?.[Symbol.asyncIterator] ?? input?.[Symbol.iterator];
  if (typeof method !== 'function') {
    const message = 'a dump is a path, bytes, or an iterable of bytes or strings';
    throw new DumpsertError(message, { code: 'invalid_argument' });
  }
  const iterator = method.call(input);
  return {
    next: async () => iterator.next(),
    async abandon() {
      // An answer to a request goes by the connection that the request comes from.
      if (input instanceof IncomingMessage) return;
      if (typeof input.destroy === 'function') input.destroy();
      else await iterator.return?.();
    },
  };
}

const textOf = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown));

/** One run, see `src/restore.rs`. */
class Run {
  #settings;
  #native;
  #chunks;
  /** Goes on with reading. */
  #wanted = () => {};
  #isOver = false;
  /** Why it is ended from here. */
  #failure;
  /** What `beforeCommit` has thrown, in a list. */
  #refusal;
  #resolve;
  #reject;

  constructor(settings, chunks) {
    this.#settings = settings;
    this.#chunks = chunks;
  }

  run() {
    const { json, catalogs, native, signal } = this.#settings;
    if (signal?.aborted) {
      this.#abandon();
      throw aborted(signal.reason);
    }
    return new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
      try {
        this.#native = new NativeRestore(json, catalogs, native, (event) => this[event.kind](event));
      } catch (error) {
        this.#abandon();
        reject(inCamelCase(asDumpsertError(error)));
        return;
      }
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      if (this.#chunks !== undefined) void this.#feed();
    });
  }

  #onAbort = () => this.#stop(aborted(this.#settings.signal.reason));

  #stop(error) {
    if (this.#isOver) return;
    this.#failure ??= error;
    this.#native.cancel();
    this.#settings.driver?.interrupt();
  }

  #abandon() {
    // Nobody needs to know how that ends.
    this.#chunks?.abandon(this.#failure).catch(() => {});
    this.#chunks = undefined;
  }

  async #feed() {
    const encoder = new Encoder();
    for (;;) {
      let chunk;
      try {
        chunk = await this.#chunks.next();
      } catch (error) {
        this.#stop(error instanceof DumpsertError ? error : unreadable(error));
        return;
      }
      if (this.#isOver) return;
      try {
        if (chunk.done) {
          encoder.end();
          this.#chunks = undefined;
          this.#native.end();
          return;
        }
        const bytes = encoder.encode(chunk.value);
        if (!this.#native.feed(bytes)) await new Promise((resolve) => (this.#wanted = resolve));
      } catch (error) {
        this.#stop(asDumpsertError(error));
        return;
      }
      if (this.#isOver) return;
    }
  }

  // What the native part tells.

  read() {
    this.#wanted();
  }

  step({ phase, bytes, rows, table, tableRows, tablesDone, tables }) {
    if (this.#settings.onProgress === undefined || this.#failure !== undefined) return;
    try {
      this.#settings.onProgress({ phase, bytes, rows, table, tableRows, tablesDone, tables });
    } catch (error) {
      this.#stop(asDumpsertError(error));
    }
  }

  async confirm({ outcome }) {
    try {
      await this.#settings.beforeCommit(JSON.parse(outcome));
    } catch (error) {
      this.#refusal = [error];
      this.#native.answer(textOf(error));
      return;
    }
    this.#native.answer();
  }

  async drive({ order, sql, size }) {
    try {
      let data;
      if (size !== undefined) this.#native.take((data = Buffer.allocUnsafe(size)));
      const text = await this.#settings.driver.order(order, sql, data);
      this.#native.driven(text);
    } catch (error) {
      this.#native.driven(undefined, faultOf(error));
    }
  }

  done({ outcome: json, fault }) {
    this.#isOver = true;
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    this.#abandon();
    this.#wanted();
    const outcome = json === undefined ? undefined : JSON.parse(json);
    // Where it was too late to stop it, the outcome is there, and counts.
    if (fault === undefined) this.#resolve(outcome);
    else this.#reject(Object.assign(this.#errorOf(fault, outcome), { outcome }));
  }

  #errorOf(fault, outcome) {
    const error = inCamelCase(asDumpsertError(new Error(fault)));
    if (outcome?.ending === 'unknown') return error;
    if (error.code === 'refused' && this.#refusal !== undefined) {
      const [cause] = this.#refusal;
      return new DumpsertError(textOf(cause), { code: error.code, category: error.category, cause });
    }
    return this.#failure ?? error;
  }
}

function runOf(input, settings) {
  if (typeof input === 'string' || input instanceof URL) {
    settings.native.path = pathOf(input, 'input');
    return new Run(settings);
  }
  return new Run(settings, chunksOf(input));
}

async function restore(input, options) {
  const settings = settingsOf(options, OWN);
  try {
    return await runOf(input, settings).run();
  } finally {
    settings.driver?.close();
  }
}

async function sync(options) {
  return new Run(settingsOf(options, [...OWN, 'from'])).run();
}

module.exports = { restore, sync };

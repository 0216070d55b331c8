'use strict';
// The rewriter as a stream of Node.

const { Duplex, Readable } = require('node:stream');
const { Encoder } = require('./bytes.js');
const { DumpsertError, aborted, asDumpsertError, finished, unreadable } = require('./errors.js');
const { invalid, planOf } = require('./options.js');
const { PENDING_BYTES, Pump, ReportPromise } = require('./pump.js');

class RewriterStream extends Duplex {
  #pump;
  #encoder = new Encoder();
  #report = new ReportPromise();
  #signal;
  #onAbort;
  /** An error that comes behind the output that is still to be read. */
  #failure;
  #onFinished;

  constructor(settings) {
    super({
      decodeStrings: false,
      readableObjectMode: settings.plan.isForDriver,
      readableHighWaterMark: settings.plan.isForDriver ? 1 : PENDING_BYTES,
      writableHighWaterMark: PENDING_BYTES,
    });
    this.#pump = new Pump(settings, {
      output: (output) => {
        if (!Array.isArray(output)) return this.push(output);
        return output.map((statement) => this.push(statement)).every(Boolean);
      },
      done: (report) => {
        this.#report.resolve(report);
        this.push(null);
        this.#onFinished();
      },
      failed: (error) => {
        this.#failure = error;
        this.#report.reject(error);
        // What was written before the error, such as the statement that makes the script fail, goes first to a reader.
        if (this.readableLength === 0 || this.readableFlowing === null) this.destroy(error);
      },
    });
    const { signal } = settings;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => this.destroy(aborted(signal.reason));
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  get report() {
    return this.#report.promise;
  }

  // Node itself would throw errors of its own for what is no chunk and for a write after the end.
  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') return this.write(chunk, undefined, encoding);
    try {
      if (this.writableEnded) throw finished();
      const bytes = typeof chunk === 'string' && /^utf-?8$/i.test(encoding ?? 'utf8') ? chunk : bytesIn(chunk, encoding);
      return super.write(bytes, 'utf8', callback);
    } catch (thrown) {
      const error = asDumpsertError(thrown);
      if (callback !== undefined) process.nextTick(callback, error);
      this.destroy(error);
      return false;
    }
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') return this.end(undefined, undefined, chunk);
    if (typeof encoding === 'function') return this.end(chunk, undefined, encoding);
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    return super.end(callback);
  }

  read(size) {
    const chunk = super.read(size);
    if (this.#failure !== undefined && this.readableLength === 0) {
      process.nextTick(() => this.destroy(this.#failure));
    }
    return chunk;
  }

  _writev(chunks, callback) {
    try {
      const bytes = chunks.map(({ chunk }) => this.#encoder.encode(chunk));
      // Not at once, so that the source asks for its next chunk first, which comes while this one is copied.
      setImmediate(() => this.#pump.feed(bytes, callback));
    } catch (error) {
      callback(asDumpsertError(error));
    }
  }

  _final(callback) {
    try {
      this.#encoder.end();
    } catch (error) {
      callback(error);
      return;
    }
    this.#onFinished = callback;
    this.#pump.end();
  }

  _read() {
    this.#pump.want();
  }

  _destroy(error, callback) {
    this.#pump.close();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#report.reject(error instanceof DumpsertError ? error : aborted(error ?? undefined));
    callback(error);
  }
}

function bytesIn(chunk, encoding) {
  if (typeof chunk !== 'string') return new Encoder().encode(chunk);
  if (!Buffer.isEncoding(encoding)) {
    throw new DumpsertError(`${encoding} is no encoding`, { code: 'invalid_argument' });
  }
  return Buffer.from(chunk, encoding);
}

/** The chunks of anything that gives some. */
function sourceOf(input) {
  if (typeof input === 'string' || ArrayBuffer.isView(input) || input instanceof ArrayBuffer) return [input];
  if (typeof input?.[Symbol.asyncIterator] === 'function' || typeof input?.[Symbol.iterator] === 'function') {
    return input;
  }
  throw new DumpsertError('a dump is bytes, a string, or an iterable of those', { code: 'invalid_argument' });
}

/** Runs `input` through a stream, and gives its output. */
async function* through(stream, input) {
  const source = Readable.from(input, { objectMode: true, highWaterMark: 1 });
  source.once('error', (error) => stream.destroy(error instanceof DumpsertError ? error : unreadable(error)));
  source.pipe(stream);
  try {
    yield* stream;
    return await stream.report;
  } finally {
    source.destroy();
    stream.destroy();
  }
}

function generator(input, options, fixed) {
  const settings = planOf(options, fixed);
  const source = sourceOf(input);
  const stream = new RewriterStream(settings);
  // Before the first `next` nobody listens.
  stream.on('error', () => {});
  return Object.defineProperty(through(stream, source), 'report', { value: stream.report });
}

function createRewriter(options) {
  return new RewriterStream(planOf(options, { client: 'psql' }));
}

function rewrite(input, options) {
  return generator(input, options, { client: 'psql' });
}

function statements(input, options) {
  // The library refuses it as well, but when the dump is read.
  if (options?.style === 'staged') {
    throw invalid("`style: 'staged'` needs psql, or COPY between its statements", 'restore(dump, { client }) does that over a client of pg');
  }
  return generator(input, options, { client: 'driver' });
}

module.exports = { createRewriter, rewrite, statements };

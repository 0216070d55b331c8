'use strict';
// The rewriter as a pair of Web streams. Node's own adaptors are not used: Writable.toWeb and Duplex.toWeb of Node 20
// count chunks instead of bytes, so that a reader that has stopped lets hundreds of megabytes queue up.

const { Encoder } = require('./bytes.js');
const { aborted, asDumpsertError, finished } = require('./errors.js');
const { planOf } = require('./options.js');
const { PENDING_BYTES, Pump, ReportPromise } = require('./pump.js');

/** Output that waits for a reader is less than this before more is made. */
const QUEUE_BYTES = 1 << 20;

/** Node 20 answers a write after the end with an assertion of its own that fails. */
class DumpStream extends WritableStream {
  #isEnded = false;

  constructor(sink, strategy) {
    super({ ...sink, close: () => ((this.#isEnded = true), sink.close()) }, strategy);
  }

  getWriter() {
    const writer = super.getWriter();
    const { write, close } = writer;
    return Object.assign(writer, {
      write: (chunk) => (this.#isEnded ? Promise.reject(finished()) : write.call(writer, chunk)),
      close: () => {
        const closed = close.call(writer);
        this.#isEnded = true;
        return closed;
      },
    });
  }
}

class Pair {
  #report = new ReportPromise();
  #pump;
  #encoder = new Encoder();
  #signal;
  #onAbort;
  #queue = [];
  #queued = 0;
  /** How the output ends, behind what is in the queue. */
  #end;
  #isOver = false;
  #readable;
  #writable;
  /** Wakes up a `pull` that waits for output. */
  #wake;
  /** The write or close that is under way. */
  #pending;

  constructor(settings) {
    this.#pump = new Pump(settings, {
      output: (chunk) => {
        this.#queue.push(chunk);
        this.#queued += chunk.byteLength;
        this.#wake?.();
        return this.#queued < QUEUE_BYTES;
      },
      done: (report) => {
        this.#over();
        this.#report.resolve(report);
        this.#end = () => this.#readable.close();
        this.#wake?.();
        this.#pending?.resolve();
      },
      failed: (error) => this.#fail(error),
    });
    this.report = this.#report.promise;
    // No queue of their own but that of the writable side: what is in `#queue` is all.
    this.readable = new ReadableStream(
      {
        start: (controller) => void (this.#readable = controller),
        pull: () => this.#pull(),
        cancel: (reason) => {
          this.#queue = [];
          this.#fail(aborted(reason));
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new DumpStream(
      {
        start: (controller) => {
          this.#writable = controller;
          // Not `abort()`: that one waits for a write that may wait for the reader.
          const onAbort = () => {
            // It is on its way into its error: Node 20 would stumble over another one.
            this.#writable = undefined;
            this.#stop(controller.signal.reason);
          };
          controller.signal.addEventListener('abort', onAbort, { once: true });
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#close(),
      },
      { highWaterMark: PENDING_BYTES, size: (chunk) => chunk?.byteLength ?? chunk?.length ?? 1 },
    );
    const { signal } = settings;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => this.#stop(signal.reason);
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** Ends at once, without what is in the queue. */
  #stop(reason) {
    this.#queue = [];
    this.#fail(aborted(reason));
  }

  #over() {
    this.#isOver = true;
    this.#pump.close();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #fail(error) {
    if (this.#isOver) return;
    this.#over();
    this.#report.reject(error);
    this.#end = () => this.#readable.error(error);
    if (this.#queue.length === 0) this.#end();
    this.#wake?.();
    this.#writable?.error(error);
    this.#pending?.reject(error);
  }

  async #pull() {
    if (this.#queue.length === 0 && this.#end === undefined) {
      await new Promise((resolve) => {
        this.#wake = resolve;
        this.#pump.want();
      });
      this.#wake = undefined;
    }
    const chunk = this.#queue.shift();
    if (chunk === undefined) {
      this.#end();
      return;
    }
    this.#queued -= chunk.byteLength;
    this.#readable.enqueue(chunk);
    if (this.#queued < QUEUE_BYTES && !this.#isOver) this.#pump.want();
  }

  #write(chunk) {
    let bytes;
    try {
      bytes = this.#encoder.encode(chunk);
    } catch (error) {
      this.#fail(asDumpsertError(error));
      throw error;
    }
    return this.#during((resolve) => this.#pump.feed([bytes], resolve));
  }

  #close() {
    try {
      this.#encoder.end();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    return this.#during(() => this.#pump.end());
  }

  async #during(start) {
    await new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      start(resolve);
    });
    this.#pending = undefined;
  }
}

function rewriterPair(options) {
  const pair = new Pair(planOf(options, { client: 'psql' }));
  return { readable: pair.readable, writable: pair.writable, report: pair.report };
}

module.exports = { rewriterPair };

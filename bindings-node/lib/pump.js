'use strict';
// Moves bytes between the streams and the native run. The work is done on a thread of the pool, in steps, one at a time,
// that end when there is no more input or 1 MiB of output waits here. Output is fetched while a step still runs.

const { NativeRun } = require('../native.js');
const { asDumpsertError, fromFault, native } = require('./errors.js');

/** Input that waits on this side of the border is less than this before a source is told to wait. */
const PENDING_BYTES = 512 << 10;
/** The same of input that is handed over and not yet used up: enough for the step that runs, and to begin the next one. */
const FED_BYTES = 2 << 20;
/** Memory that the native part may put output into, a bit more than a piece of it; one at a time, since more were no faster. */
const OFFER_BYTES = 512 << 10;

class Pump {
  #run;
  #isForDriver;
  #onProgress;
  #receiver;
  /** Chunks that were not handed over yet, and whom to tell when they are. */
  #waiting = [];
  #accepted;
  #fed = 0;
  #used = 0;
  /** Whether a step has something to do, may make output, is running. */
  #hasWork = false;
  #isWanted = false;
  #isRunning = false;
  #isFetching = false;
  /** Whether memory was offered and has not come back. */
  #hasOffered = false;
  #isClosed = false;

  /**
   * The receiver's `output(chunk)` says whether more is wanted now; `done(report)` and `failed(error)` come once, and
   * nothing after them.
   */
  constructor({ plan, onProgress }, receiver) {
    this.#run = native(() => new NativeRun(plan));
    this.#isForDriver = plan.isForDriver;
    this.#onProgress = onProgress;
    this.#receiver = receiver;
  }

  /** Takes chunks; `accepted` is called when they are handed over and there is room for more. One call at a time. */
  feed(chunks, accepted) {
    if (this.#isClosed) return;
    this.#waiting = chunks.filter((chunk) => chunk.byteLength > 0);
    this.#accepted = accepted;
    this.#guard(() => this.#advance());
  }

  /** No more input comes. */
  end() {
    if (this.#isClosed) return;
    this.#guard(() => {
      this.#run.end();
      this.#hasWork = true;
      this.#advance();
    });
  }

  /** The reader has room for output. */
  want() {
    this.#isWanted = true;
    this.#guard(() => this.#advance());
  }

  /** Frees everything. */
  close() {
    this.#isClosed = true;
    this.#waiting = [];
    this.#accepted = undefined;
    this.#run.close();
  }

  #advance() {
    if (this.#isClosed) return;
    this.#start();
    this.#fetch(false);
    if (this.#isClosed) return;
    this.#offer();
    let room = FED_BYTES - (this.#fed - this.#used);
    while (this.#waiting.length > 0 && room > 0) {
      const chunk = this.#waiting[0];
      const slice = chunk.byteLength > room ? chunk.subarray(0, room) : chunk;
      this.#run.feed(slice);
      this.#fed += slice.byteLength;
      this.#hasWork = true;
      this.#start();
      room -= slice.byteLength;
      if (slice === chunk) this.#waiting.shift();
      else this.#waiting[0] = chunk.subarray(slice.byteLength);
    }
    // Last, because it may call `feed` again.
    if (this.#waiting.length === 0 && room > 0 && this.#accepted !== undefined) {
      const accepted = this.#accepted;
      this.#accepted = undefined;
      accepted();
    }
  }

  /** What the native part throws ends the run, for both sides, whichever of them has called. */
  #guard(act) {
    try {
      act();
    } catch (error) {
      this.#fail(asDumpsertError(error));
    }
  }

  /** Starts a step, so that it runs while the rest is handed over. */
  #start() {
    if (!this.#hasWork || !this.#isWanted || this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    this.#hasWork = false;
    this.#run.step().then((step) => this.#take(step), (error) => this.#fail(asDumpsertError(error)));
  }

  #take(step) {
    this.#isRunning = false;
    if (this.#isClosed) return;
    this.#guard(() => {
      this.#used = step.used;
      this.#hasWork ||= step.more;
      const isOver = step.report !== undefined || step.fault !== undefined;
      if (isOver) this.#fetch(true);
      else this.#advance();
      if (this.#isClosed) return;
      this.#onProgress?.({ bytes: step.bytes, rows: step.rows, table: step.table });
      if (step.fault !== undefined) this.#fail(fromFault(step.fault));
      else if (step.report !== undefined) this.#finish(JSON.parse(step.report));
    });
  }

  /** Gives to the reader what there is, as far as it is wanted, or all. */
  #fetch(isAll) {
    // Whoever gets output may ask for more at once.
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      while ((this.#isWanted || isAll) && !this.#isClosed) {
        const chunk = this.#isForDriver ? this.#run.fetchStatements() : this.#fetchScript();
        if (chunk === null) break;
        // First, because the reader may say that it wants more before `output` is through.
        this.#isWanted = false;
        if (this.#receiver.output(chunk)) this.#isWanted = true;
      }
    } finally {
      this.#isFetching = false;
    }
  }

  #fetchScript() {
    const piece = this.#run.fetchScript();
    if (piece === null || Buffer.isBuffer(piece)) return piece;
    this.#hasOffered = false;
    return piece.memory.subarray(0, piece.bytes);
  }

  #offer() {
    // A small dump does not need it.
    if (this.#hasOffered || this.#isForDriver || this.#fed < OFFER_BYTES) return;
    this.#hasOffered = true;
    this.#run.offer(Buffer.allocUnsafeSlow(OFFER_BYTES));
  }

  #finish(report) {
    this.close();
    this.#receiver.done(report);
  }

  #fail(error) {
    if (this.#isClosed) return;
    this.close();
    this.#receiver.failed(error);
  }
}

/** The promise of a report, which nobody has to look at. */
class ReportPromise {
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}

module.exports = { PENDING_BYTES, Pump, ReportPromise };

'use strict';
// Moves bytes between the streams and the native run. The work is done on a thread of the pool, in steps that make
// about 1 MiB of output; at most one step runs at a time, and the next one runs while the output of the last is copied.

const { NativeRun } = require('../native.js');
const { asDumpsertError, fromFault, native } = require('./errors.js');

/** Input that waits on this side of the border is less than this before a source is told to wait. */
const PENDING_BYTES = 512 << 10;
/** The same of input that is handed over and not yet used up: enough for the step that runs, and to begin the next one. */
const FED_BYTES = 2 << 20;
/** A step for less than this waits a moment for more: going to another thread and back takes as long as converting 64 KiB. */
const BATCH_BYTES = 256 << 10;
const BATCH_MILLISECONDS = 1;

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
  #isEnded = false;
  /** Whether a step has something to do, may make output, is running. */
  #hasWork = false;
  #isWanted = false;
  #isRunning = false;
  /** Whether a step need not wait for more input, and the timer after which it does not. */
  #isUrgent = false;
  #timer;
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
    this.#waiting = chunks.filter((chunk) => chunk.byteLength > 0);
    this.#accepted = accepted;
    this.#guard(() => this.#advance());
  }

  /** No more input comes. */
  end() {
    if (this.#isClosed) return;
    this.#isEnded = true;
    this.#guard(() => {
      this.#run.end();
      this.#hasWork = true;
      this.#isUrgent = true;
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
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#accepted = undefined;
    this.#run.close();
  }

  #advance() {
    if (this.#isClosed) return;
    this.#start();
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

  #hurry() {
    this.#timer = undefined;
    this.#isUrgent = true;
    this.#guard(() => this.#start());
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
    if (!this.#isUrgent && this.#fed - this.#used < BATCH_BYTES) {
      this.#timer ??= setTimeout(() => this.#hurry(), BATCH_MILLISECONDS);
      return;
    }
    this.#isRunning = true;
    this.#hasWork = false;
    this.#isUrgent = false;
    this.#run.step().then((step) => this.#take(step), (error) => this.#fail(asDumpsertError(error)));
  }

  #take(step) {
    this.#isRunning = false;
    if (this.#isClosed) return;
    try {
      this.#used = step.used;
      this.#hasWork ||= step.more;
      this.#isUrgent ||= step.more;
      const isOver = step.report !== undefined || step.fault !== undefined;
      if (!isOver) this.#advance();
      if (this.#isClosed) return;
      const run = this.#run;
      const chunk = this.#isForDriver ? run.fetchStatements() : run.fetchScript();
      if (chunk.length > 0) this.#isWanted = this.#receiver.output(chunk);
      if (this.#isClosed) return;
      this.#onProgress?.({ bytes: step.bytes, rows: step.rows, table: step.table });
      if (step.fault !== undefined) this.#fail(fromFault(step.fault));
      else if (step.report !== undefined) this.#finish(JSON.parse(step.report));
      else this.#advance();
    } catch (error) {
      this.#fail(asDumpsertError(error));
    }
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

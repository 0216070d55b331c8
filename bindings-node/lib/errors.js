'use strict';
// The one error class, and how faults of the native part become errors.

/** Codes that only this package has, beside those of the library; each with its category. */
const OWN_CODES = { aborted: 'io', invalid_argument: 'config' };

class DumpsertError extends Error {
  constructor(message, facts = {}) {
    const { code = 'internal', category = OWN_CODES[code] ?? 'internal', cause, ...rest } = facts;
    super(message, cause === undefined ? undefined : { cause });
    // Programs ask the name of an error whether it was they who stopped the work.
    this.name = code === 'aborted' ? 'AbortError' : 'DumpsertError';
    this.code = code;
    this.category = category;
    for (const name of ['hint', 'line', 'column', 'byte', 'table', 'row']) {
      if (rest[name] !== undefined && rest[name] !== null) this[name] = rest[name];
    }
  }
}

/** Makes an error of the JSON that `src/fault.rs` writes. */
function fromFault(json) {
  const { message, causes, ...facts } = JSON.parse(json);
  const cause = causes.reduceRight((inner, text) => new Error(text, inner && { cause: inner }), undefined);
  return new DumpsertError(message, { ...facts, cause });
}

/** What a native function throws, or anything else, as a `DumpsertError`. */
function asDumpsertError(error) {
  if (error instanceof DumpsertError) return error;
  if (error instanceof Error && error.message.startsWith('{"')) {
    try {
      return fromFault(error.message);
    } catch {
      // It only looked like one.
    }
  }
  return new DumpsertError(error instanceof Error ? error.message : String(error), { cause: error });
}

/** Calls the native part. */
function native(call) {
  try {
    return call();
  } catch (error) {
    throw asDumpsertError(error);
  }
}

/** The work was stopped from outside. */
function aborted(reason) {
  return new DumpsertError('the run was stopped', { code: 'aborted', cause: reason });
}

/** The dump could not be read: the input has failed, not we. */
function unreadable(cause) {
  return new DumpsertError('the dump cannot be read', { code: 'read', category: 'io', cause });
}

function finished() {
  return new DumpsertError('the rewriter has ended already', { code: 'finished', category: 'config' });
}

module.exports = { DumpsertError, fromFault, asDumpsertError, native, aborted, unreadable, finished };

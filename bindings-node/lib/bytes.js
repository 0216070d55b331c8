'use strict';
// Chunks of input as bytes.

const { types } = require('node:util');
const { DumpsertError } = require('./errors.js');

/** The bytes of anything but a string. */
function bytesOf(chunk) {
  if (types.isUint8Array(chunk)) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (types.isAnyArrayBuffer(chunk)) return new Uint8Array(chunk);
  const what = chunk === null ? 'null' : typeof chunk;
  throw new DumpsertError(`a dump is made of bytes or strings, not of ${what}`, { code: 'invalid_argument' });
}

/** Turns chunks into bytes; a character that is cut between two strings is put together. */
class Encoder {
  #half = '';

  encode(chunk) {
    if (typeof chunk !== 'string') {
      this.end();
      return bytesOf(chunk);
    }
    let text = this.#half + chunk;
    this.#half = '';
    if (/[\ud800-\udbff]$/.test(text)) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (!text.isWellFormed()) throw halfCharacter();
    return Buffer.from(text);
  }

  /** No string follows. */
  end() {
    if (this.#half !== '') throw halfCharacter();
  }
}

function halfCharacter() {
  return new DumpsertError('a string holds half a character, a surrogate without the other one', {
    code: 'encoding',
    category: 'unsupported',
    hint: 'read the dump as bytes',
  });
}

/** A whole dump as bytes. */
function encodeWhole(input) {
  const encoder = new Encoder();
  const bytes = encoder.encode(input);
  encoder.end();
  return bytes;
}

module.exports = { Encoder, encodeWhole };

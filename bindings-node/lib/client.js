'use strict';
// A client of `pg`, over which a dump is restored without psql. `pg` and `pg-copy-streams` are no dependencies: who gives a
// client has the one, and is told of the other.

const net = require('node:net');
const { DumpsertError } = require('./errors.js');

/** Milliseconds: the longest that a timer takes. A run may wait for a lock as long as its options say. */
const FOREVER = 2 ** 31 - 1;
/** The code of a request to cancel, in the place of a version. */
const CANCEL_REQUEST = 80877102;

function refuse(message, hint) {
  const text = hint === undefined ? message : `${message} (${hint})`;
  return new DumpsertError(text, { code: 'invalid_option', category: 'config', hint });
}

function copyStreams() {
  try {
    return require('pg-copy-streams');
  } catch (cause) {
    if (cause?.code !== 'MODULE_NOT_FOUND') throw cause;
    throw refuse('`client` needs the package pg-copy-streams', 'npm install pg-copy-streams');
  }
}

/** Refuses what is no client of `pg` that a whole transaction can go over. */
function check(client) {
  if (typeof client?.query !== 'function') throw refuse('`client` is a Client of pg, or one that a Pool has given');
  if (typeof client.totalCount === 'number') {
    throw refuse('`client` is a Pool, which has another connection for every query', 'give `await pool.connect()`, and release it afterwards');
  }
  if (client.native !== undefined) throw refuse('`client` is one of pg-native, which has no COPY', 'use the Client of pg');
  if (client._connected === false) throw refuse('`client` is not connected', 'await client.connect() first');
}

/** What the server says, without what may hold values of rows. */
function faultOf(error) {
  const { message = String(error), hint, code } = error ?? {};
  // A code of the system, such as ECONNRESET, is none of the server.
  const isOfServer = typeof error?.severity === 'string' && typeof code === 'string';
  return { message, hint: isOfServer ? hint : undefined, sqlstate: isOfServer ? code : undefined };
}

/** Asks the server to end the statement that the client waits for, by a connection of its own. */
function cancel({ host, port, processID, secretKey }) {
  return new Promise((resolve) => {
    const socket = host?.startsWith('/') ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect(port, host);
    const request = Buffer.alloc(16);
    [16, CANCEL_REQUEST, processID, secretKey].forEach((word, index) => request.writeInt32BE(word | 0, index * 4));
    socket.on('connect', () => socket.end(request));
    // Where nobody can be asked, the statement comes to its end by itself.
    socket.on('error', () => {});
    socket.on('close', resolve);
    socket.resume();
  });
}

/** Does what a run wants over a client. */
class Driver {
  #client;
  #from;
  #stream;
  /** The error of the COPY, in a promise that rejects with it. */
  #failed;
  #waits = false;
  #cancelled;

  constructor(client) {
    check(client);
    this.#client = client;
    this.#from = copyStreams().from;
    // A connection that is lost between two steps is noticed by the next one.
    client.on('error', this.#ignore);
  }

  #ignore = () => {};

  /** The run has ended. */
  close() {
    this.#client.off('error', this.#ignore);
  }

  /** Ends the statement that the server is at, unless it is the last one. */
  interrupt() {
    if (this.#waits) this.#cancelled ??= cancel(this.#client);
  }

  /** Does an order; returns what a query gives, as text. Throws what `faultOf` makes a fault of. */
  async order(order, sql, data) {
    this.#waits = order !== 'commit' && order !== 'give_up';
    try {
      switch (order) {
        case 'copy':
          this.#begin(sql);
          return undefined;
        case 'data':
          return await this.#write(data);
        case 'end':
          return await this.#end();
        case 'give_up':
          return await this.#giveUp();
        default:
          return (await this.#query(sql)).rows[0]?.[0];
      }
    } finally {
      this.#waits = false;
    }
  }

  /** Without a name and without values it is no prepared statement. */
  #query(text) {
    // As the server writes it, whatever parsers the client has.
    const types = { getTypeParser: () => (value) => value };
    return this.#client.query({ text, rowMode: 'array', types, query_timeout: FOREVER });
  }

  #begin(sql) {
    const stream = this.#from(sql);
    stream.query_timeout = FOREVER;
    this.#failed = new Promise((_, reject) => stream.once('error', reject));
    this.#failed.catch(() => {
      // Nothing more goes there. It was not destroyed: it has let go of the connection already.
      if (this.#stream === stream) this.#stream = undefined;
    });
    // What comes behind the first error.
    stream.on('error', () => {});
    this.#stream = stream;
    this.#client.query(stream);
  }

  async #write(data) {
    const written = new Promise((resolve, reject) => {
      if (this.#stream === undefined) resolve();
      else this.#stream.write(data, (error) => (error ? reject(error) : resolve()));
    });
    await Promise.race([written, this.#failed]);
    if (this.#stream === undefined) await this.#failed;
  }

  async #end() {
    const stream = this.#stream;
    if (stream === undefined) return this.#failed;
    const finished = new Promise((resolve, reject) => stream.end((error) => (error ? reject(error) : resolve())));
    await Promise.race([finished, this.#failed]);
    this.#stream = undefined;
  }

  async #giveUp() {
    await this.#cancelled;
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined) {
      // It fails the COPY, and closes when the server has said so.
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.destroy(new Error('the restore has ended'));
      await Promise.race([closed, this.#failed.catch(() => {})]);
    }
    try {
      // A request to cancel that was late may meet the first of them.
      await this.#query('ROLLBACK').catch(() => this.#query('ROLLBACK'));
    } catch (error) {
      // Nobody shall commit what is there.
      this.#client.connection?.stream?.destroy();
      throw error;
    }
  }
}

module.exports = { Driver, faultOf };

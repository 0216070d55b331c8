// Starts the app. `next start` would do for the page, but ends each upload after 300 seconds (Node's requestTimeout), and listens
// on all interfaces: see docs/into-your-app.md.
//
// HOST and PORT say where it listens: 127.0.0.1, and with PORT=0 a free port. The address is printed as one line.

import { createServer } from 'node:http';
import next from 'next';

const host = process.env.HOST ?? '127.0.0.1';
const app = next({ dev: process.argv.includes('--dev'), dir: import.meta.dirname });
// src/instrumentation.ts ends a start that cannot work.
await app.prepare();
const handle = app.getRequestHandler();

const server = createServer({ requestTimeout: 0 }, (request, response) => void handle(request, response));
// Longer than the proxies before it keep a connection, or now and then a request meets one that is just being closed.
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env.PORT ?? 3000), host, () => {
  const { address, port } = server.address();
  console.log(`${process.env.NODE_ID} listens on http://${address.includes(':') ? `[${address}]` : address}:${port}`);
});

// A run that is cut by the end of its process is found by its free locks, so that nothing has to be waited for.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));

// A proxy between the servers that cuts, holds and lies, by the number of bytes that have passed.

import { once } from 'node:events';
import http from 'node:http';

/** Passes everything on until it is told otherwise. Faults are those of uploads: what asks for a state passes, unless all is gone. */
export async function startProxy(t, target) {
  const proxy = { target, address: undefined };
  let fault, hasCut, isHolding, held, isGone;
  const isUpload = ({ method, url }) => method === 'POST' && /stream-restore|receive-backup/.test(url);

  proxy.reset = () => {
    fault = undefined;
    hasCut = isHolding = isGone = false;
    held?.();
    held = undefined;
  };
  /** Cuts the connection when this many bytes of a body have passed. */
  proxy.cutUpload = (bytes) => (proxy.reset(), (fault = { cutAt: bytes }));
  /** Cuts the connection that is held back. */
  proxy.cutHeld = () => held();
  /** Holds a body back when this many bytes have passed. */
  proxy.holdUpload = (bytes) => (proxy.reset(), (fault = { holdAt: bytes }));
  /**
   * The answer is there and does not come back: `cut`, `html` (a page of a proxy), `never` (the connection stays), or
   * `gone` (nothing passes from then on).
   */
  proxy.loseAnswer = (how) => (proxy.reset(), (fault = { lose: how }));
  /** Takes a whole request and holds it, until `passHeld` sends it on and returns the status that it gets. */
  proxy.holdRequest = () => (proxy.reset(), (fault = { whole: true }));
  proxy.hasCut = () => hasCut;
  proxy.isHolding = () => isHolding;
  proxy.reset();

  const pass = async (request, response) => {
    // A request that is not read to its end loses its socket.
    const { socket } = request;
    if (isGone) return socket.destroy();
    const now = isUpload(request) ? fault : undefined;
    const { hostname, port } = new URL(proxy.target);
    const cut = (outgoing) => {
      hasCut = true;
      outgoing?.destroy();
      socket.destroy();
    };
    if (now?.cutAt === 0) return cut();
    if (now?.whole) {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url, headers } = request;
      proxy.cutSource = () => cut();
      proxy.passHeld = async () => {
        const late = http.request({ hostname, port, method, path: url, headers, agent: false }).end(Buffer.concat(chunks));
        const [answer] = await once(late, 'response');
        answer.resume();
        return answer.statusCode;
      };
      isHolding = true;
      return;
    }
    const outgoing = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers, agent: false });
    outgoing.on('error', () => socket.destroy());
    request.on('close', () => request.complete || outgoing.destroy());
    request.on('error', () => outgoing.destroy());
    outgoing.on('response', async (incoming) => {
      if (now?.lose === undefined) {
        response.writeHead(incoming.statusCode, incoming.headers);
        incoming.on('error', () => response.destroy());
        incoming.pipe(response);
        return;
      }
      hasCut = true;
      incoming.resume();
      await once(incoming, 'end');
      if (now.lose === 'html') return response.writeHead(504, { 'Content-Type': 'text/html' }).end('<html>Gateway Time-out</html>');
      isGone = now.lose === 'gone';
      if (now.lose !== 'never') socket.destroy();
    });
    let passed = 0;
    try {
      for await (const chunk of request) {
        const limit = now?.cutAt ?? now?.holdAt ?? Infinity;
        const part = chunk.subarray(0, Math.max(0, limit - passed));
        passed += part.length;
        if (part.length > 0 && !outgoing.write(part)) await once(outgoing, 'drain');
        if (passed < limit) continue;
        if (now.cutAt !== undefined) return setImmediate(() => cut(outgoing));
        isHolding = true;
        await new Promise((resolve) => {
          held = resolve;
          // Not the request's own end: where all of it has come with this chunk, it is over already.
          socket.once('close', resolve);
        });
        return cut(outgoing);
      }
      outgoing.end();
    } catch {
      outgoing.destroy();
    }
  };

  const server = http.createServer({ requestTimeout: 0 }, (request, response) => void pass(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.address = `http://127.0.0.1:${server.address().port}`;
  return proxy;
}

// pg_dump of Windows writes text: every line feed has got a carriage return before it. Where the first line ends so, one is taken
// away before each of them, which gives the bytes back.

const CR = 13;
const LF = 10;

export async function* binary(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isText: boolean | undefined;
  let held = false;
  for await (const chunk of chunks) {
    if (isText === false) {
      yield chunk;
      continue;
    }
    const bytes: Buffer = held ? Buffer.concat([Buffer.of(CR), chunk]) : Buffer.from(chunk);
    const end: number = bytes.indexOf(LF);
    if (isText === undefined && end >= 0) isText = end > 0 && bytes[end - 1] === CR;
    // What stands behind it decides whether it stays.
    held = isText !== false && bytes[bytes.length - 1] === CR;
    const whole = held ? bytes.subarray(0, -1) : bytes;
    yield isText ? strip(whole) : whole;
  }
  if (held) yield Buffer.of(CR);
}

function strip(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let [from, length] = [0, 0];
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const end = bytes[at - 1] === CR ? at - 1 : at;
    length += bytes.copy(out, length, from, end);
    from = at;
  }
  length += bytes.copy(out, length, from);
  return out.subarray(0, length);
}

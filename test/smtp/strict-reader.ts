/** A reader of DATA that shares nothing with the client: one line at a time, and no line end but CRLF. */

/** The lines of a message on the wire, the final dot included. Throws for a bare CR or LF, and for an end before the end. */
export function wireOctets(wire: Uint8Array): string[] {
  const text = Buffer.from(wire).toString('latin1');
  if (!text.endsWith('\r\n')) throw new Error('The wire does not end with CRLF.');
  const lines = text.slice(0, -2).split('\r\n');
  for (const line of lines) if (/[\r\n]/.test(line)) throw new Error(`A bare CR or LF in ${JSON.stringify(line)}.`);
  if (lines.indexOf('.') !== lines.length - 1) throw new Error('The first lone dot is not the last line.');
  return lines;
}

/** What the message was before it was stuffed. */
export function unstuffed(wire: Uint8Array): Buffer {
  const lines = wireOctets(wire).slice(0, -1);
  return Buffer.from(lines.map((line) => `${line.startsWith('.') ? line.slice(1) : line}\r\n`).join(''), 'latin1');
}

/** The policy for line ends, said another way than the client says it. */
export function normalised(message: Uint8Array): Buffer {
  const text = Buffer.from(message).toString('latin1');
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

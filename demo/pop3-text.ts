/** A message as POP3 sends it: dots stuffed, the last line ended, and the top of it alone (RFC 1939 §3, §7). Pure. */

const CRLF = '\r\n';
const DOT = 0x2e;

/** Octets as they will arrive, the dots un-stuffed again: the last line's CRLF is added where it is missing. */
export function octetsSent(bytes: Uint8Array): number {
  return bytes.length + (endsWithCrlf(bytes) ? 0 : CRLF.length);
}

/** The text of a multi-line reply: a dot more where a line begins with one, and a CRLF at the end. */
export function stuffed(bytes: Uint8Array): Buffer[] {
  const text = asBuffer(bytes);
  const parts: Buffer[] = text[0] === DOT ? [Buffer.from('.')] : [];
  let from = 0;
  for (let at = text.indexOf('\r\n.'); at !== -1; at = text.indexOf('\r\n.', from)) {
    parts.push(text.subarray(from, at + 2), Buffer.from('.'));
    from = at + 2;
  }
  parts.push(text.subarray(from));
  return endsWithCrlf(bytes) ? parts : [...parts, Buffer.from(CRLF)];
}

/** The header block, the empty line, and so many lines of the rest. */
export function topOf(bytes: Uint8Array, lines: number): Uint8Array {
  const text = asBuffer(bytes);
  const header = text.indexOf('\r\n\r\n');
  if (header === -1) return text;

  let end = header + 4;
  for (let line = 0; line < lines; line += 1) {
    const next = text.indexOf(CRLF, end);
    if (next === -1) return text;
    end = next + 2;
  }
  return text.subarray(0, end);
}

function endsWithCrlf(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.at(-2) === 0x0d && bytes.at(-1) === 0x0a);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The fields of a header block, as they leave: a bare CR or LF ends a line too, since the internal server is sent a CRLF there (POP21). */

/** One field; offsets are of the header block's octets, and `end` is behind its last line end. */
export interface Field {
  /** Lower case. */
  name: string;
  /** Unfolded, as Latin-1, an octet a character. */
  value: string;
  start: number;
  end: number;
}

/** The fields before the first empty line, in order; a line that is no field is in none of them, or ends the one before. */
export function fieldsOf(block: Uint8Array): Field[] {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const fields: Field[] = [];
  const line = /([^\r\n]*)(\r\n|\r|\n|$)/y;
  let open = null as Field | null;
  let parts: string[] = [];

  const close = () => {
    if (open) fields.push({ ...open, value: parts.join('').trim() });
    open = null;
  };

  while (line.lastIndex < text.length) {
    const start = line.lastIndex;
    const content = line.exec(text)?.[1] ?? '';
    if (content === '') break;

    if (/^[ \t]/.test(content)) {
      if (open === null) continue;
      parts.push(content);
      open = { ...open, end: line.lastIndex };
      continue;
    }
    close();
    const colon = content.indexOf(':');
    if (colon <= 0) continue;
    open = { name: content.slice(0, colon).trim().toLowerCase(), value: '', start, end: line.lastIndex };
    parts = [content.slice(colon + 1)];
  }
  close();
  return fields;
}

/** Of octets that begin with a header block: the block, up to and without its empty line. */
export function headerBlockOf(octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  const line = /([^\r\n]*)(\r\n|\r|\n|$)/y;
  while (line.lastIndex < text.length) {
    const start = line.lastIndex;
    if (line.exec(text)?.[1] === '') return octets.subarray(0, start);
  }
  return octets;
}

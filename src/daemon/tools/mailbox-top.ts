/** What TOP gave of a message, as a person reads it: fields, the first of the text, who has had it. */
import type { ResultOf } from '../../protocol/commands.ts';
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { type Header, readHeader } from '../mail/header-block.ts';
import { shownText } from '../mail/shown-text.ts';
import type { LedgerEntry } from '../store/store.ts';

type Top = ResultOf<'mailbox.top'>;

/** Characters of text: a thousand lines of the usual length fit (commands.ts allows so many). */
const SHOWN_TEXT = 65_536;

export function headerIn(octets: Uint8Array): Header {
  const end = endOfHeader(octets);
  return readHeader(octets.subarray(0, Math.min(end, LONGEST_HEADER_BLOCK)));
}

/** Octets are bounded for the parser: its time grows with them (MSG06). */
export async function textIn(octets: Uint8Array): Promise<string> {
  return await shownText(
    octets.subarray(0, Math.min(endOfHeader(octets), LONGEST_HEADER_BLOCK) + SHOWN_TEXT),
    SHOWN_TEXT,
  );
}

/** Where the empty line begins; the whole, if there is none. */
function endOfHeader(octets: Uint8Array): number {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (whole.subarray(0, 2).toString('latin1') === '\r\n') return 0;
  const end = whole.indexOf('\r\n\r\n');
  return end < 0 ? whole.length : end + 2;
}

/** `anna@x.example`, and what an operator decided: `bert@x.example (dropped)`, `carl@x.example (sent to dora@x.example)`. */
export function deliveredTo(entry: LedgerEntry | null): Top['deliveredTo'] {
  if (entry === null) return [];
  const decided = entry.readdressed.map(({ from, to }) => `${from} (${to === null ? 'dropped' : `sent to ${to}`})`);
  return [...entry.deliveredTo, ...decided];
}

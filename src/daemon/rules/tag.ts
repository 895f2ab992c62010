/** SpamAssassin's verdict in the header, at the very top, and none that came with the message (a sender may write what it likes). Pure. */
import type { Edit } from '../mail/mime/edited-body.ts';
import { fieldsOf } from '../mail/mime/fields.ts';

export interface Score {
  score: number;
  threshold: number;
  spam: boolean;
  /** Names of the tests that it met, as spamd lists them; may be empty. */
  tests: string[];
}

/** Null `score`: nobody has looked, and only what claims that somebody had goes. */
export function tagEdits(headerOctets: Uint8Array, score: Score | null): Edit[] {
  const forged = fieldsOf(headerOctets)
    .filter(({ name }) => name.startsWith('x-spam-'))
    .map(({ start, end }) => ({ start, end, insert: NOTHING }));
  return score === null ? forged : [{ start: 0, end: 0, insert: Buffer.from(fieldLines(score)) }, ...forged];
}

const NOTHING = new Uint8Array(0);

/** Characters of the list of tests: with the rest of the field it stays below a line's 998 (RFC 5322 §2.1.1). */
const LONGEST_TESTS = 700;

function fieldLines({ score, threshold, spam, tests }: Score): string {
  const list = tests.join(',').slice(0, LONGEST_TESTS);
  const status = `X-Spam-Status: ${spam ? 'Yes' : 'No'}, score=${score} required=${threshold}`;
  const lines = [...(spam ? ['X-Spam-Flag: YES'] : []), list === '' ? status : `${status}\r\n\ttests=${list}`];
  return lines.map((line) => `${line}\r\n`).join('');
}

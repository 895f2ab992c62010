/** LIST and UIDL, each read line by line, and put together. */
import { excerpt } from './failure.ts';
import type { ListedMessage } from './mailbox.ts';
import type { LinesLimit } from './reader.ts';

/** Messages of one mailbox that are believed. Nothing is allocated by what a server announces, only by what it sends (POP10, POP11). */
export const MOST_MESSAGES = 1_000_000;

/** Octets of a whole listing: MOST_MESSAGES lines of the usual length and more. */
export const LISTING: LinesLimit = { lines: MOST_MESSAGES, octets: 134_217_728 };

export interface Totals {
  readonly messages: number;
  readonly octets: number;
}

/** `+OK 2 320`. A problem in words where that is no number of messages (POP10). */
export function parseTotals(line: string): Totals | string {
  const [, count = '', octets = ''] = /^\+OK\s+(\S+)\s*(\S*)/.exec(line) ?? [];
  const messages = wholeNumber(count);
  if (messages === null) return `The POP3 server cannot count its messages: "${excerpt(Buffer.from(line))}"`;
  if (messages > MOST_MESSAGES)
    return `The POP3 server announces ${messages} messages; more than ${MOST_MESSAGES} are not believed`;

  return { messages, octets: wholeNumber(octets) ?? 0 };
}

/**
 * Lines as nearly all servers write them are read without a pattern: a mailbox may have 100,000 of them in each session.
 * Message number → octets, and message number → UIDL: filled by lines; each says what is wrong with a line, or null.
 */
export class Listing {
  readonly #octets = new Map<number, number>();
  readonly #uidls = new Map<number, string>();

  /** `1 120`. Octets are a hint only: some servers count past 2 GB into the negative. */
  scan(line: string): string | null {
    const blank = line.indexOf(' ');
    const usual = blank < 1 ? null : wholeNumber(line, blank + 1);
    if (usual !== null) return enter(this.#octets, wholeNumber(line, 0, blank), usual, line);

    const [, number = '', octets = ''] = /^\s*(\S+)\s*(\S*)/.exec(line) ?? [];
    return enter(this.#octets, wholeNumber(number), wholeNumber(octets) ?? 0, line);
  }

  /** `1 whqtswO00WBw418f9t5JxYwZ`. All after the first blank is the id, whatever octets it has; only blanks are none (POP14). */
  identify(line: string): string | null {
    const blank = line.indexOf(' ');
    const usual = blank < 1 ? null : wholeNumber(line, 0, blank);
    if (usual !== null) return enter(this.#uidls, usual, named(line.slice(blank + 1)), line);

    const [, number = '', uidl = ''] = /^\s*(\S+)(?:[ \t](.*))?$/s.exec(line) ?? [];
    return enter(this.#uidls, wholeNumber(number), named(uidl), line);
  }

  /** Messages that are in both, in the order of LIST. One that is only in one of them waits for the next session (POP17). */
  joined({ identified }: { readonly identified: boolean }): ListedMessage[] {
    const messages: ListedMessage[] = [];
    for (const [number, bytes] of this.#octets) {
      const uidl = identified ? this.#uidls.get(number) : '';
      if (uidl !== undefined) messages.push({ number, bytes, uidl });
    }
    return messages;
  }

  /** What LIST said of each message. */
  get octets(): ReadonlyMap<number, number> {
    return this.#octets;
  }
}

const named = (uidl: string): string => (uidl.trim() === '' ? '' : uidl);

function enter<T>(map: Map<number, T>, number: number | null, value: T, line: string): string | null {
  if (number === null || number === 0)
    return `The POP3 server lists a message without a number: "${excerpt(Buffer.from(line))}"`;
  const { size } = map;
  map.set(number, value);
  // Twice with two ids, one of them would be deleted for the other.
  return map.size > size ? null : `The POP3 server lists message ${number} twice`;
}

/** At most twelve digits, and nothing else from `from` to before `to`: no number of messages or octets has more. */
function wholeNumber(text: string, from = 0, to = text.length): number | null {
  if (to <= from || to - from > 12) return null;
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  return number;
}

const DIGIT_0 = 0x30;

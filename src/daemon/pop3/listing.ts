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

/** Message number → octets, and message number → UIDL: filled by lines; each says what is wrong with a line, or null. */
export class Listing {
  readonly #octets = new Map<number, number>();
  readonly #uidls = new Map<number, string>();

  /** `1 120`. Octets are a hint only: some servers count past 2 GB into the negative. */
  scan(line: string): string | null {
    const [, number, octets = ''] = /^\s*(\S+)\s*(\S*)/.exec(line) ?? [];
    return enter(this.#octets, number, wholeNumber(octets) ?? 0, line);
  }

  /** `1 whqtswO00WBw418f9t5JxYwZ`. All after the first blank is the id, whatever octets it has; only blanks are none (POP14). */
  identify(line: string): string | null {
    const [, number, uidl = ''] = /^\s*(\S+)(?:[ \t](.*))?$/s.exec(line) ?? [];
    return enter(this.#uidls, number, uidl.trim() === '' ? '' : uidl, line);
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

function enter<T>(map: Map<number, T>, text: string | undefined, value: T, line: string): string | null {
  const number = wholeNumber(text ?? '');
  if (number === null || number === 0)
    return `The POP3 server lists a message without a number: "${excerpt(Buffer.from(line))}"`;
  // Twice with two ids, one of them would be deleted for the other.
  if (map.has(number)) return `The POP3 server lists message ${number} twice`;

  map.set(number, value);
  return null;
}

/** At most twelve digits: no number of messages or octets has more. */
function wholeNumber(text: string): number | null {
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** What a peer's EHLO announces (RFC 5321 §4.1.1.1). Pure. */
import type { Abilities } from './conversation.ts';
import type { Reply } from './reply.ts';

export interface Offers extends Omit<Abilities, 'login'> {
  /** RFC 1870 is announced at all, with or without a limit. */
  readonly size: boolean;
  readonly startTls: boolean;
  /** RFC 4954: upper case, in the peer's order. */
  readonly mechanisms: readonly string[];
}

/** A peer that knows HELO only. */
export const heloOffers: Offers = {
  esmtp: false,
  maxSize: null,
  size: false,
  dsn: false,
  pipelining: false,
  eightBitMime: false,
  smtpUtf8: false,
  startTls: false,
  mechanisms: [],
};

export function offersOf(ehlo: Reply): Offers {
  // The first line is a greeting (RFC 5321 §4.1.1.1). Some old peers write `AUTH=LOGIN` for `AUTH LOGIN`.
  const words = ehlo.lines.slice(1).map((line) =>
    line
      .slice(4)
      .trim()
      .toUpperCase()
      .split(/[ =\t]+/),
  );
  const announced = (keyword: string) => words.find(([first]) => first === keyword);
  const limit = announced('SIZE')?.[1] ?? '';

  return {
    esmtp: true,
    maxSize: /^[1-9]\d{0,14}$/.test(limit) ? Number(limit) : null,
    size: announced('SIZE') !== undefined,
    dsn: announced('DSN') !== undefined,
    pipelining: announced('PIPELINING') !== undefined,
    eightBitMime: announced('8BITMIME') !== undefined,
    smtpUtf8: announced('SMTPUTF8') !== undefined,
    startTls: announced('STARTTLS') !== undefined,
    mechanisms: [...new Set(words.filter(([first]) => first === 'AUTH').flatMap(([, ...names]) => names))],
  };
}

/** The name for EHLO, if it is one that can be said (GHSA-vvjj-xcjg-gr5g was a name with CRLF in it); else the literal. */
export function sayableName(name: string, literal: string): string {
  return /^[A-Za-z0-9._:[\]-]{1,255}$/.test(name) ? name : literal;
}

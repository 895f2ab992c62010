/** Values of the mail trade: addresses, domains, header names, masks. */
import { bad, good, type Kind } from '../key.ts';
import { line, listOf, remarked, whole } from './plain.ts';

/** An address as a person types it: one "@", something on either side, no blanks and no brackets. */
export const address: Kind<string> = {
  expects: 'an address such as anna@example.com',
  read: (value) => (/^[^\s@<>,;\p{Cc}]+@[^\s@<>,;\p{Cc}]+$/u.test(value) ? good(value) : bad()),
};

/** Several addresses; a semicolon separates them as well, as mail programs write them. */
export const addresses = listOf(address, /[,;]/);

/** A mail domain, in lower case, without its "@". */
const domain: Kind<string> = {
  expects: 'a domain such as example.com',
  read(value) {
    const name = value.replace(/^@/, '').toLowerCase();
    return /^[^\s@<>,;/\p{Cc}]+$/u.test(name) ? good(name) : bad();
  },
};

export const domains = listOf(domain, /[,;]/);

/** Words; a comma or a semicolon separates them. */
export const words = listOf(line, /[,;]/);

/** RFC 5322 §3.6.8: printable ASCII but the colon, which is forgiven at the end. */
export const headerName: Kind<string> = {
  expects: "a header's name such as Delivered-To",
  read(value) {
    const name = value.replace(/:$/, '');
    return /^[!-9;-~]+$/.test(name) ? good(name) : bad();
  },
};

/** Masks, in which `*` is any run of characters (S78). */
export const masks = listOf(line, /;/, 'semicolons');

/** How the value of an envelope header is compared (S85-S88). */
export interface EnvelopeMask {
  readonly compares: 'keyword' | 'address';
  /** With `*`, and one `{KW}` or `{Addr}`. */
  readonly mask: string;
}

/** The right side of `Delivered-To=*-{KW}@*`. */
export const envelopeMask: Kind<EnvelopeMask> = {
  expects: 'a mask with one {KW} or one {Addr} in it, such as *-{KW}@*',
  read(value) {
    const places = value.match(/\{(kw|addr)\}/gi) ?? [];
    const place = places[0]?.toLowerCase();
    if (places.length !== 1 || place === undefined) return bad();

    const compares = place === '{kw}' ? 'keyword' : 'address';
    return good({ compares, mask: value.replace(/\{kw\}/i, '{KW}').replace(/\{addr\}/i, '{Addr}') });
  },
};

export type RuleAction =
  | { readonly does: 'quarantine' }
  | { readonly does: 'drop' }
  | { readonly does: 'redirect'; readonly to: string }
  | { readonly does: 'strip attachments' };

/** What an Intercept rule does with the message. */
export const ruleAction: Kind<RuleAction> = {
  expects: 'quarantine, drop, redirect ADDRESS or strip attachments',
  read(value, home) {
    const [verb = '', ...rest] = value.split(/\s+/);
    const object = rest.join(' ');
    const said = `${verb} ${object}`.trim().toLowerCase();
    if (said === 'quarantine' || said === 'drop' || said === 'strip attachments') return good({ does: said });
    if (verb.toLowerCase() !== 'redirect') return bad();

    const to = address.read(object, home);
    return to.ok
      ? good({ does: 'redirect', to: to.value })
      : bad({ hint: `To redirect is ${address.expects} needed.` });
  },
};

const octets = whole(0, 1_000_000_000_000);

/** The size of a message in octets, or null for no limit of its own, which is written as nothing or 0. */
export const byteLimit: Kind<number | null> = {
  expects: `empty, or ${octets.expects}`,
  read(value, home) {
    const limit = value === '' ? good(0) : octets.read(value, home);
    return limit.ok ? good(limit.value || null) : limit;
  },
};

/** Shorter ones would match by chance: they are off (S76, S119). In characters. */
const SHORTEST_MATCH = 4;

/** The text by which a refusal as spam is recognised (S76). */
export const spamResponse = remarked(line, (value) =>
  value !== '' && value.length < SHORTEST_MATCH
    ? `recognises nothing: it needs at least ${SHORTEST_MATCH} characters.`
    : null,
);

/**
 * Beginnings of subjects, decoded: a blank at an end is written `&#32;`, `&nbsp;` or `%20`, a comma `&#44;`
 * or `%2C` (S119). Those that are too short stay in the list; whoever matches asks `isLongEnough`.
 */
export const subjectPrefixes: Kind<readonly string[]> = remarked(
  (() => {
    const list = listOf(line);
    return {
      ...list,
      read(value: string, home: string) {
        const prefixes = list.read(value, home);
        return prefixes.ok ? good(prefixes.value.map(decodePrefix)) : prefixes;
      },
    };
  })(),
  (prefixes) => {
    const short = prefixes.filter((prefix) => prefix.length < SHORTEST_MATCH);
    return short.length === 0
      ? null
      : `"${short.join('", "')}" drops nothing: a prefix needs at least ${SHORTEST_MATCH} characters.`;
  },
);

const decodePrefix = (text: string): string => text.replace(/&#32;|&nbsp;|%20/gi, ' ').replace(/&#44;|%2c/gi, ',');

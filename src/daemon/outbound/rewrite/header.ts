/**
 * What changes in the header of a message that leaves: the suffix of S112 goes from the addresses of whoever sends it, and S113 gives
 * them another name. Only the spot itself changes; all around it stays octet for octet. Pure, linear in the header's length (MSG05).
 */
import { normalAddress } from '../../mail/address.ts';
import type { Edit } from '../../mail/mime/edited-body.ts';
import type { Field } from '../../mail/mime/fields.ts';
import { isSpecial, type Mailbox, mailboxesOf, type Token, tokensOf } from './address-field.ts';
import { phraseOf } from './names.ts';
import { withoutLocalSuffix, withoutSuffix } from './sender.ts';

/** Who a message is from, and who is to be answered. */
const SENDERS: ReadonlySet<string> = new Set(['from', 'sender', 'reply-to']);

/** Addresses in one field that get another name; nobody writes as more people at a time. */
const MOST_NAMED = 100;

/** By address in its normal form. */
export type Names = ReadonlyMap<string, string>;

/** `fields` are those of `block`; `names` is empty where a name may not change. */
export function headerEdits(block: Uint8Array, fields: readonly Field[], names: Names): Edit[] {
  return fields.filter(({ name }) => SENDERS.has(name)).flatMap((field) => fieldEdits(block, field, names));
}

function fieldEdits(block: Uint8Array, { start, end }: Field, names: Names): Edit[] {
  const field = Buffer.from(block.buffer, block.byteOffset + start, end - start).toString('latin1');
  if (names.size === 0 && !field.includes('__')) return [];

  const colon = field.indexOf(':') + 1;
  const text = field.slice(colon);
  const { tokens, broken } = tokensOf(text);
  const named = broken ? [] : nameEdits(text, tokens, names);
  const stripped = suffixEdits(text, tokens).filter((edit) => !named.some((other) => isWithin(edit, other)));
  return [...stripped, ...named]
    .toSorted((a, b) => a.start - b.start)
    .map(({ start: from, end: to, insert }) => ({
      start: start + colon + from,
      end: start + colon + to,
      insert: Buffer.from(insert, 'latin1'),
    }));
}

/** A piece of a field's text, and what stands in its place. */
interface Spot {
  start: number;
  end: number;
  insert: string;
}

const isWithin = (inner: Spot, outer: Spot): boolean => inner.start >= outer.start && inner.end <= outer.end;

// S112

function suffixEdits(text: string, tokens: readonly Token[]): Spot[] {
  const visible = tokens.filter(({ is }) => is !== 'space' && is !== 'comment');
  return visible.flatMap((token, at) => {
    if (token.is === 'quoted') return namedByAddress(text, token);
    const before = visible[at - 1];
    if (before === undefined || !isSpecial(text, token, '@')) return [];
    if (before.is === 'word') return cut(text, before.start, before.end);
    return before.is === 'quoted' ? cut(text, before.start + 1, before.end - 1) : [];
  });
}

/** The end of that local part, if it is a suffix. */
function cut(text: string, start: number, end: number): Spot[] {
  const local = utf8(text.slice(start, end));
  const suffix = local.slice(withoutLocalSuffix(local).length);
  return suffix === '' ? [] : [{ start: end - Buffer.byteLength(suffix), end, insert: '' }];
}

/** Mail programs that know no name write the address there: `"'sales__fk@pytheas.com'" <sales__fk@pytheas.com>`. */
function namedByAddress(text: string, { start, end }: Token): Spot[] {
  const [, quote = '', local = ''] = /^"('?)([^\s"'\\@]+)@[^\s"'\\@]+'?"$/.exec(text.slice(start, end)) ?? [];
  const from = start + 1 + quote.length;
  return local === '' ? [] : cut(text, from, from + local.length);
}

// S113

function nameEdits(text: string, tokens: readonly Token[], names: Names): Spot[] {
  if (names.size === 0) return [];
  return mailboxesOf(text, tokens)
    .flatMap((mailbox) => {
      const name = names.get(normalAddress(withoutSuffix(utf8(mailbox.address))));
      return name === undefined ? [] : [{ mailbox, name: phraseOf(name) }];
    })
    .slice(0, MOST_NAMED)
    .flatMap(({ mailbox, name }) => renamed(text, tokens, mailbox, name));
}

function renamed(text: string, tokens: readonly Token[], mailbox: Mailbox, name: string): Spot[] {
  const { phrase, bracket, start, end } = mailbox;
  if (bracket === null)
    return [
      { start, end: start, insert: `${name} <` },
      { start: end, end, insert: '>' },
    ];

  const [first, last] = [phrase[0], phrase.at(-1)];
  if (first === undefined || last === undefined)
    return [{ start: bracket.start, end: bracket.start, insert: `${name} ` }];
  if (text.slice(first.start, last.end) === name) return [];

  // Each other word of the old name goes with the blanks before it; comments between them stay.
  const inPhrase = tokens.filter(({ start: at }) => at > first.start && at < last.end);
  const rest = inPhrase.filter(
    ({ is }, at) => is !== 'comment' && (is !== 'space' || inPhrase[at + 1]?.is !== 'comment'),
  );
  return [
    { start: first.start, end: first.end, insert: name },
    ...rest.map((token) => ({ start: token.start, end: token.end, insert: '' })),
  ];
}

/** Octets (a character each) as UTF-8 where they can be. */
function utf8(octets: string): string {
  if (!/[\u0080-\u00ff]/.test(octets)) return octets;
  const text = Buffer.from(octets, 'latin1').toString();
  return text.includes('\ufffd') ? octets : text;
}

/**
 * What a value of an account's search header says (S83-S88), and the sentence that explains it.
 *
 * A mask for the header chooses (S87): `{KW}` compares keywords, `{Addr}` addresses, never both. Without a mask addresses are
 * compared; where nobody has the address and the account has a validation, what stands before the "@" is compared with the keywords.
 * (Without a validation it is not: `sales@` at any domain of the world would be ours.)
 * The validation guards keywords only (S85): an address that is somebody's own needs none (S86).
 *
 * A header may say several things: several fields of that name, each with several addresses, in brackets and with display names or
 * without. Each address is a value of its own; a field without any is one value whole. A mask that holds what no address does (a
 * blank, a bracket, a comma, a colon …) is written for the whole field, as `*<{Addr}>*` is.
 */
import { addressesIn, normalAddress } from '../mail/address.ts';
import { foldWord, type PlaceMask, placeMask } from '../mail/mask.ts';
import type { Directory, Listed } from './directory.ts';
import { cut, namesOf } from './sentences.ts';
import type { RoutingMask } from './settings.ts';

/** One thing that a header says. */
export interface HeaderValue {
  text: string;
  is: 'address' | 'whole field';
}

export interface Judgement {
  /** `refused`: by the validation, or the mask does not fit; `nobody`: what was found is nobody's here. */
  outcome: 'matched' | 'nobody' | 'refused';
  owners: Listed[];
  /** Continues "Delivered-To names x: ", without a full stop. */
  because: string;
}

/** The account as far as its search header goes. */
export interface Asking {
  account: string;
  addressValidation: string;
}

export interface SearchHeader {
  valuesIn(fields: string[]): HeaderValue[];
  judge(value: HeaderValue, asking: Asking): Judgement;
}

/** Values that are looked at in one message, from the top; more are ignored (MSG08). */
const MOST_VALUES = 1_000;

/** Characters of a whole field that are looked at: RFC 5322 §2.1.1 has 998 in a line. */
const LONGEST_FIELD = 4_000;

/** `mask` null: there is none for that header. */
export function createSearchHeader(header: string, mask: RoutingMask | null, directory: Directory): SearchHeader {
  const valuesIn = (fields: string[]) => headerValues(fields, mask !== null && isForWholeFields(mask.mask));
  if (!mask) return { valuesIn, judge: (value, asking) => withoutMask(value, asking, header, directory) };

  const words = mask.compares === 'keyword' ? directory.keywords : directory.addresses;
  const place = placeMask(mask.mask, words);
  return { valuesIn, judge: (value, asking) => throughMask(value, asking, mask, place, directory) };
}

function isForWholeFields(mask: string): boolean {
  return /[\s<>(),:;"]/.test(mask.replace(/\{(?:KW|Addr)\}/i, ''));
}

function headerValues(fields: string[], whole: boolean): HeaderValue[] {
  const values = new Map<string, HeaderValue>();
  for (const field of fields.filter((text) => text.trim() !== '')) {
    const addresses = whole ? [] : addressesIn([field]);
    const texts = addresses.length > 0 ? addresses : [field.trim().slice(0, LONGEST_FIELD)];
    for (const text of texts) values.set(text, { text, is: addresses.length > 0 ? 'address' : 'whole field' });
  }
  return [...values.values()].slice(0, MOST_VALUES);
}

function throughMask(
  value: HeaderValue,
  { account, addressValidation }: Asking,
  { mask, compares }: RoutingMask,
  place: PlaceMask,
  directory: Directory,
): Judgement {
  const text = compared(value);
  const guarded = compares === 'keyword' && addressValidation !== '';
  if (guarded && !passes(value, addressValidation)) return refused(notValid(addressValidation));
  const passed = guarded ? `it passes the validation ${addressValidation}, and ` : '';

  const ownersOf = compares === 'keyword' ? directory.withKeyword : directory.withAddress;
  const noun = compares === 'keyword' ? 'keyword' : 'address';
  // The longest that is somebody's here: mail for jean-pierre is not pierre's as well.
  for (const word of place.wordsIn(text)) {
    const owners = ownersOf(word, account);
    if (owners.length > 0)
      return matched(owners, `${passed}the mask ${mask} finds "${word}", ${anOf(noun)} ${namesOf(owners)}`);
  }

  const widest = place.widest(text);
  if (widest === null) return refused(`${passed}the mask ${mask} does not fit it`);
  return nobody(`${passed}the mask ${mask} finds "${cut(widest)}", which is no ${noun} of a recipient of this account`);
}

function withoutMask(value: HeaderValue, asking: Asking, header: string, directory: Directory): Judgement {
  const { account, addressValidation } = asking;
  const noMask = `there is no mask for ${header}, so that addresses are compared`;
  const owners = directory.withAddress(value.text, account);
  if (owners.length > 0) return matched(owners, `it is an address of ${namesOf(owners)} (${noMask})`);

  const unknown = `it is no address of a recipient of this account (${noMask})`;
  if (directory.keywords.length === 0) return nobody(unknown);
  if (addressValidation === '')
    return nobody(`${unknown}; keywords need a mask for ${header} or an SMTP address validation`);
  if (!passes(value, addressValidation)) return refused(`${unknown}, and ${notValid(addressValidation)}`);

  const text = compared(value);
  const word = text.slice(0, Math.max(0, text.lastIndexOf('@')));
  const meant = directory.withKeyword(word, account);
  const passed = `it passes the validation ${addressValidation}`;
  return meant.length > 0
    ? matched(meant, `${passed}, and "${cut(word)}" before the @ is a keyword of ${namesOf(meant)}`)
    : nobody(`${unknown}; ${passed}, but "${cut(word)}" before the @ is no keyword either`);
}

/** Addresses are compared in their normal form, everything else as it came. */
const compared = ({ text, is }: HeaderValue): string => (is === 'address' ? normalAddress(text) : text);

/**
 * S85: the value contains it, in any case. One that begins with "@" is a domain, and an address has no other behind it: `@societe.fr`
 * lets neither `anna@societe.fr.example` pass nor `anna@societe.fr@example`.
 */
function passes(value: HeaderValue, validation: string): boolean {
  const text = foldWord(compared(value));
  const wanted = foldWord(validation);
  if (!wanted.startsWith('@')) return text.includes(wanted);
  if (value.is === 'address') return text.endsWith(wanted);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1))
    if (!/^\.?[\p{L}\p{N}_@-]/u.test(text.slice(at + wanted.length, at + wanted.length + 3))) return true;
  return false;
}

const notValid = (validation: string): string => `it does not pass the account's SMTP address validation ${validation}`;

const anOf = (noun: 'keyword' | 'address'): string => (noun === 'keyword' ? 'a keyword of' : 'an address of');

const matched = (owners: Listed[], because: string): Judgement => ({ outcome: 'matched', owners, because });
const nobody = (because: string): Judgement => ({ outcome: 'nobody', owners: [], because });
const refused = (because: string): Judgement => ({ outcome: 'refused', owners: [], because });

/** What the masks of a rule are held against: the header of a message and whom it is for. Pure. */
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { addressesIn, parsePath } from '../mail/address.ts';
import { fieldsOf } from '../mail/mime/fields.ts';
import { inCharset, words } from '../mail/mime/parameters.ts';
import type { Examined } from './verdict.ts';

export interface Facts {
  /** Every Subject, decoded, and as it stands where that differs. */
  subjects: string[];
  /** The addresses of From and Sender, and the envelope sender. */
  from: string[];
  /** The addresses that routing gave, and those of To and Cc. */
  to: string[];
  /** Every field as `Name: value`, decoded, and as it stands where that differs. */
  lines: string[];
  /** There is more of the header than is read (MSG05), so that a mask that fits nothing here may fit there. */
  cut: boolean;
}

/** Of one message's address fields so many are read (mail/address.ts), and a list as long as that is cut short. */
const MOST_ADDRESSES = 1_000;

export function factsOf({ headerOctets, recipients }: Pick<Examined, 'headerOctets' | 'recipients'>): Facts {
  const fields = fieldsOf(headerOctets).map(({ name, value }) => ({ name, value: inCharset(value, 'utf-8') }));
  const values = (...names: string[]) => fields.filter(({ name }) => names.includes(name)).map(({ value }) => value);

  const senders = addressesIn(values('from', 'sender'));
  const paths = values('return-path').flatMap((value) => parsePath(value) ?? []);
  const addressees = addressesIn(values('to', 'cc'));
  const tooMany = Math.max(senders.length, addressees.length) >= MOST_ADDRESSES;
  return {
    subjects: values('subject').flatMap(spellings),
    from: [...new Set([...senders, ...paths])],
    to: [...new Set([...recipients, ...addressees])],
    lines: fields.flatMap(({ name, value }) => spellings(value).map((text) => `${name}: ${text}`)),
    cut: headerOctets.length >= LONGEST_HEADER_BLOCK || tooMany,
  };
}

function spellings(value: string): string[] {
  const raw = value.replace(/\s+/g, ' ');
  const decoded = words(raw);
  return decoded === raw ? [raw] : [decoded, raw];
}

/** Addresses: parsed once at the edge. What is compared is the normal form, what is sent is what was written. */
import addressparser from 'nodemailer/lib/addressparser';

/** Octets. RFC 5321 §4.5.3.1: a path has at most 256 with its brackets. */
const LONGEST_ADDRESS = 254;

/** Addresses that are read from one message's fields; more are ignored (MSG08). */
const MOST_ADDRESSES = 1_000;

/**
 * One address, bare or behind a plain name: nearly every From, and most To. The parser says the same of it (a property test compares
 * them), at some fifty times the cost.
 */
const PLAIN =
  /^(?:(?:[A-Za-z0-9](?:[A-Za-z0-9 _-]*[A-Za-z0-9])? )?<([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+)>|([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+))$/;

/** Every address in the values of address fields (To, Cc, From …), groups opened, in order, without those that are none. */
export function addressesIn(values: string[]): string[] {
  const found: string[] = [];
  for (const value of values) {
    const plain = PLAIN.exec(value);
    if (plain) {
      const address = plain[1] ?? plain[2] ?? '';
      if (isAddress(address)) found.push(address);
      if (found.length === MOST_ADDRESSES) return found;
      continue;
    }
    for (const { address } of addressparser(value, { flatten: true })) {
      if (address && isAddress(address)) found.push(address);
      if (found.length === MOST_ADDRESSES) return found;
    }
  }
  return found;
}

/** Can this stand in an envelope: an `@`, no control characters, blanks (of any alphabet) or angle brackets, not too long? */
export function isAddress(text: string): boolean {
  if (/[\p{Cc}\p{Cs}\p{Zs}\p{Zl}\p{Zp}<>]/u.test(text) || Buffer.byteLength(text) > LONGEST_ADDRESS) return false;
  const at = text.lastIndexOf('@');
  return at > 0 && at < text.length - 1;
}

/** The form in which addresses are compared: without case, without a dot at the end. */
export function normalAddress(address: string): string {
  return address.trim().toLowerCase().replace(/\.$/, '');
}

/** The part behind the last `@`, in lower case. */
export function domainOf(address: string): string {
  return normalAddress(address).slice(address.trim().lastIndexOf('@') + 1);
}

/** `<a@b>`, `a@b`, `<>` and an empty field as they stand in Return-Path: the address, empty for the null sender, or null. */
export function parsePath(text: string): string | null {
  const path = text.trim().replace(/^<([^<>]*)>.*$/s, '$1');
  if (path === '') return '';
  return isAddress(path) ? path : null;
}

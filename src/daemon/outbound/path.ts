/**
 * MAIL and RCPT as they came over the wire: the address and the parameters, or the refusal that they get (RFC 5321 §4.1.2;
 * CLI12, CLI13, CLI16). Nothing that leaves here can break out of a header, a log line or our own client's commands. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Refusal } from './refusal.ts';

export type PathCommand =
  | { ok: true; address: string; parameters: Map<string, string | true>; repeated: string | null }
  | { ok: false; refusal: Refusal };

type Verb = 'MAIL FROM' | 'RCPT TO';

/** Octets (RFC 5321 §4.5.3.1): a local part, and a path of 256 without its brackets. */
const LONGEST_LOCAL_PART = 64;
const LONGEST_ADDRESS = 254;
const LONGEST_LABEL = 63;

const SOURCE_ROUTE: Refusal = { code: 554, text: '5.7.1 Source routes are not accepted' };
const BAD_SENDER: Refusal = { code: 501, text: '5.1.7 Bad sender address syntax' };
const BAD_RECIPIENT: Refusal = { code: 501, text: '5.1.3 Bad recipient address syntax' };
const BAD_PARAMETER: Refusal = { code: 501, text: '5.5.4 Bad parameter syntax' };
export const NEEDS_SMTPUTF8: Refusal = { code: 553, text: '5.6.7 Address needs SMTPUTF8' };

const PARAMETERS: Record<Verb, string[]> = {
  'MAIL FROM': ['SIZE', 'BODY', 'SMTPUTF8', 'RET', 'ENVID', 'AUTH'],
  'RCPT TO': ['NOTIFY', 'ORCPT'],
};

/** RFC 3461 §4: these values travel as xtext. They are kept decoded; our client encodes them again. */
const XTEXT = ['ENVID', 'ORCPT'];

/** Controls, and what is invisible on a screen; U+FFFD is an octet that was no UTF-8. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b\u2060\ufeff\ufffd]/;

/** `line` is the whole command without its CRLF. The null path `<>` gives an empty address, to MAIL only. */
export function readPathCommand(verb: Verb, line: string): PathCommand {
  const syntax = verb === 'MAIL FROM' ? BAD_SENDER : BAD_RECIPIENT;
  const rest = line.slice(verb.length + 1);
  if (line.slice(0, verb.length + 1).toUpperCase() !== `${verb}:` || UNSAFE.test(line)) return refused(syntax);

  // Blanks after the colon are against the grammar, and common.
  const split = /^ *<((?:[^<>"]|"(?:[^"\\]|\\.)*")*)>(?: +(.*))?$/.exec(rest);
  if (!split) return refused(syntax);
  const [, path = '', parameters = ''] = split;

  if (/^@[^:]*:/.test(path)) return refused(SOURCE_ROUTE);
  if (path === '' ? verb !== 'MAIL FROM' : !isMailbox(path)) return refused(syntax);

  return withParameters(verb, path, parameters);
}

/** Does it hold more than ASCII (RFC 6531)? */
export function needsUtf8(address: string): boolean {
  return /[^\p{ASCII}]/u.test(address);
}

function withParameters(verb: Verb, address: string, text: string): PathCommand {
  const parameters = new Map<string, string | true>();
  let repeated: string | null = null;

  for (const parameter of text.split(' ').filter((word) => word !== '')) {
    const equals = parameter.indexOf('=');
    const key = (equals < 0 ? parameter : parameter.slice(0, equals)).toUpperCase();
    if (!PARAMETERS[verb].includes(key)) {
      return refused({ code: 555, text: '5.5.4 Parameter not recognised or not implemented' });
    }
    const raw = equals < 0 ? '' : parameter.slice(equals + 1);
    const value = XTEXT.includes(key) ? decodeXtext(raw) : raw;
    if (UNSAFE.test(value)) return refused(BAD_PARAMETER); // +0D+0A would end a line of ours
    if (parameters.has(key)) repeated = key;
    parameters.set(key, value === '' ? true : value);
  }
  return { ok: true, address, parameters, repeated };
}

function decodeXtext(value: string): string {
  return value.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function isMailbox(path: string): boolean {
  const at = path.lastIndexOf('@');
  if (at < 1 || octets(path) > LONGEST_ADDRESS) return false;
  return isLocalPart(path.slice(0, at)) && isDomain(path.slice(at + 1));
}

/** A dot-atom, or a quoted one that hides no second address: `"a@other"@here` is a relay trick and nothing else. */
function isLocalPart(local: string): boolean {
  if (octets(local) > LONGEST_LOCAL_PART) return false;
  if (local.startsWith('"')) return /^"[\w !#$%&'*+\-/=?^`{|}~.,:;()[\]\u00a0-\u{10ffff}]+"$/u.test(local);
  return /^[\w!#$%&'*+\-/=?^`{|}~\u00a0-\u{10ffff}]+(\.[\w!#$%&'*+\-/=?^`{|}~\u00a0-\u{10ffff}]+)*$/u.test(local);
}

function isDomain(domain: string): boolean {
  const literal = /^\[(?:IPv6:([^\]]+)|([^\]]+))\]$/i.exec(domain);
  if (literal) return literal[1] === undefined ? isIPv4(literal[2] ?? '') : isIPv6(literal[1]);
  return domain.split('.').every((label) => octets(label) <= LONGEST_LABEL && isLabel(label));
}

function isLabel(label: string): boolean {
  return /^[\w\u00a0-\u{10ffff}](?:[\w\-\u00a0-\u{10ffff}]*[\w\u00a0-\u{10ffff}])?$/u.test(label);
}

function octets(text: string): number {
  return Buffer.byteLength(text);
}

function refused(refusal: Refusal): PathCommand {
  return { ok: false, refusal };
}

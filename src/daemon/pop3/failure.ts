/** What goes wrong with a POP3 server, in the words of the log, and what its -ERR means for the account. Pure. */
import { type Duration, hours, minutes, seconds } from '../base/clock.ts';
import { LONGEST_REPLY_TEXT } from '../base/limits.ts';
import type { Pop3Failure } from './mailbox.ts';

/** The connection went away while the session was on (S71). */
export function cut(why = 'The server has closed the connection'): Pop3Failure {
  return { kind: 'disconnected', message: `Unexpected disconnection from POP3 server: ${why}` };
}

export function nonsense(message: string): Pop3Failure {
  return { kind: 'protocol', message };
}

/**
 * Octets came that answer nothing: replies and commands may no longer match, so nothing of this session is trusted (POP24).
 * `found` is null where it may hold a secret.
 */
export function outOfStep(found: Uint8Array | null): Pop3Failure {
  const what = found === null ? 'something' : `"${excerpt(found)}"`;
  return nonsense(
    `Out of step with the POP3 server: ${what} came where nothing was due. The session is closed, nothing is deleted.`,
  );
}

export const closedByUs: Pop3Failure = { kind: 'stopped', message: 'The session with the POP3 server is closed' };

const EXCERPT = 60; // characters: enough to recognise another protocol, too few to fill a log

/** The first line of what came, printable. */
export function excerpt(octets: Uint8Array): string {
  const text = Buffer.from(octets.subarray(0, EXCERPT + 1)).toString('latin1');
  const [line = ''] = text.split(/\r|\n/);
  const shown = line.slice(0, EXCERPT).replaceAll(/[^ -~]/g, '.');
  return line.length > EXCERPT ? `${shown}…` : shown;
}

/** What another service says first, and what the operator may have mistaken (POP05). */
const OTHER_SERVICES: readonly { readonly begins: readonly string[]; readonly hint: string }[] = [
  { begins: ['HTTP/', '<'], hint: 'that is a web server' },
  { begins: ['220 ', '220-'], hint: 'that is an SMTP or FTP server' },
  { begins: ['* OK', '* PREAUTH', '* BYE'], hint: 'that is an IMAP server; POP3 has port 110, or 995 with TLS' },
  { begins: ['SSH-'], hint: 'that is an SSH server' },
  // A TLS record: alert (21) or handshake (22), version 3.x.
  { begins: ['\x15\x03', '\x16\x03'], hint: 'that is TLS: set Security=tls' },
];

/** A line that is neither +OK nor -ERR where a reply was due; null where it may hold a secret. */
export function notPop3(found: Uint8Array | null): Pop3Failure {
  if (found === null) return nonsense('Not a POP3 reply, in the middle of the login');

  const start = Buffer.from(found.subarray(0, EXCERPT)).toString('latin1');
  const hint = OTHER_SERVICES.find(({ begins }) => begins.some((word) => start.startsWith(word)))?.hint;
  const message = `Not a POP3 reply: "${excerpt(found)}"`;
  return nonsense(hint === undefined ? message : `${message} (${hint})`);
}

/** Where an -ERR came: what is refused when it has no response code depends on it. */
export type Phase =
  | { is: 'greeting' }
  /**
   * `codes`: the server announced AUTH-RESP-CODE, so it marks each refusal of the credentials with [AUTH] (RFC 3206 §4). `delay`:
   * the LOGIN-DELAY that it announced.
   */
  | { is: 'login'; codes: boolean; delay?: Duration }
  | { is: 'command'; command: string };

/** What an -ERR line means. A login counts as refused only when the credentials were (POP02, POP03). */
export function refusal(line: string, phase: Phase): Pop3Failure {
  const code = responseCode(line);
  const kind = kindOfCode(code) ?? kindInPhase(line, phase);
  const failure: Pop3Failure = { kind, message: `${opening(kind, phase)}: ${shorten(line)}` };
  const restFor = code === 'LOGIN-DELAY' ? restAsked(line, phase) : 0;
  return restFor > 0 ? { ...failure, restFor } : failure;
}

/** Whoever asks for more is asked again after a day all the same. */
const LONGEST_REST: Duration = hours(24);

/** The longer of what a server has announced and what it says in its own words, "wait 5 minutes"; 0: neither (POP02). */
function restAsked(line: string, phase: Phase): Duration {
  const announced = phase.is === 'login' ? (phase.delay ?? 0) : 0;
  const [, count = '0', unit = ''] = /\b(\d{1,6})\s*(s|m)(?:ec(?:ond)?|in(?:ute)?)?s?\b/i.exec(line) ?? [];
  const said = unit.toLowerCase() === 'm' ? minutes(Number(count)) : seconds(Number(count));
  return Math.min(Math.max(announced, said), LONGEST_REST);
}

/** The response code of RFC 2449 §8 in upper case, `IN-USE` or `SYS/TEMP`; null where there is none. */
export function responseCode(line: string): string | null {
  return /^-ERR\s+\[([^\]]+)\]/i.exec(line)?.[1]?.toUpperCase() ?? null;
}

export function shorten(line: string): string {
  return line.length > LONGEST_REPLY_TEXT ? `${line.slice(0, LONGEST_REPLY_TEXT)}…` : line;
}

function kindOfCode(code: string | null): Pop3Failure['kind'] | null {
  if (code === null) return null;
  if (code === 'IN-USE') return 'in-use';
  if (code === 'AUTH') return 'login';
  if (code === 'SYS/PERM') return 'refused';
  // A code of two levels that is unknown means what its first level means (RFC 3206 §3), and unknown means temporary.
  if (code === 'LOGIN-DELAY' || code === 'SYS' || code.startsWith('SYS/')) return 'temporary';
  return null;
}

// Servers without response codes, in their own words. "account locked" is the credentials' affair, "mailbox locked" is not.
const IN_USE =
  /\b(?:mail ?box|mail ?drop|maildir|spool)\b.*\b(?:lock(?:ed)?|in use|busy|already open)\b|\b(?:lock|open) (?:the )?(?:mail ?box|mail ?drop)\b|another (?:pop3? |active )?session/i;
const NOT_NOW = /\btemporar|try (?:again|later)|\bnot available\b|\bunavailable\b|too many (?:connections|sessions)/i;

function kindInPhase(line: string, phase: Phase): Pop3Failure['kind'] {
  switch (phase.is) {
    case 'greeting':
      return 'temporary';
    case 'login':
      if (phase.codes || NOT_NOW.test(line)) return IN_USE.test(line) ? 'in-use' : 'temporary';
      return IN_USE.test(line) ? 'in-use' : 'login';
    case 'command':
      return 'refused';
  }
}

function opening(kind: Pop3Failure['kind'], phase: Phase): string {
  if (kind === 'in-use') return 'Mailbox in use';
  if (kind === 'login') return 'Login refused';
  if (phase.is === 'command') return `${phase.command} refused`;
  return kind === 'temporary'
    ? 'The POP3 server does not serve this mailbox now'
    : 'The POP3 server refused the session';
}

/** How to log in: which mechanism, and the lines that each one says, with and without their secrets. Pure. */
import { createHash } from 'node:crypto';
import type { Capabilities } from './capabilities.ts';
import type { Line } from './conversation.ts';
import { nonsense, responseCode } from './failure.ts';
import type { Pop3Failure, Pop3Server, Xoauth2Form } from './mailbox.ts';

export type Mechanism = Exclude<Pop3Server['authentication'], 'auto'>;

/** One line of a login, and what must follow before the next one is said. */
export interface Step extends Line {
  readonly then: 'ok' | 'challenge';
  /** What to answer where the server asks for more although nothing more is due. */
  readonly ifAsked?: Line;
  /** The same where its challenge is empty: it has not taken the response that came with the AUTH, and asks for it. */
  readonly ifAskedForResponse?: Line;
}

export interface Credentials {
  readonly user: string;
  /** The password, or the access token of XOAUTH2. */
  readonly secret: string;
}

/** What the traces show in place of every secret (S92). */
const MASK = 'XXXX';

/** Octets of an AUTH line with its CRLF; a longer initial response has to wait for the challenge (RFC 5034 §4). */
const LONGEST_AUTH_LINE = 255;

/**
 * What `auto` means: never APOP (its MD5 can be cut open, CVE-2007-1558) and never XOAUTH2 (a password is no token).
 * Inside TLS it is AUTH PLAIN: one round trip less than USER/PASS, and the only one that says which characters a password may
 * have. In clear text both show the password alike, so there it is USER and PASS, which every server has and every trace reader
 * knows (S61, S92), unless the server announces that it lacks them.
 */
export function chooseMechanism(
  asked: Pop3Server['authentication'],
  offered: Pick<Capabilities, 'user' | 'sasl'>,
  { secure }: { readonly secure: boolean },
): Mechanism {
  if (asked !== 'auto') return asked;
  if (offered.sasl.includes('PLAIN') && (secure || !offered.user)) return 'plain';
  if (offered.sasl.includes('LOGIN') && !offered.user) return 'login';
  return 'user';
}

/** Microsoft refuses the one line whatever its length, and hangs up: "-ERR Protocol error. Connection is closed. 10" (getmail6 #256, mpop #11). */
const WANTS_TWO_STEPS = /(^|\.)office365\.com$/i;

/** How the token is said to a server. */
export function xoauth2FormFor({ host, xoauth2 }: Pick<Pop3Server, 'host' | 'xoauth2'>): Xoauth2Form {
  return xoauth2 ?? (WANTS_TWO_STEPS.test(host) ? 'in two steps' : 'in one line');
}

/**
 * Whether a server has refused how the token was said, and not the token: then the other form is worth a try. With a response
 * code it says what it means (RFC 2449 §8), and that is never the form.
 */
export function refusesForm(line: string): boolean {
  if (responseCode(line) !== null) return false;
  return FORM_REFUSED.test(line);
}

const FORM_REFUSED =
  /\b(protocol error|syntax|malformed|too (?:long|many)|not (?:supported|implemented|understood)|unsupported)\b|\b(unknown|unrecogni[sz]ed|invalid|bad|wrong|unexpected|extra)\b.*\b(command|argument|parameter|response|line)s?\b/i;

/** What stands in the way of sending these at all: a line break would be a command of its own, NUL parts the fields of PLAIN. */
export function unsendable({ user, secret }: Credentials): Pop3Failure | null {
  const what = hasControl(user) ? 'user name' : hasControl(secret) ? 'password' : null;
  return what === null ? null : { kind: 'login', message: `The ${what} holds a line break or a NUL: it is not sent` };
}

function hasControl(text: string): boolean {
  return text.includes('\r') || text.includes('\n') || text.includes('\0');
}

/** The lines of a login; a failure where the server's greeting has not what APOP needs. */
export function loginSteps(
  mechanism: Mechanism,
  { user, secret }: Credentials,
  greeting: string,
  form: Xoauth2Form = 'in one line',
): Step[] | Pop3Failure {
  switch (mechanism) {
    case 'user':
      return [
        { say: `USER ${user}`, shown: `USER ${user}`, then: 'ok' },
        { say: `PASS ${secret}`, shown: `PASS ${MASK}`, then: 'ok' },
      ];
    case 'plain':
      return authenticate('PLAIN', `\0${user}\0${secret}`, null); // RFC 4616 §2
    case 'login':
      return [
        { say: 'AUTH LOGIN', shown: 'AUTH LOGIN', then: 'challenge' },
        { say: base64(user), shown: base64(user), then: 'challenge' },
        { say: base64(secret), shown: MASK, then: 'ok' },
      ];
    case 'xoauth2':
      // A refusal comes as a challenge with the reason in it, to be answered with an empty line; then comes the -ERR.
      return authenticate('XOAUTH2', `user=${user}\x01auth=Bearer ${secret}\x01\x01`, { say: '', shown: '' }, form);
    case 'apop':
      return apop(user, secret, greeting);
  }
}

function authenticate(name: string, response: string, ifAsked: Line | null, form: Xoauth2Form = 'in one line'): Step[] {
  const answer: Line = { say: base64(response), shown: MASK };
  const atOnce = `AUTH ${name} ${answer.say}`;
  if (form === 'in two steps' || atOnce.length + 2 > LONGEST_AUTH_LINE) {
    return [
      { say: `AUTH ${name}`, shown: `AUTH ${name}`, then: 'challenge' },
      { ...answer, then: 'ok', ...(ifAsked === null ? {} : { ifAsked }) },
    ];
  }
  // A server older than initial responses asks for it all the same.
  const step: Step = { say: atOnce, shown: `AUTH ${name} ${MASK}`, then: 'ok', ifAsked: ifAsked ?? answer };
  return [ifAsked === null ? step : { ...step, ifAskedForResponse: answer }];
}

function apop(user: string, secret: string, greeting: string): Step[] | Pop3Failure {
  // A message id and nothing else: a forged one with octets of the forger's choice is what CVE-2007-1558 needs.
  const timestamp = /<[!-;=?-~]+@[!-;=?-~]+>/.exec(greeting)?.[0];
  if (timestamp === undefined) return nonsense(`APOP is not offered: the greeting has no timestamp (${greeting})`);

  const digest = createHash('md5').update(`${timestamp}${secret}`).digest('hex');
  return [{ say: `APOP ${user} ${digest}`, shown: `APOP ${user} ${MASK}`, then: 'ok' }];
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Shorter than this, a secret is part of too many words to be searched for. */
const SHORTEST_SECRET = 4;

/** Masks a secret, as it is and as it was encoded, in what a server repeats of it. */
export function concealer(steps: readonly Step[], secret: string): (line: string) => string {
  const said = steps.flatMap(({ say, shown, ifAsked }) => [
    ...(say === shown ? [] : [say.slice(say.lastIndexOf(' ') + 1)]),
    ...(ifAsked === undefined || ifAsked.say === ifAsked.shown ? [] : [ifAsked.say]),
  ]);
  const secrets = [secret, ...said].filter((text) => text.length >= SHORTEST_SECRET);
  return (line) => secrets.reduce((text, one) => text.replaceAll(one, MASK), line);
}

/** AUTH (RFC 4954): PLAIN, LOGIN, CRAM-MD5 and XOAUTH2. No secret is told to the dialogue or named in a failure (S92, I24). */
import { createHmac } from 'node:crypto';
import { minutes } from '../base/clock.ts';
import type { SmtpFailure, SmtpPeer } from './conversation.ts';
import { onOneLine, type Reply } from './reply.ts';
import { type Answer, isTrouble, type Line, type Wire } from './wire.ts';

export type Login = NonNullable<SmtpPeer['login']>;
export type Mechanism = Exclude<Login['mechanism'], 'auto' | 'none'>;

const COMMAND = minutes(5); // RFC 5321 §4.5.3.2.2, for want of one of AUTH's own

/** The mechanisms to try, best first. Pure. `secret`: nobody between us can read along. */
export function mechanismsFor(login: Login, offered: readonly string[], channel: 'secret' | 'clear'): Mechanism[] {
  if (login.mechanism === 'none') return [];
  // In clear text CRAM-MD5 alone does not give the password away; under TLS PLAIN takes one round trip and any server has it.
  // A token is no password: XOAUTH2 is never guessed.
  const order: Mechanism[] = channel === 'secret' ? ['plain', 'login', 'cram-md5'] : ['cram-md5', 'plain', 'login'];
  const wanted: Mechanism[] = login.mechanism === 'auto' ? order : [login.mechanism];
  return wanted.filter((mechanism) => offered.includes(mechanism.toUpperCase()));
}

/** Null when the peer let us in. */
export async function logIn(
  wire: Wire,
  login: Login,
  mechanisms: readonly Mechanism[],
  offered: readonly string[],
): Promise<SmtpFailure | null> {
  const wanted =
    login.mechanism === 'auto' ? 'no login that is known here' : `no AUTH ${login.mechanism.toUpperCase()}`;
  let last: SmtpFailure = {
    kind: 'login',
    message: `The server offers ${wanted} (it offers: ${offered.join(' ') || 'none; perhaps only after STARTTLS'}).`,
    reply: null,
  };
  wire.hide(login.password.reveal());
  for (const mechanism of mechanisms) {
    const answer = await exchange(wire, login, mechanism);
    if (isTrouble(answer)) return { ...answer, reply: answer.reply === null ? null : onOneLine(answer.reply) };
    if (answer.code === 235) {
      wire.remark(`Logged in as ${login.user}.`);
      return null;
    }
    last = refused(login, answer);
    // Some servers announce what they then do not know. Any other refusal is of the password, and is not tried twice:
    // that would lock the account.
    if (answer.code !== 504) break;
  }
  return last;
}

function refused(login: Login, reply: Reply): SmtpFailure {
  const text = onOneLine(reply);
  // RFC 4954 §6: 454 is a temporary failure, and so is any other 4xx; a 3xx or 2xx is no answer at all.
  const kind = reply.code >= 500 ? 'login' : reply.code >= 400 ? 'refused' : 'protocol';
  return { kind, message: `The login as ${login.user} was refused: ${text}`, reply: text };
}

async function exchange(wire: Wire, login: Login, mechanism: Mechanism): Promise<Answer> {
  switch (mechanism) {
    case 'plain':
      return await ask(wire, masked('AUTH PLAIN ', base64(`\0${login.user}\0${login.password.reveal()}`)));
    case 'xoauth2':
      return await xoauth2(wire, login);
    case 'login':
      return await inSteps(wire, 'AUTH LOGIN', [() => base64(login.user), () => base64(login.password.reveal())]);
    case 'cram-md5':
      return await inSteps(wire, 'AUTH CRAM-MD5', [(challenge) => cramMd5(login, challenge)]);
  }
}

async function inSteps(wire: Wire, command: string, steps: ((challenge: string) => string)[]): Promise<Answer> {
  let answer = await ask(wire, command);
  for (const step of steps) {
    if (isTrouble(answer) || answer.code !== 334) return answer;
    answer = await ask(wire, masked('', step(challengeIn(answer))));
  }
  return await givenUp(wire, answer);
}

async function xoauth2(wire: Wire, login: Login): Promise<Answer> {
  const token = base64(`user=${login.user}\x01auth=Bearer ${login.password.reveal()}\x01\x01`);
  let answer = await ask(wire, masked('AUTH XOAUTH2 ', token));
  // 500 and 501 are of the line and not of the token (RFC 5321 §4.2.4): it may be too long, or wanted when it is asked for.
  if (!isTrouble(answer) && REFUSES_LINE.includes(answer.code)) answer = await ask(wire, 'AUTH XOAUTH2');
  // An empty challenge asks for the token (RFC 4954 §4).
  if (!isTrouble(answer) && answer.code === 334 && challengeIn(answer) === '') {
    answer = await ask(wire, masked('', token));
  }
  // It says why in a challenge, and its refusal once that was answered with nothing.
  const last = isTrouble(answer) || answer.code !== 334 ? answer : await ask(wire, '');
  return await givenUp(wire, last);
}

const REFUSES_LINE = [500, 501];

const challengeIn = (reply: Reply): string => reply.lines[0]?.slice(4).trim() ?? '';

/** A challenge too many: `*` takes the AUTH back (RFC 4954 §4), and what comes then is the answer. */
async function givenUp(wire: Wire, answer: Answer): Promise<Answer> {
  return isTrouble(answer) || answer.code !== 334 ? answer : await ask(wire, '*');
}

async function ask(wire: Wire, line: Line): Promise<Answer> {
  await wire.say(line);
  return await wire.reply(COMMAND);
}

function masked(command: string, secret: string): Line {
  return { line: command + secret, shown: `${command}XXXX`, secret };
}

/** RFC 2195. */
function cramMd5(login: Login, challenge: string): string {
  const digest = createHmac('md5', login.password.reveal()).update(Buffer.from(challenge, 'base64')).digest('hex');
  return base64(`${login.user} ${digest}`);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

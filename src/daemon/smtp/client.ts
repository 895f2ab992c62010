/**
 * An SMTP client (RFC 5321): opens a conversation with a peer, as safe as its configuration asks for, and hands messages
 * over in it. What a peer does is a value here, never a throw; a failure to open is temporary for the mail.
 */
import type { Socket } from 'node:net';
import { type Clock, minutes, seconds } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { SmtpConversation, SmtpFailure, SmtpOpened, SmtpPeer } from './conversation.ts';
import { addressesOf, dial, type Lookup } from './dial.ts';
import { heloOffers, type Offers, offersOf, sayableName } from './ehlo.ts';
import { logIn, mechanismsFor } from './login.ts';
import { onOneLine, type Reply } from './reply.ts';
import { shakeHands } from './tls.ts';
import { transact } from './transaction.ts';
import { markUntouched } from './untouched.ts';
import { type Answer, isTrouble, type Trouble, Wire } from './wire.ts';

export interface SmtpTools {
  readonly clock: Clock;
  /** Of the whole conversation, all its messages included. */
  readonly dialogue: Dialogue;
  /** Ends the opening; each `send` has a stop of its own. */
  readonly stop: AbortSignal;
  /** The system's resolver by default. */
  readonly lookup?: Lookup;
}

/** RFC 5321 §4.5.3.2.1, and §4.5.3.2.2 for the commands that it does not name. */
const GREETING = minutes(5);
const COMMAND = minutes(5);

/** How long we are polite: the peer has all that it is to have, and nothing hangs on its 221. */
const QUIT = seconds(5);

/** What a server says that knows no EHLO (RFC 1869 §4.5; it names 550 too, which today is a refusal of our name). */
const KNOWS_NO_EHLO = [500, 501, 502, 504];

/** Opens a conversation: connects, greets, changes to TLS and logs in. Within minutes also when the peer stalls. */
export async function openSmtp(peer: SmtpPeer, tools: SmtpTools): Promise<SmtpOpened> {
  const opened = await open(peer, tools);
  if (opened.ok || peer.security !== 'opportunistic' || opened.failure.kind !== 'tls') return opened;

  // RFC 7435 §3: where TLS was but an offer, a handshake that fails leaves what there was without the offer.
  tools.dialogue.tell('*', `${opened.failure.message} Trying without TLS.`);
  return await open(peer, tools, 'no TLS');
}

/** The conversation while it is being opened. */
interface Opening {
  readonly peer: SmtpPeer;
  readonly tools: SmtpTools;
  readonly wire: Wire;
  /** Whether anybody between us can read or be the peer. */
  channel: 'secret' | 'unverified' | 'clear';
}

async function open(peer: SmtpPeer, tools: SmtpTools, without?: 'no TLS'): Promise<SmtpOpened> {
  const { clock, dialogue, stop, lookup = addressesOf } = tools;
  const dialled = await dial(peer, { clock, stop, lookup });
  if (!dialled.ok) {
    dialogue.tell('*', dialled.failure.message);
    return dialled;
  }
  dialogue.tell('*', `Connected to ${peer.host} [${dialled.address}] port ${peer.port}.`);

  const started = peer.security === 'tls' ? await implicitTls(dialled.socket, peer, tools) : dialled.socket;
  if ('message' in started) {
    dialogue.tell('*', started.message);
    return { ok: false, failure: failureFrom(started) };
  }

  const wire = new Wire(started, tools);
  const ignore = wire.heed(stop);
  try {
    const channel = peer.security === 'tls' ? 'secret' : 'clear';
    const offers = await introduce({ peer, tools, wire, channel }, without);
    if (!('kind' in offers)) return { ok: true, conversation: conversation(wire, offers, dialogue) };

    await wire.leave(); // also after a 554 greeting (RFC 5321 §3.1)
    return { ok: false, failure: offers };
  } finally {
    ignore();
  }
}

async function implicitTls(raw: Socket, peer: SmtpPeer, tools: SmtpTools): Promise<Socket | Trouble> {
  const secured = await shakeHands(raw, peer, tools);
  if ('message' in secured) {
    raw.destroy();
    return secured;
  }
  tools.dialogue.tell('*', `${secured.remark}.`);
  return secured.socket;
}

type Introduced = Offers & { readonly login: boolean };

/** From the greeting to the login. */
async function introduce(opening: Opening, without?: 'no TLS'): Promise<Introduced | SmtpFailure> {
  const { peer, wire } = opening;
  const greeting = await wire.reply(GREETING);
  // REL02: even a 554 here is about us or the peer's state, not about a message.
  if (isTrouble(greeting) || greeting.code !== 220)
    return failureFrom(greeting, 'The server does not take our connection');

  const inClear = await hello(opening);
  if ('kind' in inClear) return inClear;

  const wantsTls = peer.security === 'starttls' || (peer.security === 'opportunistic' && without === undefined);
  const offers = wantsTls ? await secure(opening, inClear) : inClear;
  if ('kind' in offers) return offers;

  const refused = await authenticate(opening, offers);
  return refused ?? { ...offers, login: logsIn(peer) };
}

async function hello({ peer, wire }: Opening): Promise<Offers | SmtpFailure> {
  const name = sayableName(peer.ehloName, wire.ownLiteral);
  const ehlo = await ask(wire, `EHLO ${name}`);
  if (!isTrouble(ehlo) && ehlo.code === 250) return offersOf(ehlo);

  const mayDoWithout = peer.security !== 'starttls' && !logsIn(peer);
  if (isTrouble(ehlo) || !mayDoWithout || !KNOWS_NO_EHLO.includes(ehlo.code))
    return failureFrom(ehlo, 'The server refuses EHLO');

  const helo = await ask(wire, `HELO ${name}`); // REL03
  return !isTrouble(helo) && helo.code === 250 ? heloOffers : failureFrom(helo, 'The server refuses EHLO and HELO');
}

/** STARTTLS (RFC 3207). What was announced in clear is forgotten. */
async function secure(opening: Opening, inClear: Offers): Promise<Offers | SmtpFailure> {
  const { peer, tools, wire } = opening;
  const required = peer.security === 'starttls';
  if (!inClear.startTls) {
    return required
      ? { kind: 'tls', message: `${peer.host} does not offer STARTTLS, and TLS is required.`, reply: null }
      : inClear;
  }

  const ready = await ask(wire, 'STARTTLS');
  if (isTrouble(ready)) return failureFrom(ready);
  if (ready.code !== 220) {
    return required
      ? { ...failureFrom(ready, `${peer.host} refuses STARTTLS, and TLS is required`), kind: 'tls' }
      : inClear;
  }

  const secured = await wire.secure((raw) => shakeHands(raw, peer, tools));
  if ('message' in secured) return failureFrom(secured);

  opening.channel = secured.verified ? 'secret' : 'unverified';
  wire.remark(`${secured.remark}.`);
  return await hello(opening);
}

async function authenticate(opening: Opening, offers: Offers): Promise<SmtpFailure | null> {
  const { peer, wire, channel } = opening;
  if (peer.login === null || !logsIn(peer)) return null;
  // `none` is the operator's word that clear text will do; opportunistic TLS is nobody's.
  if (peer.security === 'opportunistic' && channel !== 'secret' && !wire.toLoopback) {
    return {
      kind: 'tls',
      message: `No login at ${peer.host} without verified TLS: set Security=starttls or tls.`,
      reply: null,
    };
  }

  const mechanisms = mechanismsFor(peer.login, offers.mechanisms, channel === 'secret' ? 'secret' : 'clear');
  return await logIn(wire, peer.login, mechanisms, offers.mechanisms);
}

function logsIn(peer: SmtpPeer): boolean {
  return peer.login !== null && peer.login.mechanism !== 'none';
}

function conversation(wire: Wire, offers: Introduced, whole: Dialogue): SmtpConversation {
  const { esmtp, login, maxSize, dsn, pipelining, eightBitMime, smtpUtf8 } = offers;
  /** The message that is being said; its predecessor may wait for its answer still. */
  let sending: symbol | null = null;
  let last: symbol | null = null;
  let unanswered: Promise<unknown> | null = null;
  let resetFirst = false;

  return {
    abilities: { esmtp, login, maxSize, dsn, pipelining, eightBitMime, smtpUtf8 },
    get usable() {
      return wire.trouble === null && sending === null;
    },
    async send(envelope, body, stop, { dialogue = whole, passed } = {}) {
      if (sending !== null) throw new Error('A conversation sends one message at a time.');
      const me = Symbol('message');
      sending = me;
      last = me;
      const ignore = wire.heed(stop);
      const before = unanswered;
      const work = transact(
        {
          ...{ wire, offers, dialogue, resetFirst, before },
          passed() {
            sending = null;
            resetFirst = false; // whatever it answers to the dot, the peer is where it was before MAIL
            passed?.();
          },
        },
        envelope,
        body,
      );
      unanswered = work;
      try {
        const { clean, untouched, ...result } = await work;
        if (last === me) resetFirst = !clean;
        return untouched ? markUntouched(result) : result;
      } finally {
        ignore();
        if (sending === me) sending = null;
        if (last === me) unanswered = null;
      }
    },
    quit: async () => (sending !== null || unanswered !== null ? wire.close() : await quit(wire)),
    destroy: () => wire.close(),
  };
}

async function quit(wire: Wire): Promise<void> {
  if (wire.trouble === null) {
    await wire.say('QUIT');
    // Some servers hang up instead of answering, which is as good.
    await wire.reply(QUIT);
  }
  wire.close();
}

async function ask(wire: Wire, line: string): Promise<Answer> {
  await wire.say(line);
  return await wire.reply(COMMAND);
}

function failureFrom(answer: Answer, what = ''): SmtpFailure {
  if (isTrouble(answer)) {
    return {
      kind: answer.kind,
      message: answer.message,
      reply: answer.reply === null ? null : onOneLine(answer.reply),
    };
  }
  const reply = onOneLine(answer satisfies Reply);
  return { kind: 'refused', message: `${what}: ${reply}`, reply };
}

/**
 * One message through an open connection: MAIL, RCPT, DATA, the octets, the final dot (RFC 5321 §3.3, RFC 2920). It
 * answers for every recipient, and what it does not know it defers: mail is sent again, never lost, and counted as sent
 * only when the peer said so in answer to the final dot.
 */
import { minutes } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { Body } from '../mail/body.ts';
import { mailCommand, rcptCommand, refusals } from './commands.ts';
import type { Envelope, RecipientResult } from './conversation.ts';
import { createDotStuffer } from './dot-stuffing.ts';
import type { Offers } from './ehlo.ts';
import { onOneLine, type Reply, safeLine } from './reply.ts';
import { tellBody, type ToldBody } from './told-body.ts';
import { isGoodbye, type Asked, type Verdict, verdictOn } from './verdict.ts';
import { isTrouble, type Trouble, type Wire } from './wire.ts';

/** RFC 5321 §4.5.3.2.2 to §4.5.3.2.6. */
const COMMAND = minutes(5);
const DATA_INITIATION = minutes(2);
const DATA_BLOCK = minutes(3);
const FINAL_DOT = minutes(10);

/** Octets that are given to the socket at once: what DATA_BLOCK is measured by, and all that is in memory of a large message. */
const BLOCK = 65_536;

/** Octets of `.` and its CRLF. */
const FINAL_DOT_LINE = 3;

/** How the reply of a recipient begins whose message could not be read from our own disk: no fault of the peer's. */
export const BODY_UNREADABLE = 'The message could not be read:';

export interface Transacted {
  readonly recipients: RecipientResult[];
  readonly outcomeUnknown: boolean;
  /** The peer is where it was before MAIL: the next message needs no RSET. */
  readonly clean: boolean;
  /** The peer left before it had answered anything of this message: a fresh conversation may take it at once. */
  readonly untouched: boolean;
}

export interface Passage {
  readonly wire: Wire;
  readonly offers: Offers;
  readonly dialogue: Dialogue;
  /** The message before ended in the middle: RSET goes first. */
  readonly resetFirst: boolean;
  /** The message before this one, whose dot has gone out and whose reply is heard first; null: there is none. */
  readonly before: Promise<unknown> | null;
  /** All of it has gone out, and the peer would take the next envelope already. */
  passed(): void;
}

/** The state of one message. */
interface Message extends Passage {
  readonly envelope: Envelope;
  readonly body: Body;
  /** By the recipients' order; null: nothing final yet. */
  readonly results: (RecipientResult | null)[];
  answered: boolean;
  dotSent: boolean;
  clean: boolean;
}

export async function transact(passage: Passage, envelope: Envelope, body: Body): Promise<Transacted> {
  const results = refusals(envelope, body.bytes, passage.offers);
  const message: Message = {
    ...passage,
    envelope,
    body,
    results,
    answered: false,
    dotSent: false,
    clean: !passage.resetFirst,
  };
  if (results.every((result) => result !== null)) return outcome(message);

  message.clean = false;
  const goOn = await sayEnvelope(message);
  if (goOn && (await sendBody(message))) await hearFinalReply(message);
  return outcome(message);
}

/** True when the peer waits for the message, and somebody is to get it. */
async function sayEnvelope(message: Message): Promise<boolean> {
  const { wire, offers, envelope, body, results, resetFirst, before, dialogue } = message;
  const asked = envelope.recipients.map((recipient, at) => ({ at, line: rcptCommand(recipient, offers) }));
  const recipients = asked.filter(({ at }) => results[at] === null);
  const mail = mailCommand(envelope, body.bytes, offers);
  // RFC 2920 §3.1: DATA may end a group, but then a 354 can come although nobody was accepted.
  const group = [...(resetFirst ? ['RSET'] : []), mail, ...recipients.map(({ line }) => line), 'DATA'];
  // It was quiet before the message that it follows.
  if (offers.pipelining && before === null) await wire.quiet();
  if (offers.pipelining) wire.sayNow(group, dialogue);
  const ask = async (line: string) => {
    if (offers.pipelining) return;
    await wire.quiet();
    wire.sayNow([line], dialogue);
  };
  if (before !== null) await before;

  if (resetFirst) {
    await ask('RSET');
    if (!(await hearReset(message))) return false;
  }
  await ask(mail);
  const sender = await hear(message, 'mail');
  if (sender === null) return false;
  if (sender.verdict !== 'accepted') settleOpen(message, sender);

  for (const { at, line } of recipients) {
    if (sender.verdict !== 'accepted' && !offers.pipelining) return false;
    await ask(line);
    const heard = await hear(message, 'rcpt');
    if (heard === null) return false;
    if (heard.verdict !== 'accepted') results[at] ??= resultFor(message, at, heard);
  }

  const wanted = results.some((result) => result === null);
  if (!wanted && !offers.pipelining) return false;
  await ask('DATA');
  return await hearGoAhead(message, wanted);
}

async function hearReset(message: Message): Promise<boolean> {
  const heard = await hear(message, 'mail');
  if (heard === null || heard.verdict === 'accepted') return heard !== null;

  // What is left of the message before would become part of this one.
  const text = `The server refused RSET: ${onOneLine(heard.reply)}`;
  message.wire.fail({ kind: 'protocol', message: text, reply: null });
  return false;
}

async function hearGoAhead(message: Message, wanted: boolean): Promise<boolean> {
  const heard = await hear(message, 'data', DATA_INITIATION);
  if (heard === null) return false;
  if (heard.verdict !== 'accepted') {
    settleOpen(message, heard);
    return false;
  }
  if (wanted) return true;

  // REL08, RFC 2920 §3.1: nobody is to get it, and the peer waits for it all the same: a lone dot, and its reply counts for nothing.
  message.wire.writeLast(message.dialogue, Buffer.from('.\r\n'));
  await message.wire.reply(FINAL_DOT);
  return false;
}

/** True when all of it and the final dot have gone out. */
async function sendBody(message: Message): Promise<boolean> {
  const { wire, body, dialogue } = message;
  await wire.quiet();
  const told = tellBody(dialogue, body.bytes);
  const chunks = body.chunks()[Symbol.asyncIterator]();
  try {
    const last = await sendBlocks(message, chunks, told);
    if (last !== null) {
      told.end('whole');
      message.dotSent = true;
      wire.writeLast(dialogue, ...last);
      if (message.offers.pipelining && wire.trouble === null) message.passed();
      return true;
    }
  } catch (error) {
    // Without the final dot the peer must not take it for a message (RFC 5321 §4.1.1.4): the connection is cut.
    const why = safeLine(error instanceof Error ? error.message : String(error));
    wire.fail({ kind: 'stopped', message: `${BODY_UNREADABLE} ${why}`, reply: null });
  }
  told.end('in part');
  // Not waited for: it may hang on what hung the message.
  void chunks.return?.().catch(() => {});
  return false;
}

/** All but the last block, which comes back with the final dot to go behind it, so that a short message is one packet; null on trouble. */
async function sendBlocks(
  { wire, body }: Message,
  chunks: AsyncIterator<Uint8Array>,
  told: ToldBody,
): Promise<Uint8Array[] | null> {
  const stuffer = createDotStuffer();
  let octets = 0;
  let last: Uint8Array = Buffer.alloc(0);
  for (
    let next = await wire.unlessTrouble(chunks.next());
    next !== null;
    next = await wire.unlessTrouble(chunks.next())
  ) {
    if (next.done === true) {
      if (octets !== body.bytes) throw new Error(`it has ${octets} octets where there should be ${body.bytes}.`);
      const end = stuffer.end();
      told.push(end.subarray(0, -FINAL_DOT_LINE));
      return [last, end];
    }

    octets += next.value.length;
    for (let from = 0; from < next.value.length && wire.trouble === null; from += BLOCK) {
      await wire.write(last, DATA_BLOCK);
      last = stuffer.push(next.value.subarray(from, from + BLOCK));
      told.push(last);
    }
  }
  return null;
}

async function hearFinalReply(message: Message): Promise<void> {
  const heard = await hear(message, 'message', FINAL_DOT);
  if (heard === null) return;

  settleOpen(message, heard);
  message.clean = true;
}

interface Heard {
  readonly reply: Reply;
  readonly verdict: Exclude<Verdict, 'nonsense'>;
}

/** The next reply and what it means; null when the connection is of no further use. */
async function hear(message: Message, asked: Asked, within = COMMAND): Promise<Heard | null> {
  const { wire } = message;
  const reply = await wire.reply(within);
  if (isTrouble(reply)) return null;
  if (isGoodbye(reply)) {
    wire.fail({ kind: 'refused', message: onOneLine(reply), reply });
    return null;
  }

  message.answered = true;
  const verdict = verdictOn(reply, asked);
  if (verdict !== 'nonsense') return { reply, verdict };
  wire.fail({
    kind: 'protocol',
    message: `The server gave an answer that does not fit: ${onOneLine(reply)}`,
    reply: null,
  });
  return null;
}

function settleOpen(message: Message, heard: Heard): void {
  message.results.forEach((result, at) => {
    message.results[at] = result ?? resultFor(message, at, heard);
  });
}

function resultFor(message: Message, at: number, { reply, verdict }: Heard): RecipientResult {
  const outcome = verdict === 'accepted' ? 'sent' : verdict;
  return { address: addressOf(message, at), outcome, reply: onOneLine(reply), code: reply.code };
}

function outcome(message: Message): Transacted {
  const { wire, envelope, body, offers, clean, answered, dotSent } = message;
  const { trouble } = wire;
  // Who talks nonsense, or out of turn, is not believed in what went before either, unless the message was finished (REL15).
  const results = trouble?.kind === 'protocol' && !clean ? refusals(envelope, body.bytes, offers) : message.results;
  const open = results.some((result) => result === null);
  const gone = trouble?.kind === 'unreachable' || trouble?.kind === 'refused';

  return {
    recipients: results.map((result, at) => result ?? deferredBy(trouble, addressOf(message, at))),
    outcomeUnknown: open && dotSent && (trouble?.reply ?? null) === null,
    clean,
    untouched: gone && !answered,
  };
}

function deferredBy(trouble: Trouble | null, address: string): RecipientResult {
  const reply = trouble?.message ?? 'The server gave no answer.';
  return { address, outcome: 'deferred', reply, code: trouble?.reply?.code ?? null };
}

function addressOf({ envelope }: Message, at: number): string {
  return envelope.recipients[at]?.address ?? '';
}

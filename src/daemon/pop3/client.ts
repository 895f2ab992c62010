/**
 * A POP3 mailbox (RFC 1939, 2449, 2595, 5034): opened, listed, fetched with RETRs in flight, deleted from, and left.
 * Nothing a server does throws; a session that is suspect ends, and then the server deletes nothing.
 */
import { type Clock, type Duration, seconds } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import { askCapabilities, type Capabilities } from './capabilities.ts';
import { Connection } from './connection.ts';
import { Conversation } from './conversation.ts';
import { nonsense, refusal } from './failure.ts';
import { parseTotals, type Totals } from './listing.ts';
import { logIn } from './login.ts';
import type { Pop3Failure, Pop3Opened, Pop3Server, Xoauth2Form } from './mailbox.ts';
import { unsendable } from './sasl.ts';
import { Session } from './session.ts';

/** RFC 1939 names none for the greeting; SMTP's five minutes are for relays under load, a mailbox is asked again soon. */
const GREETING: Duration = seconds(60);

export interface Pop3Tools {
  readonly clock: Clock;
  readonly dialogue: Dialogue;
  readonly stop: AbortSignal;
  /** How long the server may keep us waiting without progress worth 500 octets a second, over the whole session (POP27). */
  readonly sessionTimeout: Duration;
  /** Folder for temporary files. */
  readonly scratch: string;
}

/** Connects, secures, logs in and counts the messages. All failures are values; `stop` ends it and the mailbox at any time. */
export async function openMailbox(server: Pop3Server, tools: Pop3Tools): Promise<Pop3Opened> {
  const problem = unsendable({ user: server.user, secret: server.password.reveal() });
  if (problem !== null) return { ok: false, failure: problem };

  const opened = await open(server, tools);
  if (typeof opened !== 'string') return opened;

  // On a connection of its own: who refuses the form may hang up with that (getmail6 #256).
  tools.dialogue.tell('*', `The token was refused for how it was said; once more, ${opened}`);
  const again = await open({ ...server, xoauth2: opened }, tools);
  return typeof again === 'string' ? { ok: false, failure: FORM_REFUSED } : again;
}

const FORM_REFUSED: Pop3Failure = nonsense('The POP3 server does not take the token in any form of AUTH XOAUTH2');

async function open(server: Pop3Server, tools: Pop3Tools): Promise<Pop3Opened | Xoauth2Form> {
  const connection = new Connection(server, { ...tools, remark: (text) => tools.dialogue.tell('*', text) });
  const conversation = new Conversation(connection, tools.dialogue);
  const entered = await enter(server, connection, conversation);
  if (typeof entered === 'string') {
    conversation.end(FORM_REFUSED);
    return entered;
  }
  if ('kind' in entered) {
    conversation.end(entered);
    return { ok: false, failure: entered };
  }
  return { ok: true, mailbox: new Session(conversation, { ...entered, scratch: tools.scratch }) };
}

interface Entered {
  readonly totals: Totals;
  readonly pipelining: boolean;
}

async function enter(
  server: Pop3Server,
  connection: Connection,
  conversation: Conversation,
): Promise<Entered | Pop3Failure | Xoauth2Form> {
  if (!(await connection.connected())) return conversation.failure;
  if (server.security === 'tls' && !(await conversation.startTls())) return conversation.failure;

  const greeting = await greet(server, conversation);
  if (typeof greeting !== 'string') return greeting;

  const capabilities = await secureAndAsk(server, conversation);
  if ('kind' in capabilities) return capabilities;

  // From here on the server knows the password, and may repeat it wherever a reply is due.
  conversation.quote({ on: false });
  const refused = await logIn(conversation, server, { greeting, capabilities });
  if (refused !== null) return refused;

  const totals = await count(conversation);
  conversation.quote({ on: true });
  // PIPELINING holds before and after the login alike (RFC 2449 §6.6), so CAPA is not asked a second time.
  return 'kind' in totals ? totals : { totals, pipelining: capabilities.pipelining };
}

async function greet(server: Pop3Server, conversation: Conversation): Promise<string | Pop3Failure> {
  const hint = server.security === 'tls' ? undefined : 'If it waits for TLS (port 995), set Security=tls.';
  const reply = await conversation.reply('its greeting', { within: GREETING, ...(hint === undefined ? {} : { hint }) });
  if (reply === null) return conversation.failure;
  return reply.is === 'ok' ? reply.line : refusal(reply.line, { is: 'greeting' });
}

/** With `stls` there is no way past TLS: a server that does not offer it, or refuses it, gets no password (POP06). */
async function secureAndAsk(server: Pop3Server, conversation: Conversation): Promise<Capabilities | Pop3Failure> {
  const first = await askCapabilities(conversation);
  if (first === null) return conversation.failure;
  if (server.security !== 'stls') return first;
  if (!first.stls) return tlsRequired('the server does not offer STLS');

  const reply = await conversation.ask('STLS');
  if (reply === null) return conversation.failure;
  if (reply.is !== 'ok') return tlsRequired(`STLS was refused: ${reply.line}`);
  if (!(await conversation.startTls())) return conversation.failure;

  return (await askCapabilities(conversation)) ?? conversation.failure;
}

function tlsRequired(why: string): Pop3Failure {
  return { kind: 'tls', message: `TLS required: ${why}` };
}

async function count(conversation: Conversation): Promise<Totals | Pop3Failure> {
  const reply = await conversation.ask('STAT');
  if (reply === null) return conversation.failure;
  if (reply.is !== 'ok') return refusal(reply.line, { is: 'command', command: 'STAT' });

  const totals = parseTotals(reply.line);
  return typeof totals === 'string' ? nonsense(totals) : totals;
}

/**
 * "Try connection" to the internal server and to a relay (S69, S108): connects, greets, secures and logs in as a delivery would,
 * says QUIT, and shows the dialogue. Works against any host, without saving anything.
 */
import { CallError } from '../../protocol/errors.ts';
import type { ResultOf } from '../../protocol/commands.ts';
import type { Clock } from '../base/clock.ts';
import { openSmtp } from '../smtp/client.ts';
import type { SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';
import { recordDialogue } from './dialogue-record.ts';

export interface TrySmtpParts {
  clock: Clock;
  stop: AbortSignal;
  /** Null: none is configured. */
  mailServer: SmtpPeer | null;
  /** The relays by name; the default one's name is ''. */
  relays: ReadonlyMap<string, SmtpPeer>;
  ehloName: string;
}

export type SmtpTried = ResultOf<'test.mail-server'>;

const SMTP = 25;

/** S69: with a host it is that one, without login and without TLS of its own wish; else the configured internal server. */
export async function tryMailServer(
  { host, port }: { host?: string | undefined; port?: number | undefined },
  parts: TrySmtpParts,
): Promise<SmtpTried> {
  const configured = parts.mailServer;
  if (host === undefined && configured === null)
    throw new CallError('refused', 'No internal mail server is configured: set Host in [Mail server], or name one.');
  return await trySmtp(host === undefined ? withPort(configured, port) : stranger(host, port ?? SMTP, parts), parts);
}

/** S108: the named relay, the default one, or any host. */
export async function tryRelay(
  { relay = '', host, port }: { relay?: string | undefined; host?: string | undefined; port?: number | undefined },
  parts: TrySmtpParts,
): Promise<SmtpTried> {
  if (host !== undefined) return await trySmtp(stranger(host, port ?? SMTP, parts), parts);

  const peer = parts.relays.get(relay);
  if (peer === undefined) {
    const known = [...parts.relays.keys()];
    const which = relay === '' ? 'No relay is configured: set Host in [Relay].' : `There is no relay "${relay}".`;
    throw new CallError(relay === '' ? 'refused' : 'not_found', which, { known });
  }
  return await trySmtp(withPort(peer, port), parts);
}

function withPort(peer: SmtpPeer | null, port: number | undefined): SmtpPeer {
  if (peer === null) throw new Error('a peer is there by now');
  return port === undefined ? peer : { ...peer, port };
}

/** Whoever is tried by name is only looked at: no password of ours goes there. */
function stranger(host: string, port: number, { ehloName }: TrySmtpParts): SmtpPeer {
  const security = port === 465 ? 'tls' : 'opportunistic';
  return { name: host, host, port, security, fingerprint: null, caFile: null, login: null, ehloName };
}

async function trySmtp(peer: SmtpPeer, { clock, stop }: TrySmtpParts): Promise<SmtpTried> {
  const dialogue = recordDialogue();
  const opened = await openSmtp(peer, { clock, dialogue, stop });
  if (!opened.ok) {
    const { failure } = opened;
    if (!dialogue.lines.some((line) => line.includes(failure.message))) dialogue.tell('*', failure.message);
    return { ok: false, sizeLimit: null, dialogue: dialogue.lines, advice: adviceFor(failure, peer) };
  }

  const { abilities } = opened.conversation;
  await opened.conversation.quit();
  return { ok: true, sizeLimit: abilities.maxSize, dialogue: dialogue.lines, advice: '' };
}

/** What to do about a connection that could not be made. */
function adviceFor({ kind }: SmtpFailure, { host, port, security }: SmtpPeer): string {
  switch (kind) {
    case 'unreachable':
    case 'timeout':
      return `Check the name and the port (${host}:${port}), that the server runs, and that a firewall lets this machine reach it.`;
    case 'refused':
      return 'The server is there and does not take us: it may want to know the address of this machine first.';
    case 'tls':
      return security === 'opportunistic'
        ? 'The server does not manage TLS.'
        : 'Correct its certificate, name its CA file, or pin its fingerprint in this section.';
    case 'login':
      return 'Correct user and password; a firewall must let ESMTP pass, or AUTH is cut out of the dialogue (S109).';
    case 'protocol':
      return 'What answers there may be no SMTP server: check the port.';
    case 'stopped':
      return '';
  }
}

/** What a relay says to whoever may not relay there. */
const RELAYING_DENIED =
  /relay(ing)?\b.*\b(denied|not permitted|not allowed|prohibited)|(denied|not permitted).*relay|5\.7\.1/i;

/** S109: is that reply "Relaying denied" (a 550 or one of its kin)? */
export function isRelayingDenied(reply: string): boolean {
  return /^5\d\d\b/.test(reply) && RELAYING_DENIED.test(reply);
}

/** S109, in the order of the description. */
export const RELAYING_ADVICE =
  'Use the relay of your own Internet provider; log in there (User and Password in [Relay]) and see that the firewall lets ESMTP pass; ' +
  'the sender must be the address of its POP3 mailbox, in a domain that public DNS knows; else ask who runs the relay.';

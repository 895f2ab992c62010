/** The test tree of S105 for mail that does not leave the internal server (A1, A3, B, C; there is no A2), and S109 for the relay. */
import type { DoctorStep } from '../../protocol/model.ts';
import type { ListenerTried } from './try-listener.ts';
import { isRelayingDenied, RELAYING_ADVICE, type SmtpTried } from './try-smtp.ts';

export interface Listening {
  /** Null: it does not listen. */
  listener: { address: string; port: number } | null;
  wanted: { address: string | null; port: number };
  /** Why it does not, as the log has it; empty when nothing is wrong. */
  problem: string;
  /** Who has the port, if that is somebody else. */
  holder: string | null;
  /** Clients and messages since the start. */
  accepted: number;
  connected: number;
}

export function listenerStep({ ok, dialogue, advice }: ListenerTried): DoctorStep {
  return {
    step: 'A1 the listener answers',
    ran: 'Try to listen for outgoing message now (S103)',
    saw: dialogue.join(' · '),
    verdict: ok ? 'ok' : 'fault',
    advice,
  };
}

/** A3 and S104: did it start, and if not, who has the port? */
export function startStep({ listener, wanted, problem, holder }: Listening): DoctorStep {
  const asked = { step: 'A3 the listener has started', ran: 'a look at the line of its start (S51)' };
  if (listener !== null)
    return { ...asked, saw: `It listens on TCP port ${listener.port}.`, verdict: 'ok', advice: '' };

  return {
    ...{ ...asked, verdict: 'fault' },
    saw: [
      problem || 'It does not listen.',
      ...(holder === null ? [] : [`Port ${wanted.port} is held by ${holder}.`]),
    ].join(' '),
    advice:
      holder === null
        ? 'Set Enabled=1 in [Outgoing mail], and look into the log.'
        : 'Stop that service, or choose another port in [Outgoing mail] and the same one in the mail server.',
  };
}

/** B and S102. */
export function addressStep({ wanted }: Listening): DoctorStep {
  const any = wanted.address === null;
  return {
    step: 'B the listener is open to the mail server',
    ran: 'a look at Listen on IP address',
    saw: any ? 'Every address of this machine.' : `Only ${wanted.address}.`,
    verdict: any ? 'ok' : 'unknown',
    advice: any
      ? ''
      : 'Set it to <any available>, have the mail server send again, and watch the page Outbound transfer. It can be narrowed afterwards.',
  };
}

/** C and S106: the mail server's side; the last step that a person has to do. */
export function clientStep({ wanted, accepted, connected }: Listening): DoctorStep {
  const came = accepted > 0 || connected > 0;
  return {
    step: "C the mail server's own settings",
    ran: 'a look at who has handed over mail since the start',
    saw: came ? `${accepted} messages were accepted; ${connected} clients are connected.` : 'Nobody yet.',
    verdict: came ? 'ok' : 'unknown',
    advice: came
      ? ''
      : `In the mail server, the smart host must be the address of this machine (in [brackets] for Exchange 2000 and 2003) and the outbound port ${wanted.port}; its address must stand in Accept from.`,
  };
}

/** S108, S109. `replies`: what relays said last about queued messages. */
export function relayStep(name: string, tried: SmtpTried, replies: readonly string[]): DoctorStep {
  const denied = replies.find(isRelayingDenied);
  const asked = {
    step: `the relay${name === '' ? '' : ` ${name}`}`,
    ran: 'Try connection, with its login; a look at the last replies (S108, S109)',
  };
  const last = tried.dialogue.at(-1) ?? '';
  if (!tried.ok) return { ...asked, saw: last, verdict: 'fault', advice: tried.advice };
  if (denied !== undefined) return { ...asked, saw: denied, verdict: 'fault', advice: RELAYING_ADVICE };
  const size = tried.sizeLimit === null ? '' : ` It takes messages of up to ${tried.sizeLimit} octets.`;
  return { ...asked, saw: `It takes our connection and login.${size}`, verdict: 'ok', advice: '' };
}

/** The internal server, to which inbound mail goes (S69). */
export function mailServerStep(tried: SmtpTried): DoctorStep {
  const size = tried.sizeLimit === null ? '' : ` It takes messages of up to ${tried.sizeLimit} octets.`;
  return {
    step: 'the internal mail server',
    ran: 'Try connection (S69)',
    saw: tried.ok ? `It takes our connection.${size}` : (tried.dialogue.at(-1) ?? ''),
    verdict: tried.ok ? 'ok' : 'fault',
    advice: tried.advice,
  };
}

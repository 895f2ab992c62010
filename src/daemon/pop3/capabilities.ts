/** What a server says that it can do: the reply to CAPA (RFC 2449). */
import { type Duration, seconds } from '../base/clock.ts';
import type { Conversation } from './conversation.ts';

export interface Capabilities {
  readonly stls: boolean;
  readonly pipelining: boolean;
  /** USER/PASS. A server without CAPA is taken to have it: RFC 1939 knows hardly anything else. */
  readonly user: boolean;
  /** SASL mechanisms, in upper case. */
  readonly sasl: readonly string[];
  /** AUTH-RESP-CODE: every refusal of credentials is marked [AUTH] (RFC 3206 §4). */
  readonly authCodes: boolean;
  /** LOGIN-DELAY: the least time between two logins (RFC 2449 §6.5); 0: none is asked for. */
  readonly loginDelay: Duration;
}

const MOST = { lines: 200, octets: 16_384 }; // Dovecot announces ten

/** A server that knows no CAPA says -ERR, and has none. Null: the connection is over. */
export async function askCapabilities(conversation: Conversation): Promise<Capabilities | null> {
  const reply = await conversation.ask('CAPA');
  if (reply === null) return null;
  if (reply.is !== 'ok') return parseCapabilities(null);

  const lines: string[] = [];
  const whole = await conversation.listing('the capabilities', MOST, (line) => {
    lines.push(line);
    return null;
  });
  return whole ? parseCapabilities(lines) : null;
}

/** `lines` is null where the server knows no CAPA. Unknown capabilities are nobody's business. */
function parseCapabilities(lines: readonly string[] | null): Capabilities {
  const announced = new Map(
    (lines ?? []).map((line): [string, string[]] => {
      const [name = '', ...parameters] = line.trim().toUpperCase().split(/\s+/);
      return [name, parameters];
    }),
  );
  return {
    stls: announced.has('STLS'),
    pipelining: announced.has('PIPELINING'),
    user: lines === null || announced.has('USER'),
    sasl: announced.get('SASL') ?? [],
    authCodes: announced.has('AUTH-RESP-CODE'),
    loginDelay: secondsIn(announced.get('LOGIN-DELAY')?.[0]),
  };
}

/** A number of more than six digits is no delay that anybody means. */
function secondsIn(text = ''): Duration {
  return /^\d{1,6}$/.test(text) ? seconds(Number(text)) : 0;
}

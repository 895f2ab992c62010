/** S70: which servers take the mail of a domain, as NSLOOKUP with SET TYPE=MX says, here and at another name server. */
import type { MxRecord } from 'node:dns';
import { isIP } from 'node:net';
import type { DoctorStep } from '../../protocol/model.ts';

/** A name server, as far as it is asked here. Rejects as `node:dns/promises` does. */
export interface Names {
  mx(domain: string): Promise<MxRecord[]>;
  addresses(host: string): Promise<string[]>;
  /** How it is called in a step: `the system's name servers`, `9.9.9.9`. */
  readonly called: string;
}

/** Mail servers of one domain that are looked at. */
const MOST_SERVERS = 5;

export async function mailServersOf(domain: string, names: Names): Promise<DoctorStep> {
  const asked = { step: `mail servers of ${domain}`, ran: `MX look-up of ${domain}, at ${names.called} (S70)` };
  let found: MxRecord[];
  try {
    found = await names.mx(domain);
  } catch (error) {
    return { ...asked, ...withoutAnswer(error) };
  }
  if (found.length === 0 || (found.length === 1 && found[0]?.exchange === ''))
    return { ...asked, verdict: 'fault', saw: 'The domain takes no mail (no MX, or a null MX).', advice: WHO_HOLDS_IT };

  const servers = found.toSorted((a, b) => a.priority - b.priority).slice(0, MOST_SERVERS);
  const lines = await Promise.all(servers.map(async (server) => ({ server, at: await addressed(server, names) })));
  const saw = lines
    .map(
      ({ server, at }) => `${server.priority} ${server.exchange} (${at.length === 0 ? 'no address' : at.join(', ')})`,
    )
    .join('; ');
  const addresses = lines.flatMap(({ at }) => at);
  if (addresses.length > 0 && addresses.every(isInside))
    return {
      ...{ ...asked, saw, verdict: 'unknown' },
      advice: 'Only servers of the own network: ask a name server outside, set it in DNS servers of [Options].',
    };
  const first = servers[0]?.exchange ?? '';
  return {
    ...{ ...asked, saw, verdict: addresses.length > 0 ? 'ok' : 'fault' },
    advice: `How large a message it takes: mailgate test mail-server --host ${first}`,
  };
}

const WHO_HOLDS_IT = 'Whoever holds the domain has to enter an MX record.';

function withoutAnswer(error: unknown): Pick<DoctorStep, 'saw' | 'verdict' | 'advice'> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOTFOUND':
      return { saw: 'There is no such domain.', verdict: 'fault', advice: WHO_HOLDS_IT };
    case 'ENODATA':
      return { saw: 'The domain has no MX record.', verdict: 'fault', advice: WHO_HOLDS_IT };
    default:
      return {
        saw: `The name server gave no answer (${code || String(error)}).`,
        verdict: 'unknown',
        advice: 'Check DNS servers in [Options], or the name servers of this machine.',
      };
  }
}

async function addressed({ exchange }: MxRecord, names: Names): Promise<string[]> {
  return await names.addresses(exchange).catch(() => []);
}

/** Loopback, private and link-local networks: nothing that the Internet could reach (RFC 1918, 4193, 4291). */
export function isInside(address: string): boolean {
  if (isIP(address) === 6) return /^(::1$|f[cd]|fe[89ab])/i.test(address);
  return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
}

/**
 * Which hosts take a domain's mail (RFC 5321 §5.1): its mail exchangers by preference, those of the same preference in any order; the
 * domain itself where it names none; nobody where it says so (RFC 7505). Never ourselves, nor anybody behind us in that order.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Exchanger, Names } from './names.ts';
import type { Chance } from './schedule.ts';

export type Hosts =
  /** In the order in which to try them. */
  | { kind: 'hosts'; hosts: string[] }
  /** Nobody takes it: for good, or as far as the name servers can say now. `reply` is a status and our own words. */
  | { kind: 'failed' | 'deferred'; reply: string };

export interface Asking {
  names: Names;
  chance: Chance;
  /** Our own name (RFC 5321 §5.1: whoever is in the list himself drops himself and all that are not better). */
  ownName: string;
}

/** Hosts that are tried: the rest of a long list would only hold the message up. */
const MOST_HOSTS = 10;

export async function hostsOf(domain: string, { names, chance, ownName }: Asking, stop: AbortSignal): Promise<Hosts> {
  const literal = addressIn(domain);
  if (literal !== null) return { kind: 'hosts', hosts: [literal] };

  const answer = await names.exchangers(domain, stop);
  switch (answer.kind) {
    case 'found':
      return byPreference(domain, answer.found, chance, ownName);
    case 'none':
      return { kind: 'hosts', hosts: [domain] }; // the implicit MX
    case 'unknown':
      return { kind: 'failed', reply: `5.1.2 There is no such domain: ${domain}` };
    case 'failed':
      return { kind: 'deferred', reply: `4.4.3 The mail exchangers of ${domain} are not known: ${answer.why}` };
  }
}

function byPreference(domain: string, found: Exchanger[], chance: Chance, ownName: string): Hosts {
  const named = found.filter(({ host }) => host !== '' && host !== '.');
  if (named.length === 0) return { kind: 'failed', reply: `5.1.10 ${domain} takes no mail (null MX)` };

  const shuffled = named.map((exchanger) => ({ ...exchanger, by: chance() }));
  const ordered = shuffled.toSorted((a, b) => a.preference - b.preference || a.by - b.by);
  const ours = ordered.find(({ host }) => isSame(host, ownName));
  const better = ours === undefined ? ordered : ordered.filter(({ preference }) => preference < ours.preference);
  if (better.length === 0) return { kind: 'failed', reply: `5.4.6 The mail exchanger of ${domain} is this gateway` };
  return { kind: 'hosts', hosts: better.slice(0, MOST_HOSTS).map(({ host }) => host) };
}

const isSame = (host: string, name: string): boolean => plain(host) === plain(name);
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). */
function addressIn(domain: string): string | null {
  const address = /^\[(?:IPv6:)?(.+)\]$/i.exec(domain)?.[1] ?? '';
  return isIP(address) === 0 ? null : address;
}

/** The port of mail exchangers; on another one there is somebody else at our own addresses. */
const SMTP_PORT = 25;

/** Mail for a host at one of our own addresses would come back to this machine. */
export function isOurselves(address: string, port: number): boolean {
  if (port !== SMTP_PORT) return false;
  if (/^(?:::ffff:)?127\.|^(?:::1|::|0\.0\.0\.0)$/.test(address)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));
}

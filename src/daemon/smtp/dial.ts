/** From a host name to a TCP connection: every address is tried in turn, and no step waits for ever (REL01). */
import { lookup as systemLookup } from 'node:dns/promises';
import { connect, isIP, Socket } from 'node:net';
import { type Clock, seconds } from '../base/clock.ts';
import type { SmtpFailure, SmtpPeer } from './conversation.ts';
import { type Late, settled } from './deadline.ts';

/** The addresses of a host, in the order in which to try them; throws as `dns.lookup` does. */
export type Lookup = (host: string) => Promise<string[]>;

export interface Dialling {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly lookup: Lookup;
}

export type Dialled = { ok: true; socket: Socket; address: string } | { ok: false; failure: SmtpFailure };

const LOOKUP = seconds(30); // as long as the resolver's own retries may take
const CONNECT = seconds(30); // for each address: a host that is up answers within one of TCP's first five attempts

/** Addresses that are tried; a name with more of them would hold a message up for many minutes when all are dead. */
const MOST_ADDRESSES = 8;

export const addressesOf: Lookup = async (host) =>
  (await systemLookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

export async function dial(peer: SmtpPeer, dialling: Dialling): Promise<Dialled> {
  const found = peer.addresses ?? (isIP(peer.host) === 0 ? await resolve(peer.host, dialling) : [peer.host]);
  if ('kind' in found) return { ok: false, failure: found };

  const tried: string[] = [];
  let late = 0;
  for (const address of found.slice(0, MOST_ADDRESSES)) {
    const outcome = await connectTo(address, peer.port, dialling);
    if (outcome instanceof Socket) return { ok: true, socket: outcome, address };
    if (outcome === 'stopped') return { ok: false, failure: stoppedFailure };
    if (outcome === 'timeout') late += 1;
    const why = outcome === 'timeout' ? `no answer within ${CONNECT / 1_000} s` : wordsFor(codeOf(outcome));
    tried.push(`${address}: ${why}`);
  }

  const message = `Cannot connect to ${peer.host} port ${peer.port} (${tried.join('; ')}).`;
  return { ok: false, failure: { kind: late === tried.length ? 'timeout' : 'unreachable', message, reply: null } };
}

const stoppedFailure: SmtpFailure = { kind: 'stopped', message: 'Stopped.', reply: null };

async function resolve(host: string, { clock, stop, lookup }: Dialling): Promise<string[] | SmtpFailure> {
  const found = await settled<string[] | Error>({ clock, within: LOOKUP, stop }, (settle) => {
    lookup(host).then(settle, settle);
  });
  if (Array.isArray(found) && found.length > 0) return found;
  if (found === 'stopped') return stoppedFailure;
  if (found === 'timeout') {
    return {
      kind: 'timeout',
      message: `The name server did not find ${host} within ${LOOKUP / 1_000} s.`,
      reply: null,
    };
  }

  const why = found instanceof Error ? wordsFor(codeOf(found)) : 'it has no address';
  return { kind: 'unreachable', message: `The host name ${host} cannot be resolved: ${why}.`, reply: null };
}

async function connectTo(address: string, port: number, { clock, stop }: Dialling): Promise<Socket | Error | Late> {
  const socket = connect({ host: address, port, noDelay: true });
  const outcome = await settled<Socket | Error>({ clock, within: CONNECT, stop }, (settle) => {
    socket.once('connect', () => settle(socket));
    // It stays: an error after the deadline must find a listener, too.
    socket.on('error', settle);
  });
  if (outcome !== socket) socket.destroy();
  return outcome;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}

function wordsFor(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOTFOUND':
    case 'ENODATA':
      return 'there is no such host. Check the name';
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
    case 'ETIMEOUT':
      return 'the name server has no answer for now';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    case 'ETIMEDOUT':
      return 'no answer';
    default:
      return code;
  }
}

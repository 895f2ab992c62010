/**
 * TLS with an SMTP peer. Every certificate is judged, right after the handshake and before a word is said; the only
 * exceptions are one certificate, by its fingerprint, and those of one CA, by its file (I25, CFG09, REL22).
 */
import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { whyRefused } from '../base/certificate.ts';
import { type Clock, seconds } from '../base/clock.ts';
import type { SmtpPeer } from './conversation.ts';
import { settled } from './deadline.ts';
import { safeLine } from './reply.ts';
import type { Trouble } from './wire.ts';

/** A handshake takes two round trips; a peer that stalls in it hangs for ever otherwise (I18). */
const HANDSHAKE = seconds(60);

export interface Secured {
  readonly socket: TLSSocket;
  /** Do we know who the peer is? Only direct delivery goes on without (RFC 7435). */
  readonly verified: boolean;
  readonly remark: string;
}

export async function shakeHands(
  raw: Socket,
  peer: SmtpPeer,
  tools: { readonly clock: Clock; readonly stop: AbortSignal },
): Promise<Secured | Trouble> {
  const ca = peer.caFile === null ? undefined : await readFile(peer.caFile).catch(asError);
  if (ca instanceof Error) return trouble(`The CA file ${peer.caFile} cannot be read: ${ca.message}.`);

  if (raw.destroyed) return trouble(`The TLS handshake with ${peer.host} failed: the connection broke.`);

  const socket = open(raw, peer, ca);
  if (socket instanceof Error) return trouble(`TLS with ${peer.host} is not possible: ${reasonOf(socket)}.`);

  const outcome = await settled<'shaken' | Error>({ ...tools, within: HANDSHAKE }, (settle) => {
    socket.once('secureConnect', () => settle('shaken'));
    // It stays: an error that comes later must find a listener, too.
    socket.on('error', settle);
    socket.once('close', () => settle(new Error('the server has closed the connection')));
  });
  if (outcome === 'shaken') return judged(socket, peer);

  socket.destroy();
  if (outcome === 'stopped') return { kind: 'stopped', message: 'Stopped.', reply: null };
  if (outcome === 'timeout') {
    const message = `The TLS handshake with ${peer.host} did not end within ${HANDSHAKE / 1_000} s.`;
    return { kind: 'timeout', message, reply: null };
  }
  return trouble(`The TLS handshake with ${peer.host} failed: ${reasonOf(outcome)}.`);
}

function open(raw: Socket, peer: SmtpPeer, ca: Buffer | undefined): TLSSocket | Error {
  try {
    return connect({
      socket: raw,
      host: peer.host,
      ...(isIP(peer.host) === 0 ? { servername: peer.host } : {}), // SNI takes no address (RFC 6066 §3)
      ...(ca === undefined ? {} : { ca }),
      // Not a certificate less is verified for this: Node notes what it found, and judged() decides, which can then name
      // the fingerprint. With `true` the certificate is gone before anybody could say which it was.
      rejectUnauthorized: false,
    });
  } catch (error) {
    return asError(error); // a CA file that holds no certificate
  }
}

function judged(socket: TLSSocket, peer: SmtpPeer): Secured | Trouble {
  // Typed as an Error, and a code at run time.
  const chainError = socket.authorized ? null : `${socket.authorizationError as unknown as string}`;
  const { host, fingerprint } = peer;
  const refused = whyRefused({ host, certificate: socket.getPeerCertificate(), chainError, fingerprint });
  // Where TLS was but an offer, anybody's is better than none (RFC 7435); not where one certificate is the known one.
  const anybodys = peer.security === 'opportunistic' && fingerprint === null;
  if (refused !== null && !anybodys) {
    socket.destroy();
    return trouble(refused);
  }

  const how = refused === null ? 'certificate verified' : 'certificate not verified';
  const known = fingerprint === null ? how : 'known certificate';
  return { socket, verified: refused === null, remark: `${socket.getProtocol() ?? 'TLS'}, ${known}` };
}

function trouble(message: string): Trouble {
  return { kind: 'tls', message, reply: null };
}

/** OpenSSL's messages name its source files; its reason alone is what tells. */
function reasonOf(error: Error): string {
  const { code, reason } = error as { code?: string; reason?: string };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'the server speaks no TLS on this port';
  return safeLine(reason ?? (code === undefined ? error.message : `${code}`));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Why a server was not reached, or why the connection to it broke, in words that say what to look at. Pure. */
import type { Pop3Failure, Pop3Server } from './mailbox.ts';
import { cut } from './failure.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was reset',
};

/** `error` is null when the connection closed without one. */
export function unreachable({ host, port }: Pop3Server, error: NodeJS.ErrnoException | null): Pop3Failure {
  return { kind: 'unreachable', message: `Cannot connect to ${host} port ${port}: ${reasonOf(error)}` };
}

/** The connection broke in the middle of a session. A reset is told as what it is for us: the server closed (S71). */
export function brokenConnection(error: NodeJS.ErrnoException): Pop3Failure {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return cut();
  return cut(reasonOf(error));
}

export function handshakeFailed({ host, port }: Pop3Server, error: NodeJS.ErrnoException | null): Pop3Failure {
  return { kind: 'tls', message: `No TLS with ${host} port ${port}: ${handshakeReason(error)}` };
}

function handshakeReason(error: NodeJS.ErrnoException | null): string {
  const told = `${error?.code ?? ''} ${error?.message ?? ''}`;
  if (/wrong.version.number|packet.length|HTTP_REQUEST/i.test(told)) {
    return 'what answers does not speak TLS from the first octet (Security=stls, port 110?)';
  }
  if (/unsupported.protocol|protocol.version|no.protocols/i.test(told)) return 'it offers nothing newer than TLS 1.1';
  if (error === null || error.code === 'ECONNRESET') return 'it closed the connection in the handshake';
  return reasonOf(error);
}

function reasonOf(error: NodeJS.ErrnoException | null): string {
  if (error === null) return 'the connection was closed';
  return REASONS[error.code ?? ''] ?? error.code ?? error.message;
}

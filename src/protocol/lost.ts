/** Why a link was lost, in words for a person, and as a cause for a program. */
import { closeCodes } from './errors.ts';
import { type Hello, PROTOCOL_VERSION } from './frames.ts';

/** What a command's exit code, and the decision to try again, hang on. */
export type LostCause = 'unreachable' | 'denied' | 'version' | 'closed';

export interface Loss {
  readonly reason: string;
  readonly cause: LostCause;
}

/** `failure` is the socket's error, if it had one; `code` and `reason` are those of the closing handshake. */
export function lossOf(failure: Error | null, code: number, reason: string): Loss {
  return { reason: wordsOf(failure, code, reason), cause: causeOf(failure, code) };
}

export function versionsDiffer({ protocol, version }: Hello): Loss {
  return {
    reason: `The gateway (MailGate ${version}) speaks version ${protocol} of the control protocol, this program version ${PROTOCOL_VERSION}: use the same MailGate on both sides.`,
    cause: 'version',
  };
}

function errnoOf(failure: Error | null): string {
  return failure !== null && 'code' in failure ? String(failure.code) : '';
}

function causeOf(failure: Error | null, code: number): LostCause {
  if (code === closeCodes.version) return 'version';
  if (failure === null) return 'closed';

  return errnoOf(failure) === 'EACCES' || / 40[13]$/.test(failure.message) ? 'denied' : 'unreachable';
}

function wordsOf(failure: Error | null, code: number, reason: string): string {
  switch (errnoOf(failure)) {
    case 'ENOENT':
      return 'There is no control socket: the daemon does not run there.';
    case 'ECONNREFUSED':
      return 'Nobody listens on the control socket: the daemon does not run any more.';
    case 'EACCES':
      return 'The control socket belongs to another user.';
  }
  if (failure?.message.endsWith(' 503')) return 'The gateway has as many clients as it takes.';
  if (failure !== null) return failure.message;
  if (code === closeCodes.slow) return 'This client did not keep up with the events; the gateway closed the link.';
  if (code === closeCodes.stopping) return 'The gateway is stopping.';

  return reason === '' ? 'The gateway closed the link.' : reason;
}

/** Every error of the control protocol: its JSON-RPC code, what it means, and whether the same call may be tried again. */

const table = {
  parse_error: { code: -32700, again: false, meaning: 'The frame is not JSON.' },
  invalid_request: { code: -32600, again: false, meaning: 'The frame is not a JSON-RPC 2.0 request.' },
  unknown_method: { code: -32601, again: false, meaning: 'No such method; another version may have it.' },
  invalid_params: { code: -32602, again: false, meaning: 'The parameters do not fit the method.' },
  internal: { code: -32603, again: true, meaning: 'The daemon failed; its operational log says how.' },
  not_found: { code: -32001, again: false, meaning: 'Nothing of that name or number.' },
  forbidden: { code: -32002, again: false, meaning: 'The role of this connection does not allow it.' },
  conflict: { code: -32003, again: true, meaning: 'The thing has another state now; look again.' },
  refused: { code: -32004, again: true, meaning: 'Not now; the message says why.' },
  stopping: { code: -32005, again: true, meaning: 'The daemon is stopping.' },
  unreachable: { code: -32006, again: true, meaning: 'No link to the daemon, or it was lost before the answer came.' },
  timeout: { code: -32007, again: true, meaning: 'No answer in time; what was asked for may have been done.' },
} as const;

export type ErrorName = keyof typeof table;
export const errors: Record<ErrorName, { code: number; again: boolean; meaning: string }> = table;

/** An error that travels: thrown by a method, sent as JSON-RPC error, thrown again by the client. */
export class CallError extends Error {
  override name = 'CallError';
  readonly reason: ErrorName;
  readonly details: unknown;

  constructor(reason: ErrorName, message: string, details?: unknown) {
    super(message);
    this.reason = reason;
    this.details = details;
  }

  get mayTryAgain(): boolean {
    return errors[this.reason].again;
  }
}

/** The name of a JSON-RPC error code; a code of a later version counts as `internal`. */
export function errorName(code: number): ErrorName {
  const found = (Object.keys(errors) as ErrorName[]).find((name) => errors[name].code === code);
  return found ?? 'internal';
}

/** WebSocket close codes of this protocol. */
export const closeCodes = { version: 4400, slow: 4408, stopping: 1001, tooManyErrors: 1008 } as const;

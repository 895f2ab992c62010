/** The exit codes of every command, and the failure that ends one. */
import type { CallError, ErrorName } from '../protocol/errors.ts';

export const exits = {
  done: 0,
  /** Done, but not all of it: a session that had errors, a message that could not be changed. */
  errors: 1,
  usage: 2,
  /** The daemon cannot be reached. */
  unreachable: 69,
  /** Not now. */
  refused: 75,
  notFound: 76,
  notPermitted: 77,
  /** The configuration is wrong. */
  config: 78,
} as const;

/** Ends a command with words on standard error and an exit code. */
export class Failure extends Error {
  override name = 'Failure';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const codes: Record<ErrorName, number> = {
  parse_error: exits.errors,
  invalid_request: exits.errors,
  unknown_method: exits.refused,
  invalid_params: exits.usage,
  internal: exits.errors,
  not_found: exits.notFound,
  forbidden: exits.notPermitted,
  conflict: exits.refused,
  refused: exits.refused,
  stopping: exits.refused,
  unreachable: exits.unreachable,
  timeout: exits.unreachable,
};

/** How a refused call ends a command. */
export function failureOf(error: CallError): Failure {
  return new Failure(codes[error.reason], error.message);
}

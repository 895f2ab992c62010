/** Logs in with an access token: a token that the server does not take is replaced once, and only then is the login a refused one. */
import type { Secret } from '../base/secret.ts';
import type { TokenFailure } from './keeper.ts';
import type { SignIns } from './sign-ins.ts';

export interface TokenLogin<R> {
  /** Connects and logs in with this as the password. */
  open(token: Secret): Promise<R>;
  /** Whether the login was refused. */
  refused(result: R): boolean;
  /** There is no token: how that looks to who wanted to connect. */
  without(failure: TokenFailure): R;
}

/** `subject` as in SignIns. The second try is made with a fresh token or not at all: the same one twice would lock the account. */
export async function withToken<R>(
  signIns: Pick<SignIns, 'tokenFor' | 'rejected'>,
  subject: string,
  { open, refused, without }: TokenLogin<R>,
  stop: AbortSignal,
): Promise<R> {
  const first = await signIns.tokenFor(subject, stop);
  if (!first.ok) return without(first);

  const result = await open(first.token);
  if (!refused(result)) return result;

  signIns.rejected(subject, first.token);
  const second = await signIns.tokenFor(subject, stop);
  if (!second.ok) return without(second);
  if (second.token.reveal() === first.token.reveal()) return result;

  const again = await open(second.token);
  if (refused(again)) signIns.rejected(subject, second.token);
  return again;
}

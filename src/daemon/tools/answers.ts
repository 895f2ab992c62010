/** Methods of the control protocol that a tool answers, and how it refuses. */
import type { MethodName, ParsedParamsOf, ResultOf } from '../../protocol/commands.ts';
import { CallError } from '../../protocol/errors.ts';
import type { Account } from '../config/config.ts';
import { foldName } from '../base/blanks.ts';
import type { Pop3Failure } from '../pop3/mailbox.ts';

/** Each throws a CallError for what the caller is to hear. `by`: who asks. */
export type AnswersOf<M extends MethodName> = {
  [N in M]: (params: ParsedParamsOf<N>, by: string) => Promise<ResultOf<N>>;
};

/** The account of that name, in whatever letters it is written. */
export function accountNamed(accounts: readonly Account[], name: string): Account {
  const found = accounts.find((account) => foldName(account.name) === foldName(name));
  if (found) return found;

  const known = accounts.map((account) => account.name);
  throw new CallError('not_found', `There is no account "${name}".`, { name, known });
}

/** What a POP3 server's refusal, or its silence, is for a caller. */
export function asCallError({ kind, message }: Pop3Failure): CallError {
  if (kind === 'stopped') return new CallError('stopping', message);
  return new CallError(kind === 'in-use' ? 'conflict' : 'refused', message, { kind });
}

/** Somebody else is in the mailbox, or has come in. */
export class Occupied extends CallError {
  constructor(account: string, message: string) {
    super('conflict', message, { account });
  }
}

export function occupied(account: string): Occupied {
  const message = `A session is downloading the mailbox of ${account}, or somebody has marked messages in it for deletion; try again when it is free.`;
  return new Occupied(account, message);
}

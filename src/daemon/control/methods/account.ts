/** A name that a caller gives is that of an account of the configuration, in whatever letters, or is answered with those there are. */
import { CallError } from '../../../protocol/errors.ts';
import { foldName } from '../../base/blanks.ts';
import type { Gateway } from '../gateway.ts';

/** The account's name as the configuration has it. Throws `not_found` for a name that no account has. */
export function accountNamed(gateway: Pick<Gateway, 'snapshot'>, name: string): string {
  const known = gateway.snapshot().state.accounts.map((account) => account.name);
  const found = known.find((one) => foldName(one) === foldName(name)); // as the configuration compares names
  if (found === undefined) throw new CallError('not_found', `There is no account "${name}".`, { name, known });

  return found;
}

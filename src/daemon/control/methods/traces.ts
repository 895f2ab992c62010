/** `trace.set`: the three protocol traces, switched while the gateway runs (S91-S95). */
import { CallError } from '../../../protocol/errors.ts';
import type { Command, MethodParts } from './method.ts';

export function traceMethods({ gateway }: MethodParts): { 'trace.set': Command<'trace.set'> } {
  return {
    'trace.set': {
      what: ({ trace, on, account, peer }) =>
        [trace, on ? 'on' : 'off', account && `for ${account}`, peer && `with ${peer}`].filter(Boolean).join(' '),

      async run(change, { by }) {
        const known = gateway.snapshot().state.accounts.map(({ name }) => name);
        if (change.account !== null && !known.includes(change.account))
          throw new CallError('not_found', `There is no account "${change.account}".`, { name: change.account, known });

        return gateway.setTrace(change, by);
      },

      told: ({ on, until, sessions }) =>
        [on ? 'on' : 'off', until && `until ${until}`, sessions && `for ${sessions} sessions`]
          .filter(Boolean)
          .join(' '),
    },
  };
}

/** `trace.set`: the three protocol traces, switched while the gateway runs (S91-S95). */
import { accountNamed } from './account.ts';
import type { Command, MethodParts } from './method.ts';
import { plural } from './told.ts';

export function traceMethods({ gateway }: MethodParts): { 'trace.set': Command<'trace.set'> } {
  return {
    'trace.set': {
      what: ({ trace, on, account, peer }) =>
        [trace, on ? 'on' : 'off', account && `for ${account}`, peer && `with ${peer}`].filter(Boolean).join(' '),

      async run(change, { by }) {
        const account = change.account === null ? null : accountNamed(gateway, change.account);
        return gateway.setTrace({ ...change, account }, by);
      },

      told: ({ on, until, sessions }) =>
        [on ? 'on' : 'off', until && `until ${until}`, sessions && `for ${plural(sessions, 'session')}`]
          .filter(Boolean)
          .join(' '),
    },
  };
}

/** `trigger`: a download session on demand (S50). */
import { CallError } from '../../../protocol/errors.ts';
import type { Command, MethodParts } from './method.ts';

export function sessionMethods({ gateway }: MethodParts): { trigger: Command<'trigger'> } {
  return {
    trigger: {
      what: ({ accounts, force }) => `${(accounts ?? ['all accounts']).join(', ')}${force ? ', by force' : ''}`,

      async run({ accounts, wait, force }, { by }) {
        const known = gateway.snapshot().state.accounts.map(({ name }) => name);
        for (const name of accounts ?? []) {
          if (!known.includes(name))
            throw new CallError('not_found', `There is no account "${name}".`, { name, known });
        }
        const named = accounts === undefined || accounts.length === 0 ? null : accounts;
        const triggered = await gateway.trigger({ accounts: named, force, by });
        if (triggered.kind === 'refused') throw new CallError('refused', triggered.why);

        const { session, joined, finished } = triggered;
        if (wait) return { session, joined, report: await finished };
        finished.catch(() => {}); // nobody asked for its end
        return { session, joined, report: null };
      },

      told: ({ session, joined, report }) => {
        const end = report === null ? '' : `: ${report.messages} messages, ${report.errors.length} errors`;
        return `session ${session}${joined ? ' joined' : ''}${end}`;
      },
    },
  };
}

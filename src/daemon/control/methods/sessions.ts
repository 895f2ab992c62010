/** `trigger`: a download session on demand (S50). */
import type { SessionReport } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { Gateway } from '../gateway.ts';
import { accountNamed } from './account.ts';
import type { Command, MethodParts } from './method.ts';
import { plural } from './told.ts';

export function sessionMethods({ gateway }: MethodParts): { trigger: Command<'trigger'> } {
  return {
    trigger: {
      what: ({ accounts, force }) => `${(accounts ?? ['all accounts']).join(', ')}${force ? ', by force' : ''}`,

      async run({ accounts, wait, force }, { by }) {
        const named = (accounts ?? []).map((name) => accountNamed(gateway, name));
        const running = isRunning(gateway);
        const triggered = await gateway.trigger({ accounts: named.length === 0 ? null : named, force, by });
        if (triggered.kind === 'refused') throw new CallError('refused', triggered.why);

        const { session, joined, finished } = triggered;
        if (wait) {
          const report = await finished;
          // A session that a stop has cut short is no session that was waited for to its end: what is left comes another time.
          if (running && !isRunning(gateway)) throw stoppedIn(report);
          return { session, joined, report };
        }
        finished.catch(() => {}); // nobody asked for its end
        return { session, joined, report: null };
      },

      told: ({ session, joined, report }) => {
        const counted = report && [plural(report.messages, 'message'), plural(report.errors.length, 'error')];
        return `session ${session}${joined ? ' joined' : ''}${counted ? `: ${counted.join(', ')}` : ''}`;
      },
    },
  };
}

/** False before `gateway.ready`, and again from `gateway.stopping` on. */
const isRunning = (gateway: Gateway): boolean => gateway.snapshot().state.gateway.ready;

function stoppedIn({ session, messages }: SessionReport): CallError {
  const message = `The gateway stopped during session ${session}: ${plural(messages, 'message')} delivered until then.`;
  return new CallError('stopping', message);
}

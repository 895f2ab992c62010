/** A sender at work on a world's queue, with a clock that the test moves. */
import type { Clock } from '../../src/daemon/base/clock.ts';
import { noDialogue } from '../../src/daemon/base/dialogue.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { createReporter } from '../../src/daemon/outbound/reporter.ts';
import { noJitter } from '../../src/daemon/outbound/schedule.ts';
import { createSender, type Sender, type SenderParts } from '../../src/daemon/outbound/sender.ts';
import type { SendingSettings } from '../../src/daemon/outbound/settings.ts';
import type { QueueEntry } from '../../src/daemon/store/store.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import type { World } from './world.ts';

export interface Sending extends AsyncDisposable {
  sender: Sender;
  stop(): Promise<void>;
  /** What the loop, or a transfer, threw: bugs. */
  crashes: unknown[];
}

const KNOWN = ['webmaster@pytheas.com', 'anna@pytheas.com'];

export function startSending(
  world: Pick<World, 'queue' | 'bus' | 'log'> & { clock: Clock },
  settings: SendingSettings,
  more: Partial<SenderParts> = {},
): Sending {
  const crashes: unknown[] = [];
  const { queue, bus, clock } = world;
  const reports = {
    gatewayName: 'gw.pytheas.com',
    language: 'en' as const,
    knownSender: (address: string) => KNOWN.includes(address),
  };
  const tasks = createTasks(clock, (_name, error) => crashes.push(error));
  const sender = createSender({
    queue,
    bus,
    clock,
    log: { ...world.log, error: (_what, error) => crashes.push(error) },
    reporter: createReporter({ queue, bus, clock }, reports),
    chance: noJitter,
    settings,
    open: openSmtp,
    trace: () => noDialogue,
    recount: () => {},
    ...more,
  });
  tasks.run('sender', (stopped) => sender.run(stopped));
  const stop = () => tasks.close();
  return { sender, stop, crashes, [Symbol.asyncDispose]: stop };
}

/** A queue whose messages grow old by the test's clock, which the store does not know. */
export function aging<Q extends World['queue']>(queue: Q, clock: Clock) {
  const started = clock.now();
  const bornOf = ({ queuedAt }: QueueEntry) => queuedAt - started;
  return {
    ...queue,
    runningTime: () => clock.monotonic(),
    async overdue(which: 'unwarned' | 'any', born: number, limit: number) {
      const { entries } = await queue.list({ states: ['waiting', 'deferred'] }, 0, 1_000);
      return entries
        .map((entry) => ({ ...entry, born: bornOf(entry) }))
        .filter((entry) => entry.born < born && (which === 'any' || entry.warnedAt === null))
        .slice(0, limit);
    },
  };
}

/** What can be done to messages of the queue and the trash: to which of them, how, and why it leaves others out. Each is one durable step. */
import type { EventOf } from '../../protocol/events.ts';
import type { Priority } from '../../protocol/model.ts';
import type { Instant } from '../base/clock.ts';
import { normalAddress } from '../mail/address.ts';
import type { QueueWork } from '../store/queue-work.ts';
import type { EntryChange, Queue, QueueEntry } from '../store/store.ts';

type State = QueueEntry['state'];

export interface Deed {
  /** In any other state a message is left out. */
  from: State[];
  told: EventOf<'queue.changed'>['change'] | 'purged';
  /** The new relay or recipient, for the one who reads of it. */
  to?: string;
  /** Why this one is left out, though its state would do: the end of a sentence; null: it is not. */
  spares?(entry: QueueEntry): string | null;
  /** Answers with the names of those that were changed. */
  run(ids: string[]): Promise<string[]>;
}

export interface DeedParts {
  queue: Queue & QueueWork;
  now(): Instant;
  /** Is there anybody to whom a report could go? */
  knownSender(address: string): boolean;
}

interface Who {
  by: string;
  reason: string;
}

const IN_QUEUE: State[] = ['waiting', 'deferred', 'held'];

export function createDeeds({ queue, now, knownSender }: DeedParts) {
  const change = async (ids: string[], from: State[], to: EntryChange): Promise<string[]> =>
    namesOf(await queue.change(ids, from, to));
  const simple = (told: Deed['told'], from: State[], to: () => EntryChange): Deed => ({
    ...{ told, from },
    run: (ids) => change(ids, from, to()),
  });

  return {
    hold: ({ by, reason }: Who, until: Instant | null): Deed =>
      simple('held', ['waiting', 'deferred'], () => ({ state: 'held', hold: { by, reason, until } })),
    release: (): Deed => simple('released', ['held'], () => ({ state: 'waiting', hold: null, nextAttemptAt: now() })),
    retry: (): Deed => simple('retried', ['waiting', 'deferred'], () => ({ nextAttemptAt: now() })),
    drop: ({ by, reason }: Who): Deed =>
      simple('dropped', IN_QUEUE, () => ({ state: 'dropped', hold: null, drop: { by, reason, at: now() } })),
    /** It is due at once on a way that nobody has looked up yet: the one that it was on may rest. */
    reroute: (relay: string | null): Deed => ({
      ...simple('rerouted', IN_QUEUE, () => ({ relayChoice: relay, relay: '', nextAttemptAt: now() })),
      to: relay ?? '',
    }),
    prioritise: (priority: Priority): Deed => ({
      ...simple('prioritised', IN_QUEUE, () => ({ priority })),
      to: priority,
    }),
    readdress: (from: string, to: string): Deed => ({
      ...{ told: 'readdressed', from: IN_QUEUE, to },
      spares: (entry) => (hasOpen(entry, from) ? null : `it does not wait for ${from}`),
      run: async (ids) => namesOf(await queue.readdress(ids, from, to, now())),
    }),
    /** The sender, who finds nobody to send it to, makes the report and removes it: reports are made in one way only (X08). */
    giveBack: ({ by, reason }: Who): Deed => ({
      ...{ told: 'returned', from: IN_QUEUE },
      spares: ({ sender, recipients }) => {
        if (sender === '') return 'it has no sender to whom it could go back';
        if (!knownSender(sender)) return 'nobody here has the address of its sender';
        return recipients.every(({ notify }) => notify.includes('NEVER')) ? 'its sender wants no report' : null;
      },
      run: async (ids) => {
        const why = reason === '' ? '' : `: ${reason}`;
        return namesOf(await queue.failOpen(ids, `5.0.0 Returned by ${by}${why}`, now()));
      },
    }),
    restore: ({ by }: Who): Deed => {
      const hold = { by, reason: 'restored from the trash', until: null };
      return simple('restored', ['dropped'], () => ({ state: 'held', hold, drop: null }));
    },
    empty: (): Deed => ({ told: 'purged', from: ['dropped'], run: (ids) => queue.erase(ids) }),
  };
}

const namesOf = (entries: QueueEntry[]): string[] => entries.map(({ id }) => id);

const hasOpen = ({ recipients }: QueueEntry, address: string): boolean =>
  recipients.some(
    ({ address: his, state }) =>
      (state === 'waiting' || state === 'deferred') && normalAddress(his) === normalAddress(address),
  );

/** Why a message in this state is left out; undefined is that there is none. */
export function whyNot(state: State | undefined, { from, told }: Pick<Deed, 'from' | 'told'>): string {
  const trash = from.includes('dropped');
  switch (state) {
    case undefined:
      return trash ? 'no such message in the trash' : 'no such message in the queue';
    case 'dropped':
      return trash ? 'it changed meanwhile' : 'no such message in the queue';
    case 'sending':
      return trash ? 'no such message in the trash' : 'it is being sent right now';
    case 'held':
      if (trash) return 'no such message in the trash';
      if (from.includes('held')) return 'it changed meanwhile';
      return told === 'held' ? 'it is held already' : 'it is held; release it first';
    case 'waiting':
    case 'deferred':
      if (trash) return 'no such message in the trash';
      return from.includes(state) ? 'it changed meanwhile' : `it is ${state}, not held`;
  }
}

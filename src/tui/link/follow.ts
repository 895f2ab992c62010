/**
 * Follows the gateway: state by fold, log lines and rates from the events, and after each snapshot the events before it from the
 * gateway's ring, so that a page is full from its first frame (G10) and equal to what a fresh client sees (T35).
 */
import { type GatewayEvent, topicOf } from '../../protocol/events.ts';
import { apply, type GatewayState } from '../../protocol/state.ts';
import type { Clock } from '../clock.ts';
import { append, emptyLog, linesAt, LOG_LINES } from '../store/log.ts';
import type { Link, LogPage, World } from '../store/model.ts';
import { untagged } from '../store/move-queue.ts';
import { countEvent, noRates, type Rates } from '../store/rates.ts';
import type { Store } from '../store/store.ts';
import { tellsOfAccounts } from './accounts-reader.ts';
import type { GatewayLink, GatewayListener, LinkState } from './gateway.ts';
import { history } from './history.ts';

/** Events kept while the fill is under way; of more than that the oldest go. */
const MOST_PENDING = 20_000;

export type FollowOptions = {
  store: Store;
  clock: Clock;
  /** The lines of the log of an event, made safe for a terminal. */
  linesOf: (event: GatewayEvent) => string[];
  /** The queue may look different now, or these messages of it do. */
  changed: (ids: readonly string[]) => void;
  /** The accounts may be others than the gateway last said; `anew`: after a snapshot. */
  accountsChanged: (anew?: 'anew') => void;
};

export interface Follower extends GatewayListener {
  /** The link over which the events before the snapshot are asked for. */
  use(link: Pick<GatewayLink, 'call'>): void;
}

export function createFollower({ store, clock, linesOf, changed, accountsChanged }: FollowOptions): Follower {
  let link: Pick<GatewayLink, 'call'> | null = null;
  /** Events since the snapshot whose history is being read; null: no fill is under way. */
  let pending: GatewayEvent[] | null = null;
  let fills = 0;

  async function fillBefore(seq: number): Promise<void> {
    const fill = ++fills;
    pending = [];
    const read = link === null ? null : await history(link, seq).catch(() => null);
    if (fill !== fills) return; // a later snapshot has begun its own fill
    const later = pending ?? [];
    pending = null;
    store.tell((world) => (read === null ? added(world, later, linesOf) : filled(read, later, clock.now(), linesOf)));
  }

  return {
    use(next) {
      link = next;
    },
    state(state) {
      store.tell((world) => ({ link: linkOf(state, world.link, clock.now()) }));
    },
    snapshot(gateway, seq) {
      store.tell(() => ({ gateway, heardAt: clock.now() }));
      changed([]);
      accountsChanged('anew');
      void fillBefore(seq);
    },
    events(events) {
      if (pending !== null) {
        pending.push(...events);
        if (pending.length > MOST_PENDING) pending.splice(0, pending.length - MOST_PENDING);
      }
      const now = pending === null ? events : [];
      store.tell((world) => ({
        gateway: folded(world.gateway, events),
        heardAt: clock.now(),
        ...added(world, now, linesOf),
      }));
      const ids = events.flatMap(idsOf);
      if (ids.length > 0 || events.some(({ type }) => type === 'queue.counted')) changed(ids);
      if (events.some(tellsOfAccounts)) accountsChanged();
      store.amend((ui) => untagged(ui, events.flatMap(leftQueue)));
    },
  };
}

function linkOf(state: LinkState, before: Link, now: number): Link {
  switch (state.kind) {
    case 'live': {
      const skew = Date.parse(state.hello.now) - now;
      return { is: 'live', role: state.hello.role, skew: Number.isFinite(skew) ? skew : 0 };
    }
    case 'lost':
      return { is: 'lost', why: state.reason, retryAt: state.retryAt, trying: false };
    case 'connecting':
      return before.is === 'lost' ? { ...before, retryAt: null, trying: true } : { is: 'connecting' };
  }
}

function folded(gateway: GatewayState | null, events: readonly GatewayEvent[]): GatewayState | null {
  return gateway === null ? null : events.reduce(apply, gateway);
}

type Filling = Pick<World, 'logs' | 'rates'>;

/** The logs with some events more; the rings are changed in place. */
function added({ logs, rates }: World, events: readonly GatewayEvent[], linesOf: FollowOptions['linesOf']): Filling {
  // Lines that would be trimmed again at once are not made at all.
  const firstWithLines = events.length - LOG_LINES;
  for (const [index, event] of events.entries()) {
    countEvent(rates, event);
    if (index >= firstWithLines) addLines(logs, event, linesOf);
  }
  return { logs, rates };
}

function filled(
  read: readonly GatewayEvent[],
  later: readonly GatewayEvent[],
  now: number,
  linesOf: FollowOptions['linesOf'],
): Filling {
  const logs = { session: emptyLog(), outbound: emptyLog(), traces: emptyLog() };
  const rates: Rates = noRates(Math.min(now, Date.parse(read[0]?.at ?? later[0]?.at ?? '') || now));
  for (const event of [...read, ...later]) {
    countEvent(rates, event);
    addLines(logs, event, linesOf);
  }
  return { logs, rates };
}

function addLines(logs: World['logs'], event: GatewayEvent, linesOf: FollowOptions['linesOf']): void {
  const page = pageOf(event);
  if (page === null) return;
  const starts = event.type === 'session.started' ? event.session : null;
  append(logs[page], linesAt(event.seq, linesOf(event), starts));
}

function pageOf(event: GatewayEvent): LogPage | null {
  switch (topicOf(event.type)) {
    case 'session':
    case 'alert':
      return 'session';
    case 'queue':
    case 'transfer':
      return 'outbound';
    case 'trace':
      return 'traces';
    case 'audit':
      return null;
  }
}

/** The queued messages that an event is about. */
function idsOf(event: GatewayEvent): string[] {
  if (event.type === 'queue.changed') return event.ids;
  return 'id' in event ? [event.id] : [];
}

function leftQueue(event: GatewayEvent): string[] {
  if (event.type === 'queue.removed') return [event.id];
  return event.type === 'queue.changed' && event.change === 'dropped' ? event.ids : [];
}

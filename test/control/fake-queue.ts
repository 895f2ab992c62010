/** A queue that is a list, for the control link: it finds by state, name and word only, for what the filters mean is the store's matter. */
import { createHash } from 'node:crypto';
import type { Bus } from '../../src/daemon/base/bus.ts';
import type { Deed, QueueControl, QueueChange, Which } from '../../src/daemon/control/gateway.ts';
import type { QueueFilter } from '../../src/daemon/store/store.ts';
import type { QueuedMessage, Rest, TrashedMessage } from '../../src/protocol/model.ts';

type State = QueuedMessage['state'] | 'dropped';

const NOT_SENDING: State[] = ['waiting', 'deferred', 'held'];

/** In which states each deed does something, what it makes of them, and how that is told. */
const DEEDS: Record<Deed['does'], { from: State[]; to: State | 'gone' | null; told: string }> = {
  hold: { from: ['waiting', 'deferred'], to: 'held', told: 'held' },
  release: { from: ['held'], to: 'waiting', told: 'released' },
  retry: { from: ['waiting', 'deferred'], to: 'waiting', told: 'retried' },
  return: { from: NOT_SENDING, to: 'gone', told: 'returned' },
  drop: { from: NOT_SENDING, to: 'dropped', told: 'dropped' },
  reroute: { from: NOT_SENDING, to: null, told: 'rerouted' },
  readdress: { from: NOT_SENDING, to: null, told: 'readdressed' },
  prioritise: { from: NOT_SENDING, to: null, told: 'prioritised' },
  restore: { from: ['dropped'], to: 'held', told: 'restored' },
  empty: { from: ['dropped'], to: 'gone', told: 'purged' },
};

const why = (state: State | null): string =>
  state === 'sending'
    ? 'it is being sent right now'
    : state === 'held'
      ? 'it is held already'
      : 'no such message in the queue';

export const BODY = Buffer.from('Subject: A sample message\r\n\r\nHello.\r\n');

/** `messages` is what is queued; what is dropped lies in a list of its own. */
export function fakeQueue(
  bus: Bus,
  asked: { method: string; with: unknown }[],
  messages: { get(): QueuedMessage[]; set(messages: QueuedMessage[]): void },
): QueueControl {
  let trash: QueuedMessage[] = [];

  const fits = (where: QueueFilter) => (message: QueuedMessage) =>
    (where.ids?.includes(message.id) ?? true) && (where.word === undefined || message.subject.includes(where.word));
  const found = (where: QueueFilter) =>
    messages.get().filter((message) => (where.states?.includes(message.state) ?? true) && fits(where)(message));
  const markOf = ({ id, queuedAt }: QueuedMessage) => ({
    at: Date.parse(queuedAt),
    n: Number.parseInt(id.slice(3), 16),
  });
  const isBehind = (mark: { at: number; n: number }, message: QueuedMessage) => {
    const { at, n } = markOf(message);
    return at > mark.at || (at === mark.at && n > mark.n);
  };

  function stateOf(id: string): State | null {
    const queued = messages.get().find((one) => one.id === id);
    return queued?.state ?? (trash.some((one) => one.id === id) ? 'dropped' : null);
  }

  function idsOf(which: Which, deed: Deed): string[] {
    if ('ids' in which) return which.ids;
    if (deed.does === 'restore' || deed.does === 'empty') return trash.filter(fits(which.filter)).map(({ id }) => id);
    return found(which.filter)
      .filter(({ state }) => state === 'sending' || DEEDS[deed.does].from.includes(state))
      .map(({ id }) => id);
  }

  function put(id: string, to: State | 'gone' | null): void {
    const message = [...messages.get(), ...trash].find((one) => one.id === id);
    if (message === undefined || to === null) return;
    if (to === 'dropped' || to === 'gone') messages.set(messages.get().filter((one) => one !== message));
    trash = trash.filter((one) => one !== message);
    if (to === 'dropped') trash.push(message);
    else if (to !== 'gone') {
      message.state = to;
      if (!messages.get().includes(message)) messages.set([...messages.get(), message]);
    }
  }

  function setRest(name: string, wish: { on: boolean; until: number | null; reason: string }, by: string): Rest | null {
    asked.push({ method: name, with: { ...wish, by } });
    const until = wish.until === null ? null : new Date(wish.until).toISOString();
    return wish.on ? { by, reason: wish.reason, until } : null;
  }

  return {
    async list(where, offset, limit) {
      asked.push({ method: 'list', with: where });
      const all = found(where);
      return { total: all.length, messages: all.slice(offset, offset + limit) };
    },
    async page(where, from, limit) {
      asked.push({ method: 'list', with: where });
      const all = found(where);
      if (from === 'last') return { messages: all.slice(Math.max(0, all.length - limit)), next: null };
      const { after } = from;
      const rest = after === null ? all : all.filter((message) => isBehind(after, message));
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return { messages: page, next: last === undefined || rest.length === page.length ? null : markOf(last) };
    },
    async trash(where, after, limit) {
      asked.push({ method: 'list', with: where });
      const all = trash.filter(fits(where));
      const rest = after === null ? all : all.filter((message) => isBehind(after, message));
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return {
        messages: page.map(trashed),
        next: last === undefined || rest.length === page.length ? null : markOf(last),
      };
    },
    total: async (where) => (where.states?.includes('dropped') ? trash.filter(fits(where)) : found(where)).length,
    async sum(where) {
      const all = where.states?.includes('dropped') ? trash.filter(fits(where)) : found(where);
      return {
        messages: all.length,
        recipients: all.reduce((sum, { recipients }) => sum + recipients.length, 0),
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
        sending: all.filter(({ state }) => state === 'sending').length,
      };
    },
    async show(id) {
      const message = messages.get().find((one) => one.id === id);
      if (!message) return null;
      const attempt = {
        at: message.queuedAt,
        ms: 400,
        relay: message.relay,
        result: '451 4.7.1 Greylisted',
        transcript: ['< 220 ready', '> EHLO gw1'],
      };
      return {
        ...message,
        recipients: message.recipients.map((recipient) => ({ ...recipient, notify: [], orcpt: null })),
        ...{ messageId: '<1@pytheas.com>', peer: 'exch1 [192.0.2.5]', dsn: { ret: null, envid: null } },
        ...{ smtpUtf8: false, eightBit: false, digest: 'ab'.repeat(32), reportOn: null, relayChoice: null },
        ...{ warnedAt: null, triedSeconds: 60 },
        headers: [['Subject', message.subject]],
        text: 'Hello.\n',
        attempts: [attempt],
      };
    },
    async change(deed, which, { by, reason, expect }) {
      const { from, to, told } = DEEDS[deed.does];
      asked.push({ method: deed.does, with: { ...deed, ...which, by, reason, expect } });
      const sum: QueueChange = { changed: [], skipped: [], changedTotal: 0, skippedTotal: 0 };
      for (const id of idsOf(which, deed)) {
        const state = stateOf(id);
        if (state === null || !from.includes(state)) {
          sum.skipped.push({ id, state, why: why(state) });
          continue;
        }
        put(id, to);
        sum.changed.push(id);
      }
      sum.changedTotal = sum.changed.length;
      sum.skippedTotal = sum.skipped.length;
      const total = sum.changedTotal;
      if (total > 0 && told !== 'purged')
        bus.tell({ type: 'queue.changed', ids: sum.changed, total, change: told as 'held', by, reason });
      return sum;
    },
    async open(id) {
      return stateOf(id) === null ? null : { id, bytes: BODY.length, digest: DIGEST };
    },
    async read(id, offset, limit) {
      return stateOf(id) === null ? null : BODY.subarray(offset, offset + limit);
    },
    freeze: async (wish, by) => setRest('freeze', wish, by),
    pause: async (wish, by) => setRest('pause', wish, by),
  };
}

/** SHA-256 of BODY. */
export const DIGEST = createHash('sha256').update(BODY).digest('hex');

function trashed({ id, sender, recipients, subject, bytes, queuedAt }: QueuedMessage): TrashedMessage {
  const expiresAt = '2026-12-01T09:00:00.000Z';
  return {
    id,
    sender,
    recipients,
    subject,
    bytes,
    queuedAt,
    droppedAt: queuedAt,
    by: 'anna',
    reason: 'spam',
    expiresAt,
  };
}

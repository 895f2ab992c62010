/** One slow account delays no other's next turn, and no visit lasts for ever (I19), on a manual clock. */
import { expect, test } from 'vitest';
import { createAlerts } from '../../src/daemon/base/alerts.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { minutes } from '../../src/daemon/base/clock.ts';
import { noDialogue } from '../../src/daemon/base/dialogue.ts';
import { createGate } from '../../src/daemon/base/gate.ts';
import type { InboundAccount, InboundParts } from '../../src/daemon/inbound/parts.ts';
import { createPoller } from '../../src/daemon/inbound/poller.ts';
import { runSession, type SessionOutcome } from '../../src/daemon/inbound/session.ts';
import type { MailboxReport } from '../../src/daemon/inbound/visit.ts';
import type { OpenMailbox } from '../../src/daemon/pop3/mailbox.ts';
import { manualClock } from '../kit/clock.ts';

const report = (account: string, more: Partial<MailboxReport> = {}): MailboxReport => ({
  ...{ account, messages: 1, bytes: 1, errors: [], failures: 0, login: 'accepted', cutShort: false },
  ...more,
});

type Slowness = 'ends when asked' | 'ends when cut';

/** A poller whose accounts are done at once, two at a time, save for the slow ones. */
function world(intervals: Record<string, number>, slow: Record<string, Slowness>, atOnce = 2) {
  const clock = manualClock();
  const bus = createBus(clock, 0, () => {});
  const visits: { session: number; account: string; at: number }[] = [];
  const over = new AbortController(); // the last word of a stop, which is the daemon's
  let number = 0;

  const poller = createPoller({
    accounts: Object.entries(intervals).map(([name, interval]) => ({ name, interval, enabled: true, times: [] })),
    nextSession: async () => ++number,
    async session(session, accounts, _trigger, stop, watch): Promise<SessionOutcome> {
      const waiting = [...accounts];
      const mailboxes: MailboxReport[] = [];
      const worker = async () => {
        for (let name = waiting.shift(); name !== undefined && !stop.aborted; name = waiting.shift()) {
          watch.began(name);
          visits.push({ session, account: name, at: clock.monotonic() });
          const how = slow[name];
          if (how) await aborted(how === 'ends when asked' ? stop : AbortSignal.any([watch.cut, over.signal]));
          const done = report(name, { cutShort: how !== undefined });
          mailboxes.push(done);
          watch.ended(done);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      return { report: { session, messages: 0, bytes: 0, errors: [], accounts: [] }, mailboxes };
    },
    bus,
    clock,
  });
  const stopping = new AbortController();
  const running = poller.run(stopping.signal);
  return {
    ...{ clock, poller, visits },
    of: (account: string) => visits.filter((visit) => visit.account === account).map(({ at }) => at / minutes(1)),
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('over'));
      over.abort();
      await running;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

test('I19: whose turn is due waits no longer than an interval for one that takes long, which goes on at once in the next session', async () => {
  await using it = world({ slow: minutes(10), sales: minutes(10), info: minutes(10) }, { slow: 'ends when asked' });
  await it.clock.advance(minutes(35));
  expect(it.of('sales')).toEqual([0, 10, 20, 30]);
  expect(it.of('info')).toEqual([0, 10, 20, 30]);
  expect(it.of('slow')).toEqual([0, 10, 20, 30]);
});

test('I19: a slow account alone is not disturbed', async () => {
  await using it = world({ slow: minutes(10) }, { slow: 'ends when asked' });
  await it.clock.advance(minutes(50));
  expect(it.of('slow')).toEqual([0]);
});

test('I19: one that does not end when it is asked is cut off after ten minutes more', async () => {
  await using it = world({ slow: minutes(10), sales: minutes(10) }, { slow: 'ends when cut' });
  await it.clock.advance(minutes(19));
  expect(it.of('sales')).toEqual([0]);
  await it.clock.advance(minutes(1));
  expect(it.of('sales')).toEqual([0, 20]);
});

test('I19: slow accounts that take every place do not stand first in line again', async () => {
  const slow = Object.fromEntries(['s1', 's2'].map((name) => [name, 'ends when asked' as const]));
  await using it = world({ s1: minutes(10), s2: minutes(10), sales: minutes(10), info: minutes(10) }, slow);
  await it.clock.advance(minutes(15));
  expect(it.of('sales')).toEqual([10]);
  expect(it.of('info')).toEqual([10]);
  expect(it.visits.slice(2, 4).map(({ account }) => account)).toEqual(['sales', 'info']);
});

test('I19: an account of another interval waits as long as its own', async () => {
  await using it = world({ slow: minutes(60), fast: minutes(2) }, { slow: 'ends when asked' });
  await it.clock.advance(minutes(5));
  expect(it.of('fast')).toEqual([0, 2, 4]);
});

test('S50: an account that has had its turn in the running session is fetched anew, and a trigger for it does not join', async () => {
  await using it = world({ slow: 0, sales: 0 }, { slow: 'ends when asked' });
  await it.poller.trigger(null, 'operator', false);
  await it.clock.advance(0);
  expect(await it.poller.trigger(null, 'operator', false)).toMatchObject({ ok: true, triggered: { joined: true } });
  const again = it.poller.trigger(['sales'], 'operator', false);
  await it.clock.advance(minutes(1));
  expect(it.of('sales')).toEqual([0]);
  void again;
});

/** An account with as many messages as you like, of which each takes a minute. */
function endless(clock: ReturnType<typeof manualClock>) {
  const deleted: number[] = [];
  const mailbox: OpenMailbox = {
    messages: 1_000,
    octets: 1_000,
    list: async () => ({
      ok: true,
      value: Array.from({ length: 1_000 }, (_, n) => ({ number: n + 1, bytes: 1, uidl: `u${n}` })),
    }),
    top: async () => ({ ok: true, value: new Uint8Array() }),
    tops: async () => ({ ok: true, value: new Map() }),
    async *retrieve(numbers) {
      for (const number of numbers) {
        await clock.advance(minutes(1));
        yield { kind: 'refused', number, reply: '-ERR not now' };
      }
    },
    delete: async (numbers) => {
      deleted.push(...numbers);
      return { ok: true, value: numbers };
    },
    undelete: async () => ({ ok: true, value: null }),
    quit: async () => ({ ok: true, value: null }),
    destroy() {},
  };
  return mailbox;
}

test.each([
  [
    'of the timetable lasts an hour at most: it ends gently, and goes on in its next turn',
    'schedule',
    { failures: 60, cutShort: true },
  ],
  ['that somebody asked for lasts as long as it takes', 'operator', { failures: 1_000, cutShort: false }],
] as const)('a visit %s', async (_what, trigger, expected) => {
  const clock = manualClock();
  const bus = createBus(clock, 0, () => {});
  let quit = 0;
  const opened = {
    ...endless(clock),
    quit: async () => ({ ok: true as const, value: void quit++ as unknown as null }),
  };
  const parts = {
    ...{ bus, clock, alerts: createAlerts(bus), gate: createGate(), trace: () => noDialogue },
    open: async () => ({ ok: true, mailbox: opened }),
    meet: async () => null,
    limits: () => ({ configuration: 0, mailServer: 0 }),
    room: async () => 0,
    routingFingerprint: 'r',
    memos: { get: async () => null, put: async () => {}, all: async () => new Map() },
    ledger: {
      known: async () => new Map(),
      remember: async () => {},
      forget: async () => {},
      noteAttempt: async () => {},
    },
  } as unknown as InboundParts;
  const account = { name: 'office', server: { host: 'pop' }, maxBytes: 0 } as InboundAccount;
  const never = new AbortController().signal;
  const planned = { session: 1, accounts: [account], trigger, atOnce: 1 };
  const { mailboxes } = await runSession(planned, parts, { stop: never, cut: never });
  expect(mailboxes).toMatchObject([{ login: 'accepted', ...expected }]);
  expect(quit).toBe(1);
  expect(clock.pending).toBe(0);
});

import { describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { hours, minutes } from '../../src/daemon/base/clock.ts';
import { createPoller } from '../../src/daemon/inbound/poller.ts';
import type { SessionOutcome } from '../../src/daemon/inbound/session.ts';
import type { MailboxReport } from '../../src/daemon/inbound/visit.ts';
import { manualClock } from '../kit/clock.ts';

interface Begun {
  session: number;
  accounts: string[];
  trigger: string;
  /** Ends the session; the named accounts had their login refused. */
  finish(refused?: string[]): Promise<void>;
}

/** A poller on a manual clock, whose sessions end when the test says so. */
function world(intervals: Record<string, number>) {
  const steady = manualClock(Date.UTC(2026, 10, 24, 10));
  let setBy = 0;
  const clock = { ...steady, now: () => steady.now() + setBy };
  const bus = createBus(clock, 0, () => {});
  const events: GatewayEvent[] = [];
  bus.listen((event) => events.push(event));
  const begun: Begun[] = [];
  let number = 0;

  const poller = createPoller({
    accounts: Object.entries(intervals).map(([name, interval]) => ({
      name,
      interval,
      enabled: interval >= 0,
      times: [],
    })),
    nextSession: async () => ++number,
    session: (session, accounts, trigger) =>
      new Promise<SessionOutcome>((resolve) => {
        const finish = async (refused: string[] = []) => {
          const mailboxes = accounts.map(
            (account): MailboxReport => ({
              account,
              messages: 1,
              bytes: 1,
              errors: [],
              failures: 0,
              login: refused.includes(account) ? 'refused' : 'accepted',
              cutShort: false,
            }),
          );
          resolve({ report: { session, messages: accounts.length, bytes: 0, errors: [], accounts: [] }, mailboxes });
          await clock.advance(0);
        };
        begun.push({ session, accounts, trigger, finish });
      }),
    bus,
    clock,
  });
  const stopping = new AbortController();
  const running = poller.run(stopping.signal);
  return {
    clock,
    poller,
    begun,
    events,
    /** Sets the wall clock, and leaves the monotonic one alone. */
    setClock: (by: number) => void (setBy += by),
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('over'));
      for (const session of begun) await session.finish();
      await running;
    },
  };
}

const at = (text: string) => Date.parse(`2026-11-24T${text}:00.000Z`);

describe('when sessions run', () => {
  test('at start, and then by the interval of each account, counted from the end of its session', async () => {
    await using it = world({ sales: minutes(10), info: minutes(30), never: 0, off: -1 });
    await it.clock.advance(0);
    expect(it.begun.map(({ accounts }) => accounts)).toEqual([['sales', 'info']]);
    await it.clock.advance(minutes(2));
    await it.begun[0]?.finish();

    await it.clock.advance(minutes(9));
    expect(it.begun).toHaveLength(1);
    await it.clock.advance(minutes(1));
    expect(it.begun[1]).toMatchObject({ accounts: ['sales'], trigger: 'schedule', session: 2 });
    expect(it.events.filter(({ type }) => type === 'session.scheduled').at(-1)).toMatchObject({
      nextAt: new Date(at('10:12')).toISOString(),
    });
  });

  test('S50: a trigger starts a session, and one that comes while it runs joins it', async () => {
    await using it = world({ sales: 0 });
    const first = await it.poller.trigger(null, 'operator', false);
    const second = await it.poller.trigger(['sales'], 'operator', false);
    expect(first).toMatchObject({ ok: true, triggered: { session: 1, joined: false } });
    expect(second).toMatchObject({ ok: true, triggered: { session: 1, joined: true } });
    expect(it.begun).toHaveLength(1);
    await it.begun[0]?.finish();
    if (second.ok) expect((await second.triggered.finished).messages).toBe(1);
  });

  test('a trigger for an account that the running session lacks comes right after it', async () => {
    await using it = world({ sales: 0, info: 0 });
    await it.poller.trigger(['sales'], 'operator', false);
    const later = it.poller.trigger(['info'], 'operator', false);
    await it.clock.advance(0);
    expect(it.begun).toHaveLength(1);
    await it.begun[0]?.finish();
    expect(await later).toMatchObject({ ok: true, triggered: { session: 2, joined: false } });
    expect(it.begun[1]).toMatchObject({ accounts: ['info'] });
  });

  test('an account that is not there is named, and so is a gateway without any', async () => {
    await using it = world({ sales: 0 });
    expect(await it.poller.trigger(['nobody'], 'operator', false)).toMatchObject({
      ok: false,
      why: 'unknown',
      message: 'There is no account "nobody".',
    });
    await using empty = world({});
    expect(await empty.poller.trigger(null, 'operator', false)).toMatchObject({ ok: false, why: 'none' });
  });

  test('POP03: a refused login is not tried again for half an hour, then later each time, and not by a trigger without force', async () => {
    await using it = world({ sales: minutes(10) });
    await it.clock.advance(0);
    await it.begun[0]?.finish(['sales']);
    expect(await it.poller.trigger(null, 'operator', false)).toMatchObject({ ok: false, why: 'locked' });

    await it.clock.advance(minutes(29));
    expect(it.begun).toHaveLength(1);
    await it.clock.advance(minutes(1));
    expect(it.begun).toHaveLength(2);
    await it.begun[1]?.finish(['sales']);

    await it.clock.advance(minutes(59));
    expect(it.begun).toHaveLength(2);
    expect(await it.poller.trigger(null, 'operator', true)).toMatchObject({ ok: true });
    await it.begun[2]?.finish();
    await it.clock.advance(minutes(10));
    expect(it.begun).toHaveLength(4);
    await it.clock.advance(hours(1));
  });

  test('POP03: whoever waited for another session to end hears that the account has been locked meanwhile', async () => {
    await using it = world({ sales: 0, info: 0 });
    await it.poller.trigger(['sales'], 'operator', false);
    const both = it.poller.trigger(['sales', 'info'], 'operator', false);
    await it.clock.advance(0);
    await it.begun[0]?.finish(['sales']);
    expect(await both).toMatchObject({ ok: true, triggered: { lockedOut: ['sales'] } });
    expect(it.begun[1]).toMatchObject({ accounts: ['info'] });
  });

  test.each([
    ['back', -hours(240)],
    ['forward', hours(240)],
  ])('I17: a clock that is set %s by ten days keeps no account waiting', async (_where, by) => {
    await using it = world({ sales: minutes(10) });
    await it.clock.advance(0);
    await it.begun[0]?.finish();
    await it.clock.advance(minutes(5));
    it.setClock(by);
    await it.clock.advance(minutes(5));
    expect(it.begun).toHaveLength(2);
    await it.begun[1]?.finish();
    await it.clock.advance(minutes(9));
    expect(it.begun).toHaveLength(2);
    await it.clock.advance(minutes(1));
    expect(it.begun).toHaveLength(3);
  });

  test('I27: a session that a trigger was about to start is waited for, and told to stop', async () => {
    const clock = manualClock();
    const number = Promise.withResolvers<number>();
    const stops: boolean[] = [];
    const poller = createPoller({
      accounts: [{ name: 'sales', interval: 0, enabled: true, times: [] }],
      nextSession: () => number.promise,
      async session(session, _accounts, _trigger, stop) {
        stops.push(stop.aborted);
        return { report: { session, messages: 0, bytes: 0, errors: [], accounts: [] }, mailboxes: [] };
      },
      bus: createBus(clock, 0, () => {}),
      clock,
    });
    const stopping = new AbortController();
    const running = poller.run(stopping.signal);
    await clock.advance(0);
    void poller.trigger(null, 'operator', false);
    await clock.advance(0);
    stopping.abort();
    await clock.advance(0);
    number.resolve(1);
    await running;
    expect(stops).toEqual([true]);
  });
});

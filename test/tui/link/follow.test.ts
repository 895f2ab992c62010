import { describe, expect, test } from 'vitest';
import { linesOf } from '../../../src/protocol/lines.ts';
import { createFollower } from '../../../src/tui/link/follow.ts';
import { LOG_LINES } from '../../../src/tui/store/log.ts';
import { createStore } from '../../../src/tui/store/store.ts';
import { manualClock } from '../../kit/clock.ts';
import { ago, endedSession, morning, NOON, queueOf, type Told } from '../kit/facts.ts';
import { type FakeGateway, fakeGateway } from '../kit/gateway.ts';
import { plainLook } from '../kit/shown.ts';

function following(gateway: FakeGateway) {
  const clock = manualClock(NOON);
  const store = createStore({ clock, look: plainLook, size: { columns: 80, rows: 24 }, target: 's', readOnly: false });
  const changed: string[][] = [];
  const accounts: string[] = [];
  const follower = createFollower({
    store,
    clock,
    linesOf: (event) => linesOf(event, 'en', { zone: 'UTC' }),
    changed: (ids) => changed.push([...ids]),
    accountsChanged: (anew) => accounts.push(anew ?? 'some'),
  });
  follower.use(gateway.connect(follower));
  const log = (page: 'session' | 'outbound' | 'traces'): string[] =>
    store.present().world.logs[page].lines.map(({ text }) => text);
  return { store, clock, changed, accounts, log, world: () => store.present().world, settle: () => clock.advance(0) };
}

describe('following a gateway', () => {
  test('G10 the pages are full from the first snapshot on, with what was told before', async () => {
    const gateway = fakeGateway(morning(), queueOf(14));
    const { log, settle } = following(gateway);
    gateway.goLive();
    await settle();
    expect(log('session')[0]).toBe('[09:10] MailGate 0.1.0 started.');
    expect(log('session')).toContain('[11:50] Session 11 started (4 accounts).');
    expect(log('outbound')[0]).toBe('[11:54] Queue [1] ESMTP Connection accepted from: exch1 [192.168.1.5]');
    expect(log('traces')).toHaveLength(4);
  });

  test('T35 after a reconnect the state equals that of a fresh client, log and last hour too', async () => {
    const gateway = fakeGateway(morning(), queueOf(14));
    const old = following(gateway);
    gateway.goLive();
    await old.settle();
    gateway.tellAll(endedSession(13, 0));
    gateway.lose('The gateway is stopping.', NOON + 500);
    gateway.goLive();
    gateway.tellAll(endedSession(14, 0));
    await old.settle();
    const fresh = following(gateway);
    gateway.goLive();
    await fresh.settle();
    expect(old.world().gateway).toEqual(gateway.state());
    expect(old.world().logs).toEqual(fresh.world().logs);
    expect(old.world().rates).toEqual(fresh.world().rates);
  });

  test('T35 events that come while the ones before them are read are in their place, once', async () => {
    const gateway = fakeGateway(morning());
    const { log, settle } = following(gateway);
    gateway.goLive();
    gateway.tellAll(endedSession(13, 0));
    await settle();
    const starts = log('session').filter((line) => line.includes('started ('));
    expect(starts).toEqual([10, 11, 12, 13].map((session) => expect.stringContaining(`Session ${session} started`)));
  });

  test('T33 when the link is lost the last data stay', async () => {
    const gateway = fakeGateway(morning());
    const { world, settle, log } = following(gateway);
    gateway.goLive();
    await settle();
    const before = log('session').length;
    gateway.lose('gone', NOON + 500);
    expect(world().link).toEqual({ is: 'lost', why: 'gone', retryAt: NOON + 500, trying: false });
    expect(world().gateway?.gateway.name).toBe('gw1.company.com');
    expect(log('session')).toHaveLength(before);
  });

  test('a gateway that does not give the events before leaves what comes', async () => {
    const gateway = fakeGateway(morning());
    gateway.answer('events.read', () => {
      throw new Error('no ring');
    });
    const { log, settle, world } = following(gateway);
    gateway.goLive();
    gateway.tellAll(endedSession(13, 0));
    await settle();
    expect(log('session')[0]).toBe('[12:00] Session 13 started (4 accounts).');
    expect(world().gateway).toEqual(gateway.state());
  });

  test('T07 more events than a page keeps are read in a few answers, and no more are kept than lines', async () => {
    const many = Array.from({ length: 30_000 }, (_, index): Told => {
      const fact = { type: 'trace.line', trace: 'pop3', scope: 'a', direction: '<', line: `${index}` } as const;
      return { at: ago(1), fact };
    });
    const gateway = fakeGateway(many);
    const { log, settle } = following(gateway);
    gateway.goLive();
    await settle();
    expect(gateway.calls.length).toBeLessThanOrEqual(5);
    expect(log('traces').length).toBeLessThan(LOG_LINES * 1.2);
    expect(log('traces').at(-1)).toContain('<<29999');
  });

  test('G10 after a crash of the gateway, whose numbers then jump ahead, the log of before is still there', async () => {
    const told = [...morning(), ...endedSession(13, 0)];
    const gateway = fakeGateway(told, queueOf(14), { crashedAfter: morning().length });
    const { log, settle, world } = following(gateway);
    gateway.goLive();
    await settle();
    expect(log('session')).toContain('[11:50] Session 11 started (4 accounts).');
    expect(log('session').at(-1)).toBe('[12:00] Session 13 finished: 8 messages, 1 error.');
    expect(log('outbound')[0]).toBe('[11:54] Queue [1] ESMTP Connection accepted from: exch1 [192.168.1.5]');
    expect(world().rates.since).toBe(Date.parse(ago(170)));
  });

  test('G10 where more was told before a crash than can be read, only what is without a gap is shown', async () => {
    const many = Array.from({ length: 22_000 }, (_, index): Told => {
      const fact = { type: 'trace.line', trace: 'pop3', scope: 'a', direction: '<', line: `${index}` } as const;
      return { at: ago(index < 21_900 ? 30 : 2), fact };
    });
    const gateway = fakeGateway([...many, ...endedSession(13, 0)], [], { crashedAfter: many.length });
    const { log, settle } = following(gateway);
    gateway.goLive();
    await settle();
    expect(log('traces')).toHaveLength(100);
    expect(log('traces').at(-1)).toContain('<<21999');
  });

  test('what the queue page shows is asked anew when events are about it', async () => {
    const gateway = fakeGateway(morning());
    const { changed, settle } = following(gateway);
    gateway.goLive();
    await settle();
    changed.length = 0;
    gateway.tell({ type: 'session.scheduled', nextAt: null });
    gateway.tell({ type: 'queue.removed', id: 'Pmg1F7B', result: 'sent' });
    expect(changed).toEqual([['Pmg1F7B']]);
  });

  test('what the page Accounts shows is asked anew after a snapshot, and when events tell of accounts', async () => {
    const gateway = fakeGateway(morning());
    const { accounts, settle } = following(gateway);
    gateway.goLive();
    await settle();
    gateway.tell({ type: 'queue.removed', id: 'Pmg1F7B', result: 'sent' });
    expect(accounts).toEqual(['anew']);
    gateway.tell({ type: 'account.noted', account: 'compta', note: '' }, { type: 'session.scheduled', nextAt: null });
    expect(accounts).toEqual(['anew', 'some']);
  });

  test('a message that leaves the queue loses its tag', async () => {
    const gateway = fakeGateway(morning());
    const { store, settle } = following(gateway);
    gateway.goLive();
    await settle();
    const tag = { bytes: 1, recipients: 1 };
    store.go((ui) => ({
      ...ui,
      queue: {
        ...ui.queue,
        tagged: new Map([
          ['Pmg1F7B', tag],
          ['Pmg1F7C', tag],
        ]),
      },
    }));
    gateway.tell({ type: 'queue.removed', id: 'Pmg1F7B', result: 'sent' });
    expect([...store.present().ui.queue.tagged.keys()]).toEqual(['Pmg1F7C']);
  });
});

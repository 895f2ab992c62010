import { describe, expect, test } from 'vitest';
import { days, hours, minutes } from '../../../src/daemon/base/clock.ts';
import { silentLog } from '../../../src/daemon/base/log.ts';
import { openFaults } from '../../../src/daemon/reports/faults.ts';
import { startHeartbeat } from '../../../src/daemon/reports/alerts/heartbeat.ts';
import type { WatchSettings } from '../../../src/daemon/reports/settings.ts';
import { openWatch } from '../../../src/daemon/reports/alerts/watch.ts';
import type { Fact } from '../../../src/protocol/events.ts';
import { until } from '../../kit/until.ts';
import { startHook } from './alerts.ts';
import { badSession, facts, goodSession, keptLog, type ReportsWorld, reportsWorld, UNREACHED } from '../world.ts';

async function startWatch(world: ReportsWorld, differing: Partial<WatchSettings> = {}) {
  const { bus, store } = world.run;
  const { memos, queue } = store;
  const settings: WatchSettings = {
    ...{ language: 'en', threshold: 1, quiet: new Set<string>(), queued: hours(24), withoutSuccess: hours(24) },
    watched: [{ name: 'sales', byTimes: false }],
    ...differing,
  };
  const faults = await openFaults({ bus, memos, log: silentLog });
  const watch = await openWatch(settings, { bus, clock: world.clock, log: silentLog, memos, faults, queue });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= watch.close().then(() => faults.close());
    return closing;
  };
  return { close, [Symbol.asyncDispose]: close };
}

const raised = (world: ReportsWorld) => world.run.of('alert.raised').map(({ key, message }) => `${key}: ${message}`);
const cleared = (world: ReportsWorld) => world.run.of('alert.cleared').map(({ key, message }) => `${key}: ${message}`);
const locked = (session: number): Fact[] => [
  facts.started(session, 'sales'),
  facts.failed(session, 'sales', true),
  facts.finished(session, 0, 1),
];
const LOST = 'Unexpected disconnection from POP3 server: The server has closed the connection';

describe('G05: an account that fails', () => {
  test('is an alert from the threshold on, once, and no more when it works again', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { threshold: 2 });
    world.run.tell(...badSession(1));
    expect(raised(world)).toEqual([]);
    world.run.tell(...badSession(2), ...badSession(3));
    expect(raised(world)).toEqual([`account:sales: POP3 account sales has failed in 2 consecutive sessions: ${LOST}`]);
    world.run.tell(...goodSession(4), ...goodSession(5));
    expect(cleared(world)).toEqual(['account:sales: POP3 account sales works again.']);
    world.run.tell(...badSession(6), ...badSession(7));
    expect(raised(world)).toHaveLength(2);
  });

  test('POP03: whose login is refused is one at once, whatever the threshold', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { threshold: 5, language: 'fr' });
    world.run.tell(...locked(1), ...locked(2));
    expect(raised(world)).toEqual([
      'locked:sales: Le compte POP3 sales est verrouillé : Identification refusée : -ERR [AUTH] no',
    ]);
    world.run.tell(...goodSession(3));
    expect(cleared(world)).toEqual(['locked:sales: Le compte POP3 sales fonctionne de nouveau.']);
  });

  test('S41: and is left in peace with NoWarning', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { quiet: new Set(['sales']) });
    world.run.tell(...badSession(1), ...locked(2));
    await world.clock.advance(days(2));
    expect(raised(world)).toEqual([]);
  });
});

describe('G05: an internal server that takes nothing', () => {
  const accounts = ['sales', 'office', 'info'];
  const deadSession = (session: number): Fact[] => [
    facts.started(session, ...accounts),
    ...accounts.map((account) => facts.unreached(session, account)),
    facts.finished(session, 0, accounts.length),
  ];

  test('is one alert of its own, from the threshold on, and one recovery; the accounts raise none', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { threshold: 2 });
    world.run.tell(...deadSession(1));
    expect(raised(world)).toEqual([]);
    world.run.tell(...deadSession(2), ...deadSession(3));
    expect(raised(world)).toEqual([`mail-server: In 2 consecutive sessions: ${UNREACHED}`]);
    world.run.tell(...goodSession(4, 'office'), ...goodSession(5, 'sales'));
    expect(cleared(world)).toEqual(['mail-server: The internal server takes mail again.']);
    world.run.tell(...deadSession(6), ...deadSession(7));
    expect(raised(world)).toHaveLength(2);
  });

  test('ends the alert of an account that could not be reached before: it was let in', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { language: 'fr' });
    world.run.tell(...badSession(1), facts.started(2, 'sales'), facts.unreached(2, 'sales'), facts.finished(2, 0, 1));
    expect(cleared(world)).toEqual(['account:sales: Le compte POP3 sales fonctionne de nouveau.']);
    expect(raised(world)[1]).toMatch(/^mail-server: Rien ne peut être remis au serveur interne : /);
  });

  test('a refusal as spam shows that it is there; a session without mail shows nothing', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world);
    world.run.tell(...deadSession(1), facts.started(2, 'sales'), facts.done(2, 'sales', 0), facts.finished(2, 0, 0));
    expect(cleared(world)).toEqual([]);
    const spam = { by: 'internal server', rule: '', why: '550 spam', quarantine: 'q' } as const;
    world.run.tell({ type: 'message.refused', session: 3, account: 'sales', number: 1, uidl: 'u', ...spam });
    expect(cleared(world)).toHaveLength(1);
  });

  test('is no reason to miss the successes of accounts one by one', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world);
    world.run.tell(...deadSession(1));
    await world.clock.advance(days(2));
    expect(raised(world).map((text) => text.split(':')[0])).toEqual(['mail-server']);
  });

  test('S41: accounts with NoWarning say nothing of it', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { quiet: new Set(accounts) });
    world.run.tell(...deadSession(1));
    expect(raised(world)).toEqual([]);
  });
});

describe('G05: an account without a success for long', () => {
  const late = 'no-success:sales: POP3 account sales was not downloaded without an error for 24 hours.';

  test('is an alert, once, until it has one; errors of messages are none', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { threshold: 1_000 });
    world.run.tell(...goodSession(1));
    await world.clock.advance(hours(23));
    world.run.tell(facts.started(2, 'sales'), facts.done(2, 'sales', 0, 1), facts.finished(2, 0, 1));
    expect(raised(world)).toEqual([]);
    await world.clock.advance(hours(2));
    expect(raised(world)).toEqual([late]);
    world.run.tell(...goodSession(3));
    expect(cleared(world)).toEqual(['no-success:sales: POP3 account sales was downloaded without an error.']);
  });

  test('a restart does not begin its time anew', async () => {
    await using world = await reportsWorld();
    const first = await startWatch(world);
    world.run.tell(...goodSession(1));
    await first.close();
    await world.clock.advance(hours(25));
    await world.restart();
    await using _ = await startWatch(world);
    expect(raised(world)).toEqual([]); // the first session may be the success
    await world.clock.advance(minutes(5));
    expect(raised(world)).toEqual([late]);
  });

  test('one with times of its own may rest over a weekend: its time begins with a visit in vain', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { threshold: 1_000, watched: [{ name: 'sales', byTimes: true }] });
    world.run.tell(...goodSession(1));
    await world.clock.advance(days(3));
    expect(raised(world)).toEqual([]);
    world.run.tell(...badSession(2));
    await world.clock.advance(hours(23));
    expect(raised(world)).toEqual([]);
    await world.clock.advance(hours(2));
    expect(raised(world)).toEqual([late]);
  });

  test('0 is never, and an account that is fetched only when triggered is not waited for', async () => {
    await using world = await reportsWorld();
    await using never = await startWatch(world, { withoutSuccess: 0 });
    await world.clock.advance(days(30));
    await never.close();
    await using _ = await startWatch(world, { watched: [] });
    world.run.tell(...goodSession(1));
    await world.clock.advance(days(30));
    expect(raised(world)).toEqual([]);
  });
});

describe('G05: mail that waits in the outgoing queue for long', () => {
  const waits =
    'queue:oldest: A message has waited in the outgoing queue for more than 24 hours: see mailgate queue list.';

  /** Puts a message into the real queue, and tells its counts as the outbound walk does. */
  async function queued(world: ReportsWorld, held = false): Promise<string> {
    const { queue } = world.run.store;
    const incoming = queue.receive();
    await incoming.write(Buffer.from('Subject: x\r\n\r\n'));
    const { id } = await incoming.commit({
      ...{ sender: 'a@b.c', subject: 'x', messageId: '', priority: 'normal', peer: 'x' },
      recipients: [{ address: 'd@e.f', state: 'waiting', reply: null, notify: [], orcpt: null }],
      ...{ queuedAt: world.clock.now(), dsn: { ret: null, envid: null }, smtpUtf8: false, eightBit: false },
      ...{ hold: held ? { by: 'anna', reason: '', until: null } : null, reportOn: null },
    });
    await count(world);
    return id;
  }

  async function count(world: ReportsWorld): Promise<void> {
    world.run.tell({ type: 'queue.counted', ...(await world.run.store.queue.counts()) });
  }

  test('is an alert until it is gone', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { withoutSuccess: 0 });
    const id = await queued(world);
    await world.clock.advance(hours(23));
    expect(raised(world)).toEqual([]);
    await world.clock.advance(hours(2));
    expect(raised(world)).toEqual([waits]);
    await world.run.store.queue.remove([id]);
    await count(world);
    expect(cleared(world)).toEqual(['queue:oldest: No message waits that long in the outgoing queue any more.']);
  });

  test('what somebody holds on purpose is none', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { withoutSuccess: 0 });
    await queued(world, true);
    await world.clock.advance(hours(25));
    await queued(world); // a young one beside it
    await world.clock.advance(hours(1));
    expect(raised(world)).toEqual([]);
    await world.clock.advance(hours(24));
    await until('the alert', async () => {
      await world.clock.advance(minutes(5));
      return raised(world)[0];
    });
    expect(raised(world)).toEqual([waits]);
  });

  test('0 is never', async () => {
    await using world = await reportsWorld();
    await using _ = await startWatch(world, { queued: 0, withoutSuccess: 0 });
    await queued(world);
    await world.clock.advance(days(3));
    expect(raised(world)).toEqual([]);
  });
});

describe('G14: the heartbeat', () => {
  test('is called after each session without errors, and after no other', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const heartbeat = startHeartbeat(hook.url, { bus: world.run.bus, clock: world.clock, log: silentLog });
    for (const session of [goodSession(1), badSession(2), goodSession(3)]) {
      world.run.tell(...session);
      await heartbeat.idle();
    }
    expect(hook.asked).toEqual(['GET /hook/T0KEN-canary', 'GET /hook/T0KEN-canary']);
    await heartbeat.close();
  });

  test('one that fails is a warning in the operational log, without the URL; nobody configured is nobody called', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const log = keptLog();
    hook.status = 500;
    const heartbeat = startHeartbeat(hook.url, { bus: world.run.bus, clock: world.clock, log });
    const nobody = startHeartbeat(null, { bus: world.run.bus, clock: world.clock, log });
    world.run.tell(...goodSession(1));
    await heartbeat.idle();
    await nobody.idle();
    expect(log.said).toEqual([
      `the heartbeat did not get through {"host":"${new URL(hook.url).host}","why":"it answered 500"}`,
    ]);
    expect(world.run.of('problem.raised')).toEqual([]);
    await heartbeat.close();
  });
});

import { describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import type { SendingSettings } from '../../src/daemon/outbound/settings.ts';
import { type ManualClock, manualClock } from '../kit/clock.ts';
import { type ScriptedRelay, startRelay } from './scripted-relay.ts';
import { aging, startSending } from './sending.ts';
import { openWorld, peerAt, sendingSettings, type World } from './world.ts';

const later = { answer: (line: string) => (line === '.' ? '451 4.7.1 greylisted' : undefined) };

const settingsFor = (port: number, internal: ScriptedRelay, more: Partial<SendingSettings> = {}) =>
  sendingSettings(peerAt(port), {
    internalServer: { peer: peerAt(internal.port, { name: 'internal' }), connections: 1 },
    warnAfter: hours(4),
    ...more,
  });

/** Minutes pass, each with what it sets off, until it has happened. */
async function minutesUntil<T>(world: World, clock: ManualClock, happened: () => T | undefined): Promise<T> {
  for (let passed = 0; passed < 60; passed += 1) {
    await world.queue.counts(); // what was asked of the store before is answered before
    await world.queue.counts();
    const found = happened();
    if (found !== undefined) return found;
    await clock.advance(minutes(1));
  }
  throw new Error('An hour has passed, and it has not happened.');
}

describe('Warn sender after', () => {
  test('a sender is told once that a message still waits, until when it is tried, and what the relay said', async () => {
    const clock = manualClock();
    const start = clock.now();
    await using world = await openWorld(clock);
    await using relay = await startRelay(later);
    await using internal = await startRelay();
    const { id } = await world.put();
    const queue = aging(world.queue, clock);
    await using sending = startSending({ ...world, queue }, settingsFor(relay.port, internal));
    await sending.sender.idle();
    for (const due = start + hours(3.9); clock.now() < due; ) {
      await clock.advance(minutes(5));
      await sending.sender.idle();
    }
    expect(world.of('queue.warned')).toEqual([]);

    await minutesUntil(world, clock, () => world.of('queue.warned')[0]);
    expect(clock.now() - start).toBeGreaterThan(hours(4));
    await sending.sender.idle();
    await clock.advance(hours(4));
    for (let look = 0; look < 3; look += 1) {
      await clock.advance(minutes(1));
      await sending.sender.idle();
    }
    expect(world.of('queue.warned')).toMatchObject([{ id, to: 'webmaster@pytheas.com' }]);
    expect(internal.delivered).toMatchObject([{ from: '', to: ['webmaster@pytheas.com'] }]);
    const text = internal.delivered[0]?.text ?? '';
    expect(text).toContain('Action: delayed\r\nStatus: 4.7.1\r\n');
    expect(text).toContain('Diagnostic-Code: smtp; 451 4.7.1 greylisted\r\n');
    const until = Date.parse(/^Will-Retry-Until: (.*)\r$/m.exec(text)?.[1] ?? '');
    expect(Math.abs(until - (start + hours(120)))).toBeLessThanOrEqual(seconds(1));
    expect(await world.queue.get(id)).toMatchObject({ state: 'deferred', warnedAt: expect.any(Number) });
  });

  test('RFC 3461: NOTIFY without DELAY asks for none; MSG13: a null sender and an unknown one get none', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay(later);
    await using internal = await startRelay();
    const notified = (notify: string[]) => [
      { address: 'a@x.example', state: 'waiting' as const, reply: null, notify, orcpt: null },
    ];
    await world.put({ recipients: notified(['FAILURE']) });
    await world.put({ recipients: notified(['NEVER']) });
    await world.put({ sender: '' });
    await world.put({ sender: 'stranger@pytheas.com' });
    const wanted = await world.put({ recipients: notified(['DELAY']) });
    const queue = aging(world.queue, clock);
    await using sending = startSending({ ...world, queue }, settingsFor(relay.port, internal));
    await sending.sender.idle();
    await clock.advance(hours(4));
    await minutesUntil(world, clock, () => world.of('queue.warned')[0]);
    for (let look = 0; look < 3; look += 1) {
      await clock.advance(minutes(1));
      await sending.sender.idle();
    }
    expect((await world.entries()).filter(({ warnedAt, reportOn }) => warnedAt === null && reportOn === null)).toEqual(
      [],
    );
    expect(world.of('queue.warned')).toMatchObject([{ id: wanted.id }]);
    expect(world.of('queue.unreported')).toEqual([]);
  });
});

describe('Give up after', () => {
  test('what waits behind a relay that cannot be reached is given up as well, with the reason, and reported', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using internal = await startRelay();
    const untried = await world.put({ relay: 'smtprelay.isp.com' });
    const queue = aging(world.queue, clock);
    await using sending = startSending(
      { ...world, queue },
      settingsFor(1, internal, { giveUpAfter: hours(2), warnAfter: null }),
    );
    await sending.sender.idle();
    await clock.advance(hours(2));
    await minutesUntil(world, clock, () => world.of('queue.returned')[0]);
    await sending.sender.idle();
    expect(world.of('queue.returned')).toMatchObject([{ id: untried.id }]);
    expect(internal.delivered[0]?.text).toMatch(/^Status: 4\.4\.7\r$/m);
    expect(internal.delivered[0]?.text).toContain('Given up after 2 hours: Cannot connect to 127.0.0.1');
    expect(world.of('transfer.failed')).toHaveLength(1);
    expect(await world.entries()).toEqual([]);
  });

  test('MSG13, REL20: a report that cannot be delivered is held when its time is over, and makes no report', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using internal = await startRelay(later);
    const report = await world.put({ sender: '', reportOn: 'Pmg0FFF' });
    const queue = aging(world.queue, clock);
    await using sending = startSending({ ...world, queue }, settingsFor(1, internal, { giveUpAfter: hours(2) }));
    await sending.sender.idle();
    await clock.advance(hours(2));
    await minutesUntil(world, clock, () => world.of('problem.raised')[0]);
    expect(await world.queue.get(report.id)).toMatchObject({
      ...{
        state: 'held',
        hold: { by: 'gateway', reason: expect.stringContaining('4.4.7 Given up after 2 hours: ') },
      },
    });
    expect([...world.of('queue.returned'), ...world.of('queue.warned'), ...world.of('queue.unreported')]).toEqual([]);
  });
});

describe('NOTIFY=SUCCESS', () => {
  const asked = [
    {
      address: 'a@x.example',
      state: 'waiting' as const,
      reply: null,
      notify: ['SUCCESS', 'FAILURE'],
      orcpt: 'rfc822;a@x.example',
    },
    { address: 'b@x.example', state: 'waiting' as const, reply: null, notify: [], orcpt: null },
  ];

  test('is passed on to a relay that knows DSN, which tells in our place', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay();
    await using internal = await startRelay();
    await world.put({ recipients: asked });
    await using sending = startSending(world, settingsFor(relay.port, internal));
    await sending.sender.idle();
    expect(relay.commands).toContain('RCPT TO:<a@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@x.example');
    expect(world.of('queue.confirmed')).toEqual([]);
    expect(await world.entries()).toEqual([]);
  });

  test('is answered by us, Action: relayed, where the relay knows none; of whoever asked, and once', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: ['PIPELINING'] });
    await using internal = await startRelay();
    const { id } = await world.put({ recipients: asked });
    await using sending = startSending(world, settingsFor(relay.port, internal));
    await sending.sender.idle();
    await sending.sender.idle();
    expect(world.of('queue.confirmed')).toMatchObject([{ id, to: 'webmaster@pytheas.com' }]);
    expect(internal.delivered).toHaveLength(1);
    const text = internal.delivered[0]?.text ?? '';
    expect(text).toContain('Original-Recipient: rfc822; a@x.example\r\n');
    expect(text).toContain('Action: relayed\r\nStatus: 2.6.0\r\n');
    expect(text).not.toContain('b@x.example');
    expect(world.of('queue.removed').find((event) => event.id === id)).toMatchObject({ result: 'sent' });
    expect(await world.entries()).toEqual([]);
  });

  test('MSG13: of a null sender nobody is told', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: [] });
    await world.put({ sender: '', recipients: asked });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect([...world.of('queue.confirmed'), ...world.of('queue.unreported')]).toEqual([]);
    expect(await world.entries()).toEqual([]);
  });
});

test('G09: what an operator returned is reported on and leaves, also while sending is paused', async () => {
  const clock = manualClock();
  await using world = await openWorld(clock);
  await using internal = await startRelay();
  const { id } = await world.put();
  await using sending = startSending(world, settingsFor(1, internal));
  sending.sender.pause(null);
  await world.queue.failOpen([id], '5.0.0 Returned by anna: wrong customer', clock.now());
  world.bus.tell({
    type: 'queue.changed',
    ids: [id],
    total: 1,
    change: 'returned',
    by: 'anna',
    reason: 'wrong customer',
  });
  expect(await world.heard('queue.removed')).toMatchObject({ id, result: 'returned' });
  expect(internal.delivered).toEqual([]);

  sending.sender.resume();
  await sending.sender.idle();
  expect(internal.delivered[0]?.text).toContain('Returned by anna: wrong customer');
});

import { describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { createOutgoingQueue } from '../../src/daemon/outbound/queue.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { manualClock } from '../kit/clock.ts';
import { startRelay } from './scripted-relay.ts';
import { aging, startSending } from './sending.ts';
import { MESSAGE, openWorld, peerAt, sendingSettings } from './world.ts';

const TRANSFERS = /^(transfer|queue\.removed)/;

describe('S110: a message leaves', () => {
  test('and every step is told, once and in order', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    const entry = await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    await clock.advance(seconds(5));
    await world.heard('transfer.closed');

    expect(world.events.filter(({ type }) => TRANSFERS.test(type))).toMatchObject([
      {
        type: 'transfer.connected',
        relay: 'smtprelay.isp.com',
        login: false,
        esmtp: true,
        maxSize: 21_000_000,
        dsn: true,
      },
      {
        type: 'transfer.started',
        id: entry.id,
        sender: 'webmaster@pytheas.com',
        bytes: MESSAGE.length,
        queuedAt: new Date(entry.queuedAt).toISOString(),
        recipients: ['somebody@somedomain.com'],
        subject: 'A sample message',
      },
      {
        type: 'transfer.sent',
        id: entry.id,
        recipients: [{ address: 'somebody@somedomain.com', reply: '250 2.6.0 Queued mail for delivery' }],
        final: true,
      },
      { type: 'queue.removed', id: entry.id, result: 'sent' },
      { type: 'transfer.closed', relay: 'smtprelay.isp.com' },
    ]);
    expect(relay.delivered).toMatchObject([
      { from: 'webmaster@pytheas.com', to: ['somebody@somedomain.com'], text: MESSAGE },
    ]);
    expect(await world.entries()).toEqual([]);
    expect(sending.crashes).toEqual([]);
  });

  test('many go through one conversation, those that come later too', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    const settings = sendingSettings(peerAt(relay.port));
    const one = { ...settings, relays: settings.relays.map((each) => ({ ...each, connections: 1 })) };
    for (let i = 0; i < 5; i++) await world.put();
    await using sending = startSending(world, one);
    await sending.sender.idle();
    await world.put();
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(6);
    expect([relay.connections, world.of('transfer.connected').length]).toEqual([1, 1]);
  });

  test('S120: a null sender goes out null', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay();
    await world.put({ sender: '' });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(relay.commands.find((line) => line.startsWith('MAIL'))).toMatch(/^MAIL FROM:<>/);
  });

  test('S107: a sender with a login of its own logs in as itself, and no trace of the attempt has the password', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: ['AUTH PLAIN', 'SIZE 1000'] });
    const settings = sendingSettings(peerAt(relay.port));
    const login = { user: 'anna', password: new Secret('canary-7'), mechanism: 'plain' as const };
    const relays = settings.relays.map((each) => ({ ...each, logins: new Map([['anna@pytheas.com', login]]) }));
    await using sending = startSending(world, { ...settings, relays });
    await world.put({ sender: 'Anna@pytheas.com' });
    relay.script = { ...relay.script, answer: (line) => (line === '.' ? '451 4.3.0 later' : undefined) };
    await sending.sender.idle();
    expect(relay.commands.find((line) => line.startsWith('AUTH'))).toBe(
      `AUTH PLAIN ${Buffer.from('\0anna\0canary-7').toString('base64')}`,
    );
    const [entry] = await world.entries();
    const attempts = await world.queue.attempts(entry?.id ?? '');
    expect(attempts).toMatchObject([{ relay: 'smtprelay.isp.com', result: 'deferred: 451 4.3.0 later' }]);
    expect(attempts[0]?.transcript).toEqual(expect.arrayContaining(['< 220 relay ready', '< 451 4.3.0 later']));
    const kept = JSON.stringify([attempts, world.events]);
    expect(kept).not.toMatch(/canary|AGFubmEAY2FuYXJ5LTc/);
  });
});

describe('what the relay says', () => {
  test.each([
    ['451 4.7.1 greylisted', 'deferred'],
    ['421 4.3.2 closing', 'deferred'],
    ['552 5.2.2 mailbox full', 'failed'],
    ['554 5.7.1 no', 'failed'],
  ])('REL12: %s to the final dot makes it %s', async (reply, fate) => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ answer: (line) => (line === '.' ? reply : undefined) });
    const { id } = await world.put({ sender: 'stranger@pytheas.com' });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();

    const failed = fate === 'failed';
    expect(world.of('transfer.failed')).toHaveLength(failed ? 1 : 0);
    expect(world.of('transfer.deferred')).toHaveLength(failed ? 0 : 1);
    expect((await world.entries()).map((entry) => [entry.id, entry.state, entry.lastReply])).toEqual(
      failed ? [] : [[id, 'deferred', reply]],
    );
  });

  test('REL07: each recipient has its own fate, and only who waits is tried again', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const replies: Record<string, string> = { b: '450 4.2.0 busy', c: '550 5.1.1 unknown' };
    await using relay = await startRelay({ answer: (line) => replies[/^RCPT TO:<(\w)@/.exec(line)?.[1] ?? ''] });
    const { id } = await world.put({
      to: ['a@x.example', 'b@x.example', 'c@x.example'],
      sender: 'stranger@pytheas.com',
    });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();

    expect((await world.queue.get(id))?.recipients.map(({ address, state, reply }) => [address, state, reply])).toEqual(
      [
        ['a@x.example', 'sent', '250 2.6.0 Queued mail for delivery'],
        ['b@x.example', 'deferred', '450 4.2.0 busy'],
        ['c@x.example', 'failed', '550 5.1.1 unknown'],
      ],
    );
    expect(world.of('transfer.sent')).toMatchObject([{ recipients: [{ address: 'a@x.example' }], final: false }]);

    relay.script = {};
    await clock.advance(minutes(5));
    await sending.sender.idle();
    expect(relay.delivered.map(({ to }) => to)).toEqual([['a@x.example'], ['b@x.example']]);
    expect(world.of('transfer.sent')[1]).toMatchObject({ recipients: [{ address: 'b@x.example' }], final: true });
    expect(await world.entries()).toEqual([]);
  });

  test('REL16: a message that is larger than the relay takes is not begun', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: ['SIZE 20'] });
    await world.put({ sender: 'stranger@pytheas.com' });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(world.of('transfer.failed')[0]?.recipients[0]?.reply).toMatch(/^552 5\.3\.4 /);
    expect(relay.commands.filter((line) => /^(MAIL|DATA)/.test(line))).toEqual([]);
  });

  test('X06: a relay that hangs up after the dot may have it; it gets it once more', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay({ answer: (line) => (line === '.' ? 'hang up' : undefined) });
    await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(world.of('transfer.deferred')).toHaveLength(1);
    relay.script = {};
    await clock.advance(minutes(5));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
    expect(relay.commands.filter((line) => line.startsWith('MAIL'))).toHaveLength(2);
  });
});

describe('I15, I16: when', () => {
  test('the attempt and the time of the next are on disk before anything is connected', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    const { id } = await world.put();
    const seen: unknown[] = [];
    const open: typeof openSmtp = async (peer, how) => {
      const entry = await world.queue.get(id);
      seen.push([entry?.state, entry?.attempts, entry?.nextAttemptAt]);
      return await openSmtp(peer, how);
    };
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)), { open });
    await sending.sender.idle();
    expect(seen).toEqual([['sending', 1, clock.now() + minutes(5)]]);
  });

  test('a message that is deferred each time is tried on schedule, given up after 120 hours, and reported once', async () => {
    const clock = manualClock();
    const start = clock.now();
    await using world = await openWorld(clock);
    await using relay = await startRelay({ answer: (line) => (line === '.' ? '451 4.7.1 greylisted' : undefined) });
    await using internal = await startRelay();
    const { id } = await world.put();
    const settings = sendingSettings(peerAt(relay.port), {
      internalServer: { peer: peerAt(internal.port, { name: 'internal' }), connections: 1 },
    });
    await using sending = startSending({ ...world, queue: aging(world.queue, clock) }, settings);
    const tried: number[] = [];
    world.bus.listen((event) => {
      if (event.type === 'transfer.started' && event.id === id) tried.push(clock.now() - start);
    });

    await sending.sender.idle();
    // Five minutes at a time: every instant of the schedule lies on one of them.
    while (clock.now() < start + hours(121)) {
      await clock.advance(minutes(5));
      await sending.sender.idle();
    }
    await world.heard('queue.returned');
    await sending.sender.idle();
    expect(tried.slice(0, 9).map((ms) => ms / minutes(1))).toEqual([0, 5, 15, 35, 75, 135, 255, 495, 735]);
    expect((tried.at(-1) ?? 0) / hours(1)).toBe(4.25 + 28 * 4); // the next would have been after 120 hours
    expect(world.of('transfer.failed')).toMatchObject([
      { id, recipients: [{ reply: '4.4.7 Given up after 120 hours: 451 4.7.1 greylisted' }] },
    ]);
    expect(world.of('queue.returned')).toMatchObject([{ id, to: 'webmaster@pytheas.com' }]);
    expect(internal.delivered).toMatchObject([{ from: '', to: ['webmaster@pytheas.com'] }]);
    expect(internal.delivered[0]?.text).toContain('Status: 4.4.7\r\n');
    expect(
      world
        .of('queue.removed')
        .map(({ result }) => result)
        .toSorted(),
    ).toEqual(['returned', 'sent']);
    expect(await world.entries()).toEqual([]);
  });

  test('I17: a clock that jumps ten days ahead gives nothing up; one that jumps back keeps nothing waiting', async () => {
    const steady = manualClock();
    let jump = 0;
    const clock = { ...steady, now: () => steady.now() + jump, advance: (ms: number) => steady.advance(ms) };
    await using world = await openWorld(clock);
    await using relay = await startRelay({ answer: (line) => (line === '.' ? '451 later' : undefined) });
    const { id } = await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();

    jump = hours(240);
    await clock.advance(minutes(1));
    await sending.sender.idle();
    expect(await world.queue.get(id)).toMatchObject({ state: 'deferred', attempts: 2 });

    jump = -hours(240);
    await clock.advance(minutes(1));
    await sending.sender.idle();
    expect(await world.queue.get(id)).toMatchObject({ state: 'deferred', attempts: 3 });
    expect(world.of('transfer.failed')).toEqual([]);
  });
});

describe('a relay in trouble', () => {
  const login = { user: 'gw', password: new Secret('canary-8'), mechanism: 'plain' as const };

  test('REL06: a refused login defers everything, is said once, and is not tried again for long; nothing bounces', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay({
      offers: ['AUTH PLAIN'],
      answer: (line) => (line.startsWith('AUTH') ? '535 5.7.8 wrong' : undefined),
    });
    for (let i = 0; i < 20; i++) await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port, { login })));
    await sending.sender.idle();
    const logins = () => relay.commands.filter((line) => line.startsWith('AUTH')).length;
    expect(logins()).toBeLessThanOrEqual(2); // one for each connection that was under way

    await clock.advance(minutes(59));
    await sending.sender.idle();
    expect(logins()).toBeLessThanOrEqual(2);
    const entries = await world.entries();
    expect(entries).toHaveLength(20);
    const untried = entries.filter(({ state, attempts }) => state === 'waiting' && attempts === 0);
    expect(untried.length).toBeGreaterThanOrEqual(18);
    expect(untried.map(({ relay: way }) => way)).toEqual(untried.map(() => 'smtprelay.isp.com'));
    expect(world.of('problem.raised')).toMatchObject([{ message: expect.stringContaining('535') }]);
    expect(world.of('transfer.failed')).toEqual([]);
    expect(JSON.stringify(world.events)).not.toContain('canary');

    relay.script = { offers: ['AUTH PLAIN'] };
    await clock.advance(minutes(10));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(20);
    expect(world.of('problem.cleared')).toMatchObject([{ key: world.of('problem.raised')[0]?.key }]);
    expect(sending.crashes).toEqual([]);
  });

  test('an operator who says "retry" is not made to wait', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay({
      offers: ['AUTH PLAIN'],
      answer: (line) => (line.startsWith('AUTH') ? '535 5.7.8 wrong' : undefined),
    });
    await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port, { login })));
    await sending.sender.idle();
    relay.script = { offers: ['AUTH PLAIN'] };
    await createOutgoingQueue(world).retry({ all: true }, { by: 'anna', reason: '' });
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
  });

  test('REL19: a 421 in the middle of fifty messages: the rest waits, nobody knocks again, and each arrives once', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    let taken = 0;
    await using relay = await startRelay({
      answer: (line) => {
        if (line.startsWith('MAIL') && taken >= 10) return '421 4.7.0 too much mail from you';
        if (line === '.') taken += 1;
        return undefined;
      },
    });
    for (let i = 0; i < 50; i++) await world.put({ to: [`r${i}@x.example`] });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(relay.connections).toBeLessThanOrEqual(6);
    expect(relay.delivered.length + (await world.entries()).length).toBe(50);

    relay.script = {};
    await clock.advance(minutes(20));
    await sending.sender.idle();
    await clock.advance(minutes(20));
    await sending.sender.idle();
    const arrived = relay.delivered.map(({ to }) => to[0]);
    expect(new Set(arrived).size).toBe(50);
    expect(arrived).toHaveLength(50);
    expect(world.of('problem.raised')).toHaveLength(1);
    expect(world.of('problem.cleared')).toHaveLength(1);
  });

  test('REL01: one that cannot be reached is tried by one message, not by each', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    let opened = 0;
    const open: typeof openSmtp = async () => {
      opened += 1;
      return { ok: false, failure: { kind: 'unreachable', message: 'Connection refused.', reply: null } };
    };
    for (let i = 0; i < 100; i++) await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(1)), { open });
    await sending.sender.idle();
    expect(opened).toBeLessThanOrEqual(2);
    expect(world.of('transfer.unconnected')[0]).toMatchObject({ login: false, reason: 'Connection refused.' });
    await clock.advance(minutes(5));
    await sending.sender.idle();
    expect(opened).toBeLessThanOrEqual(4);
    expect(await world.entries()).toHaveLength(100);
    expect((await world.entries()).filter(({ attempts }) => attempts === 0).length).toBeGreaterThanOrEqual(96);
  });

  test('no relay at all: the queue keeps what it has, and a problem says so', async () => {
    await using world = await openWorld(manualClock());
    await world.put();
    await using sending = startSending(world, { ...sendingSettings(peerAt(1)), relays: [] });
    await sending.sender.idle();
    expect(world.of('problem.raised')).toMatchObject([{ message: expect.stringContaining('No relay is configured') }]);
    expect(await world.entries()).toMatchObject([{ state: 'waiting', attempts: 0 }]);
  });
});

describe('I27: the stop', () => {
  test('lets what is on its way arrive, and what waits stays as it was', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    let dot = (): void => {};
    const atDot = new Promise<void>((resolve) => {
      dot = resolve;
    });
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    await using relay = await startRelay({
      answer: async (line) => {
        if (line !== '.') return undefined;
        dot();
        await gate;
        return undefined;
      },
    });
    const settings = sendingSettings(peerAt(relay.port));
    const one = { ...settings, relays: settings.relays.map((each) => ({ ...each, connections: 1 })) };
    await world.put();
    await world.put();
    await world.put();
    await using sending = startSending(world, one);
    await atDot;
    const stopped = sending.stop();
    go();
    await stopped;
    expect(relay.delivered).toHaveLength(2); // the second one's envelope left with the first one's dot
    expect(await world.entries()).toMatchObject([{ state: 'waiting', attempts: 0 }]);
    expect(sending.crashes).toEqual([]);
  });
});

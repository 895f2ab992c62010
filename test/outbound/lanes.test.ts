import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/daemon/base/clock.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { asItCame, type Leaving } from '../../src/daemon/outbound/leaving.ts';
import type { Queue } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { startRelay } from './scripted-relay.ts';
import { startSending } from './sending.ts';
import { MESSAGE, openWorld, peerAt, sendingSettings } from './world.ts';

describe('I19: one way out does not hold up another', () => {
  test('a relay that is slow has only so much in memory, and what goes elsewhere goes', async () => {
    await using world = await openWorld(manualClock());
    const go = Promise.withResolvers<undefined>();
    await using slow = await startRelay({ answer: (line) => (line === '.' ? go.promise : undefined) });
    await using quick = await startRelay();
    const settings = sendingSettings(peerAt(slow.port));
    const partner = {
      name: 'partner',
      peer: peerAt(quick.port, { name: 'partner' }),
      connections: 2,
      senderDomains: ['partner.com'],
      logins: new Map(),
    };
    for (let n = 0; n < 100; n += 1) await world.put({ to: [`s${n}@x.example`] });
    for (let n = 0; n < 30; n += 1) await world.put({ sender: 'a@partner.com', to: [`q${n}@x.example`] });
    await using sending = startSending(world, { ...settings, relays: [...settings.relays, partner] });
    await world.heard('transfer.sent', 30);
    expect(quick.delivered).toHaveLength(30);
    const claimed = (await world.entries()).filter(({ state }) => state === 'sending');
    expect(claimed.length).toBeLessThanOrEqual(16);

    go.resolve(undefined);
    await sending.sender.idle();
    expect(new Set(slow.delivered.map(({ to }) => to[0])).size).toBe(100);
    expect(slow.delivered).toHaveLength(100);
  });

  test('what waits behind a relay that rests costs nothing: no step of the store, however often somebody looks', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    for (let n = 0; n < 50; n += 1) await world.put({ relay: 'smtprelay.isp.com' });
    const steps: string[] = [];
    const queue: Queue = {
      ...world.queue,
      change: (...how) => (steps.push('change'), world.queue.change(...how)),
      settle: (...how) => (steps.push('settle'), world.queue.settle(...how)),
    };
    await using sending = startSending({ ...world, queue }, sendingSettings(peerAt(1)));
    await sending.sender.idle();
    steps.length = 0;
    await clock.advance(minutes(3));
    await sending.sender.idle();
    expect(steps).toEqual([]);
    expect((await world.entries()).filter(({ attempts }) => attempts === 0).length).toBeGreaterThanOrEqual(40);
  });
});

describe('messages that overlap', () => {
  test('the next envelope leaves while the answer to the last dot is awaited; each gets its own answer and its own dialogue', async () => {
    await using world = await openWorld(manualClock());
    const order: string[] = [];
    const replies: Record<string, string> = { 'b@x.example': '451 4.2.0 later', 'c@x.example': '550 5.1.1 no' };
    let to = '';
    await using relay = await startRelay({
      answer(line) {
        order.push(line.slice(0, 18));
        if (line.startsWith('RCPT')) to = /<(.*?)>/.exec(line)?.[1] ?? '';
        return line === '.' ? replies[to] : undefined;
      },
    });
    const settings = sendingSettings(peerAt(relay.port));
    const one = { ...settings, relays: settings.relays.map((each) => ({ ...each, connections: 1 })) };
    const [, b] = [await world.put({ to: ['a@x.example'] }), await world.put({ to: ['b@x.example'] })];
    await world.put({ to: ['c@x.example'], sender: 'stranger@pytheas.com' });
    await world.put({ to: ['d@x.example'] });
    await using sending = startSending(world, one);
    await sending.sender.idle();
    expect([relay.connections, relay.delivered.map((message) => message.to[0])]).toEqual([
      1,
      ['a@x.example', 'd@x.example'],
    ]);
    expect(world.of('transfer.failed')).toMatchObject([
      { recipients: [{ address: 'c@x.example', reply: '550 5.1.1 no' }] },
    ]);
    expect(await world.entries()).toMatchObject([{ id: b.id, lastReply: '451 4.2.0 later' }]);

    const [attempt] = await world.queue.attempts(b.id);
    expect(attempt?.transcript.filter((line) => /MAIL|RCPT|451/.test(line)).map((line) => line.slice(0, 25))).toEqual([
      '> MAIL FROM:<webmaster@py',
      '> RCPT TO:<b@x.example>',
      '< 451 4.2.0 later',
    ]);
    expect(attempt?.transcript.join()).not.toMatch(/[acd]@x\.example/);
    expect(sending.crashes).toEqual([]);
  });

  test('X06: a relay that hangs up between two of them has the first in doubt, and gets the second at once', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    let dots = 0;
    await using relay = await startRelay({
      answer(line) {
        if (line === '.') dots += 1;
        return line === '.' && dots === 1 ? 'hang up' : undefined;
      },
    });
    const settings = sendingSettings(peerAt(relay.port));
    const one = { ...settings, relays: settings.relays.map((each) => ({ ...each, connections: 1 })) };
    await world.put({ to: ['a@x.example'] });
    await world.put({ to: ['b@x.example'] });
    await using sending = startSending(world, one);
    await sending.sender.idle();
    expect(relay.delivered.map((message) => message.to[0])).toEqual(['b@x.example']);
    await clock.advance(minutes(5));
    await sending.sender.idle();
    expect(relay.delivered.map((message) => message.to[0])).toEqual(['b@x.example', 'a@x.example']);
    expect(await world.entries()).toEqual([]);
  });
});

describe('what a relay cannot take', () => {
  const lacking = [
    ['REL16: too large', ['SIZE 20'], {}, '552 5.3.4'],
    ['CLI28: 8-bit text', ['PIPELINING'], { eightBit: true }, '554 5.6.3'],
    ['CLI14: international addresses', ['8BITMIME'], { smtpUtf8: true }, '553 5.6.7'],
  ] as const;

  test.each(lacking)('%s comes back to its sender, and nothing of it was said', async (_what, offers, more, code) => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: [...offers] });
    const { id } = await world.put(more);
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(world.of('transfer.failed')[0]?.recipients[0]?.reply.startsWith(code)).toBe(true);
    expect(world.of('queue.returned')).toMatchObject([{ id }]);
    expect(relay.commands.filter((line) => /^(MAIL|DATA)/.test(line))).toEqual([]);
  });

  test.each(lacking)(
    '%s is held where the configuration says so; an alert says why',
    async (_what, offers, more, code) => {
      await using world = await openWorld(manualClock());
      await using relay = await startRelay({ offers: [...offers] });
      const { id } = await world.put(more);
      await using sending = startSending(world, sendingSettings(peerAt(relay.port), { whatRelayCannotTake: 'hold' }));
      await sending.sender.idle();
      const held = { by: 'gateway', reason: expect.stringContaining(`smtprelay.isp.com cannot take it: ${code}`) };
      expect(await world.queue.get(id)).toMatchObject({
        state: 'held',
        hold: held,
        recipients: [{ state: 'deferred' }],
      });
      expect(world.of('problem.raised')).toMatchObject([{ key: `held.${id}` }]);
      expect([...world.of('transfer.failed'), ...world.of('queue.returned')]).toEqual([]);
    },
  );

  test('REL16: the octets that leave count, not those that came', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay({ offers: [`SIZE ${MESSAGE.length + 5}`] });
    const longer: Leaving = { ...asItCame, bodyOf: async () => bodyOf(Buffer.from(`${MESSAGE}A disclaimer.\r\n`)) };
    await world.put({ sender: 'stranger@pytheas.com' });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)), { leaving: longer });
    await sending.sender.idle();
    expect(world.of('transfer.failed')).toHaveLength(1);
  });

  test('REL21: a message that the relay leads back to us is held, an alert says so, and its sender is not told', async () => {
    await using world = await openWorld(manualClock());
    const loop = '554 5.4.6 Too many hops: this message goes round in a loop';
    await using relay = await startRelay({ answer: (line) => (line === '.' ? loop : undefined) });
    const { id } = await world.put();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    expect(await world.queue.get(id)).toMatchObject({
      state: 'held',
      hold: { by: 'gateway', reason: expect.stringContaining(loop) },
    });
    expect(world.of('problem.raised')).toMatchObject([{ key: `held.${id}` }]);
    expect([...world.of('queue.returned'), ...world.of('queue.unreported')]).toEqual([]);
  });
});

describe('how a message leaves', () => {
  test('S112, S113: under the address and with the octets that it is to have; the copy stays once somebody has it', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay({ answer: (line) => (line === '.' ? '451 later' : undefined) });
    const told: string[] = [];
    const leaving: Leaving = {
      senderOf: ({ sender }) => sender.replace('__fk', ''),
      bodyOf: async () => bodyOf(Buffer.from('Subject: other\r\n\r\nOctets.\r\n')),
      archiving: (_entry, body) => ({
        body,
        keep: async () => void told.push('keep'),
        discard: async () => void told.push('discard'),
      }),
    };
    await world.put({ sender: 'sales__fk@pytheas.com' });
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)), { leaving });
    await sending.sender.idle();
    relay.script = {};
    await clock.advance(hours(1));
    await sending.sender.idle();
    expect(relay.delivered).toMatchObject([{ from: 'sales@pytheas.com', text: 'Subject: other\r\n\r\nOctets.\r\n' }]);
    expect(told).toEqual(['discard', 'keep']);
  });
});

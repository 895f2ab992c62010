import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import type { WeekTimes } from '../../src/daemon/config/kinds/times.ts';
import { createSendTimes } from '../../src/daemon/outbound/send-times.ts';
import { manualClock } from '../kit/clock.ts';
import { startRelay } from './scripted-relay.ts';
import { startSending } from './sending.ts';
import { openWorld, peerAt, sendingSettings } from './world.ts';

const everyDay = [0, 1, 2, 3, 4, 5, 6];
/** At a minute of the day, by the machine's clock. */
const daily = (minute: number): WeekTimes => ({
  days: everyDay,
  fromMinute: minute,
  toMinute: minute,
  everyMinutes: null,
});
const minuteOf = (at: number) => new Date(at).getHours() * 60 + new Date(at).getMinutes();

describe('Send at', () => {
  test('with session: mail waits for one, leaves in it and once after it, and then waits for the next', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    await using internal = await startRelay();
    const settings = sendingSettings(peerAt(relay.port), {
      sendAt: { is: 'with session' },
      internalServer: { peer: peerAt(internal.port, { name: 'internal' }), connections: 1 },
    });
    await world.put();
    await world.put({ sender: '', reportOn: 'Pmg0FFF', to: ['webmaster@pytheas.com'] });
    await using sending = startSending(world, settings);
    await sending.sender.idle();
    expect([relay.delivered.length, internal.delivered.length]).toEqual([0, 1]); // a report always goes
    expect(await world.entries()).toMatchObject([{ state: 'waiting', attempts: 0 }]);

    world.bus.tell({ type: 'session.started', session: 1, accounts: [], trigger: 'schedule' });
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
    await world.put();
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(2);

    world.bus.tell({ type: 'session.finished', session: 1, messages: 0, bytes: 0, errors: 0 });
    await sending.sender.idle();
    await world.put();
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(2);
    sending.sender.wake();
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(3);
  });

  test('at times: mail waits for the next of them, and one pass goes', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    const times = [daily((minuteOf(clock.now()) + 10) % 1_440)];
    const settings = sendingSettings(peerAt(relay.port), { sendAt: { is: 'at times', times } });
    await world.put();
    await using sending = startSending(world, settings);
    await sending.sender.idle();
    await clock.advance(minutes(9));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(0);
    await clock.advance(minutes(2));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
    await world.put();
    await clock.advance(minutes(30));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
  });

  test('an operator who says "retry", and a single run, do not wait for their time', () => {
    const at = Date.parse('2026-11-24T10:00:00');
    const event = { seq: 1, at: new Date(at).toISOString() };
    const times = createSendTimes({ is: 'at times', times: [daily(0)] }, at);
    expect(times.isOpen(at)).toBe(false);
    times.hear({ ...event, type: 'queue.changed', ids: [], total: 0, change: 'retried', by: 'anna', reason: '' });
    expect(times.isOpen(at)).toBe(true);
    times.passed();
    expect(times.isOpen(at)).toBe(false);
    times.hear({ ...event, type: 'session.started', session: 1, accounts: [], trigger: 'once' });
    expect(times.isOpen(at)).toBe(true);
  });

  test('I17: a clock that is set back has its times again, instead of a day without any', () => {
    const noon = Date.parse('2026-11-24T12:00:00');
    const times = createSendTimes({ is: 'at times', times: [daily(12 * 60)] }, noon);
    expect(times.next).toBe(Date.parse('2026-11-25T12:00:00'));
    times.clockSet(noon - minutes(60));
    expect(times.next).toBe(noon);
  });
});

describe('a pause', () => {
  test('keeps everything where it is, and ends when its time is over', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay();
    await using sending = startSending(world, sendingSettings(peerAt(relay.port)));
    await sending.sender.idle();
    sending.sender.pause(clock.now() + minutes(10));
    for (let n = 0; n < 5; n += 1) await world.put();
    await sending.sender.idle();
    expect(sending.sender.paused).toEqual({ until: clock.now() + minutes(10) });
    expect((await world.entries()).map(({ state, attempts }) => [state, attempts])).toEqual(
      Array(5).fill(['waiting', 0]),
    );

    await clock.advance(minutes(10));
    await sending.sender.idle();
    expect(sending.sender.paused).toBeNull();
    expect(relay.delivered).toHaveLength(5);
  });

  test('hands back what was claimed and has not begun', async () => {
    await using world = await openWorld(manualClock());
    const atDot = Promise.withResolvers<void>();
    const go = Promise.withResolvers<undefined>();
    await using relay = await startRelay({
      answer(line) {
        if (line !== '.') return undefined;
        atDot.resolve();
        return go.promise;
      },
    });
    const settings = sendingSettings(peerAt(relay.port));
    const one = { ...settings, relays: settings.relays.map((each) => ({ ...each, connections: 1 })) };
    for (let n = 0; n < 6; n += 1) await world.put();
    await using sending = startSending(world, one);
    await atDot.promise;
    sending.sender.pause(null);
    go.resolve(undefined);
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(2); // the second one's envelope had left with the first one's dot
    expect((await world.entries()).map(({ state, attempts }) => [state, attempts])).toEqual(
      Array(4).fill(['waiting', 0]),
    );
    sending.sender.resume();
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(6);
    expect(sending.crashes).toEqual([]);
  });
});

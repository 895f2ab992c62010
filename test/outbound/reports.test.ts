import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { noDialogue } from '../../src/daemon/base/dialogue.ts';
import { createOutgoingQueue } from '../../src/daemon/outbound/queue.ts';
import { asReported, reportKey, wantsReport } from '../../src/daemon/outbound/reporter.ts';
import type { SenderParts } from '../../src/daemon/outbound/sender.ts';
import type { Queue, QueuedRecipient } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { type ScriptedRelay, startRelay } from './scripted-relay.ts';
import { startSending } from './sending.ts';
import { openWorld, peerAt, sendingSettings } from './world.ts';

const refusing = { answer: (line: string) => (line.startsWith('RCPT') ? '550 5.1.1 User unknown' : undefined) };

function settingsFor(relay: ScriptedRelay, internal: ScriptedRelay | null) {
  const peer = internal && peerAt(internal.port, { name: 'internal' });
  return sendingSettings(peerAt(relay.port), { internalServer: peer && { peer, connections: 1 } });
}

describe('S114: a refused message', () => {
  test('goes back to its known sender through the internal server, from the null sender, and is gone', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    await using internal = await startRelay();
    const { id } = await world.put();
    const traced: string[] = [];
    const trace: SenderParts['trace'] = ({ name }, to) => {
      traced.push(`${name}: ${to}`);
      return noDialogue;
    };
    await using sending = startSending(world, settingsFor(relay, internal), { trace });
    await sending.sender.idle();
    await sending.sender.idle();

    expect(traced).toEqual(['smtprelay.isp.com: relay', 'internal: internal server']); // S93, S94
    const [returned] = world.of('queue.returned');
    expect(returned).toMatchObject({ id, to: 'webmaster@pytheas.com' });
    expect(internal.delivered).toMatchObject([{ from: '', to: ['webmaster@pytheas.com'] }]);
    expect(internal.delivered[0]?.text).toContain('Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n');
    expect(world.of('queue.removed')).toMatchObject([
      { id, result: 'returned' },
      { id: returned?.report, result: 'sent' },
    ]);
    expect(await world.entries()).toEqual([]);
    expect(sending.crashes).toEqual([]);
  });

  test('X08: its report is in the queue before it leaves', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    const { id } = await world.put();
    const order: string[] = [];
    const queue: Queue = {
      ...world.queue,
      async remove(ids) {
        order.push(`remove ${ids.join()}, report ${(await world.queue.reportOn(id)) === null ? 'missing' : 'durable'}`);
        await world.queue.remove(ids);
      },
    };
    await using sending = startSending({ ...world, queue }, settingsFor(relay, null));
    await sending.sender.idle();
    expect(order).toEqual([`remove ${id}, report durable`]);
  });

  test('S115, S116: an unknown sender is not written to, and that is told', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    const { id } = await world.put({ sender: 'unexped@votredom.fr', subject: 'objet du message' });
    await using sending = startSending(world, settingsFor(relay, null));
    await sending.sender.idle();
    expect(world.of('queue.unreported')).toMatchObject([
      { id, sender: 'unexped@votredom.fr', subject: 'objet du message', why: 'unknown sender' },
    ]);
    expect(world.of('queue.returned')).toEqual([]);
    expect(world.of('queue.removed')).toMatchObject([{ id, result: 'dropped' }]);
  });

  test('S120, I16: a null sender is never written to', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    await world.put({ sender: '' });
    await using sending = startSending(world, settingsFor(relay, null));
    await sending.sender.idle();
    expect(world.of('queue.unreported')).toMatchObject([{ why: 'null sender' }]);
    expect(await world.entries()).toEqual([]);
  });

  test('RFC 3461: NOTIFY=NEVER is heeded, and no line complains', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    await world.put({
      recipients: [{ address: 'a@x.example', state: 'waiting', reply: null, notify: ['NEVER'], orcpt: null }],
    });
    await using sending = startSending(world, settingsFor(relay, null));
    await sending.sender.idle();
    expect([...world.of('queue.unreported'), ...world.of('queue.returned')]).toEqual([]);
    expect(await world.entries()).toEqual([]);
  });

  test('without an internal server the report waits, and a problem says so', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay(refusing);
    const { id } = await world.put();
    await using sending = startSending(world, settingsFor(relay, null));
    await sending.sender.idle();
    await sending.sender.idle();
    expect(await world.entries()).toMatchObject([{ reportOn: id, attempts: 0, state: 'waiting' }]);
    expect(world.of('problem.raised')).toMatchObject([{ key: 'report.nowhere' }]);
    expect(relay.delivered).toEqual([]);
  });

  test('REL07: of several recipients only those who failed are reported, at once; one who fails later in a second report', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const replies: Record<string, string> = { b: '450 4.2.0 busy', c: '550 5.1.1 unknown' };
    await using relay = await startRelay({ answer: (line) => replies[/^RCPT TO:<(\w)@/.exec(line)?.[1] ?? ''] });
    await using internal = await startRelay();
    const { id } = await world.put({ to: ['a@x.example', 'b@x.example', 'c@x.example'] });
    await using sending = startSending(world, settingsFor(relay, internal));
    await sending.sender.idle();
    await sending.sender.idle();
    expect(internal.delivered.map(({ text }) => recipientsIn(text))).toEqual([['c@x.example']]);
    expect(await world.queue.get(id)).toMatchObject({ state: 'deferred' });

    replies['b'] = '550 5.2.1 gone';
    await clock.advance(minutes(5));
    await sending.sender.idle();
    await sending.sender.idle();
    expect(internal.delivered.map(({ text }) => recipientsIn(text))).toEqual([['c@x.example'], ['b@x.example']]);
    expect(world.of('queue.removed').find((event) => event.id === id)).toMatchObject({ result: 'returned' });
    expect(await world.entries()).toEqual([]);
  });

  test('REL20: a report that is refused makes no second one: it is held, a problem says why, and a release tries it again', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay(refusing);
    await using internal = await startRelay({ answer: (line) => (line === '.' ? '550 5.7.1 no reports' : undefined) });
    await world.put();
    await using sending = startSending(world, settingsFor(relay, internal));
    await sending.sender.idle();
    await sending.sender.idle();

    const [report] = await world.entries();
    expect(report).toMatchObject({
      state: 'held',
      hold: { by: 'gateway', reason: 'The report was refused: 550 5.7.1 no reports' },
    });
    expect(world.of('queue.returned')).toHaveLength(1);
    expect(world.of('queue.unreported')).toEqual([]);
    expect(world.of('problem.raised')).toMatchObject([{ message: expect.stringContaining('550 5.7.1 no reports') }]);

    const outgoing = createOutgoingQueue(world);
    internal.script = {};
    await outgoing.release({ ids: [report?.id ?? ''] }, { by: 'anna', reason: '' });
    await sending.sender.idle();
    expect(internal.delivered).toHaveLength(1);
    expect(await world.entries()).toEqual([]);
  });
});

describe('a crash', () => {
  /** From the first call of `step` on nothing of this process reaches the disk any more. */
  function crashingAt(queue: Queue, step: keyof Queue): Queue {
    let crashed = false;
    return new Proxy(queue, {
      get(target, name: keyof Queue) {
        const method = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          crashed ||= name === step;
          if (!crashed) return method.apply(target, args);
          if (name === 'receive' || name === 'read') throw new Error('crashed');
          return Promise.reject(new Error('crashed'));
        };
      },
    });
  }

  async function crashAndRestart(
    step: keyof Queue,
    script: typeof refusing | Record<string, never>,
    to = ['a@x.example'],
  ) {
    const clock = manualClock();
    const world = await openWorld(clock);
    const relay = await startRelay(script);
    const internal = await startRelay();
    const settings = settingsFor(relay, internal);
    await world.put({ to });
    const first = startSending({ ...world, queue: crashingAt(world.queue, step) }, settings);
    await first.sender.idle().catch(() => {});
    await first.stop();
    const before = { delivered: relay.delivered.length, entries: await world.entries() };

    await world.queue.recover(clock.now());
    const second = startSending(world, settings);
    await clock.advance(minutes(5));
    await second.sender.idle();
    await second.sender.idle();
    const after = { delivered: relay.delivered, reports: internal.delivered, entries: await world.entries() };
    await second.stop();
    for (const thing of [relay, internal, world]) await thing[Symbol.asyncDispose]();
    return { before, after, crashes: second.crashes };
  }

  test('X07: between the 250 and its record, which is its removal: one duplicate, and the message leaves the queue', async () => {
    const { before, after, crashes } = await crashAndRestart('remove', {});
    expect(before).toMatchObject({ delivered: 1, entries: [{ state: 'sending', recipients: [{ state: 'waiting' }] }] });
    expect(after.delivered).toHaveLength(2);
    expect([after.entries, crashes]).toEqual([[], []]);
  });

  const half = { answer: (line: string) => (line.startsWith('RCPT TO:<bad') ? '550 5.1.1 User unknown' : undefined) };

  test('X07: the same where somebody is to be told: the record is a step of its own', async () => {
    const { before, after } = await crashAndRestart('settle', half, ['good@x.example', 'bad@x.example']);
    expect(before).toMatchObject({
      delivered: 1,
      entries: [{ state: 'sending', recipients: [{}, { state: 'waiting' }] }],
    });
    expect(after.delivered).toHaveLength(2);
    expect(after.reports).toHaveLength(1);
    expect(after.entries).toEqual([]);
  });

  test('between the record and the removal: no duplicate', async () => {
    const { before, after } = await crashAndRestart('remove', half, ['good@x.example', 'bad@x.example']);
    expect(before.entries).toMatchObject([
      { state: 'sending', recipients: [{ state: 'sent' }, { state: 'failed' }] },
      {},
    ]);
    expect(after.delivered).toHaveLength(1);
    expect(after.reports).toHaveLength(1);
    expect(after.entries).toEqual([]);
  });

  test('between the record of a refusal and its report: one report', async () => {
    const { before, after } = await crashAndRestart('receive', refusing);
    expect(before.entries).toMatchObject([{ state: 'sending', recipients: [{ state: 'failed' }] }]);
    expect(after.reports).toHaveLength(1);
    expect(after.entries).toEqual([]);
  });

  test('X08: between the report and the removal: no second report', async () => {
    const { before, after } = await crashAndRestart('remove', refusing);
    expect(before.entries).toHaveLength(2);
    expect(after.reports).toHaveLength(1);
    expect(after.entries).toEqual([]);
  });
});

describe('who is still to be told', () => {
  const failed = (address: string, notify: string[] = []): QueuedRecipient => ({
    address,
    state: 'failed',
    reply: null,
    notify,
    orcpt: null,
  });

  test('is whoever failed, was not reported yet, and did not ask for silence', () => {
    const wanted = [failed('a'), failed('b', ['FAILURE']), failed('c', ['NEVER']), failed('d', ['SUCCESS', 'DELAY'])];
    expect(wanted.filter(wantsReport).map(({ address }) => address)).toEqual(['a', 'b']);
    expect(asReported(wanted).filter(wantsReport)).toEqual([]);
  });

  test('X08: a report is named after its message, and after what was reported before', () => {
    const recipients = [failed('a'), failed('c', ['NEVER'])];
    expect(reportKey({ id: 'Pmg1000', recipients })).toBe('Pmg1000');
    expect(reportKey({ id: 'Pmg1000', recipients: [...asReported(recipients), failed('b')] })).toBe('Pmg1000.1');
  });
});

const recipientsIn = (report: string) =>
  [...report.matchAll(/^Final-Recipient: rfc822; (.*)\r$/gm)].map(([, address]) => address);

/** A gateway that stops leaves no call without an answer. */
import { expect, test } from 'vitest';
import type { ResultOf } from '../../src/protocol/commands.ts';
import { manualClock } from '../kit/clock.ts';
import { samples } from './answers.ts';
import { caller, failure, rawClient, report, startControl, tellStart } from './world.ts';

type DoctorResult = ResultOf<'doctor'>;

/** A gateway whose doctor answers when the test says so; `asked` resolves when the call has arrived. */
async function withPatient(options: Parameters<typeof startControl>[0] = {}) {
  const world = await startControl(options);
  tellStart(world.bus);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<DoctorResult>();
  world.gateway.replies.doctor = () => {
    asked.resolve();
    return answer.promise;
  };
  return { world, asked: asked.promise, answer };
}

test('a call whose answer comes while the link closes has its answer', async () => {
  const { world, asked, answer } = await withPatient();
  await using _world = world;
  using link = await caller(world.socket);
  const call = link.client.call('doctor', { run: 'run-0001' });
  await asked;
  const stopped = world.stop();
  answer.resolve(samples.doctor);

  expect(await call).toEqual(samples.doctor);
  await stopped;
  expect(world.audited).toMatchObject([{ method: 'doctor', result: 'ok' }]);
});

test('a call that takes longer hears that the gateway stops; what it asked for may end unseen', async () => {
  const clock = manualClock();
  const { world, asked, answer } = await withPatient({ clock });
  await using _world = world;
  using link = await caller(world.socket);
  const call = failure(link.client.call('doctor', { run: 'run-0001' }, { timeout: null }));
  await asked;
  const stopped = world.stop();
  await clock.advance(1_000);

  expect(await call).toMatchObject({ reason: 'stopping', message: 'The gateway is stopping.' });
  await stopped;
  answer.resolve(samples.doctor);
});

test('what is asked while it stops is told so at once', async () => {
  const { world, asked, answer } = await withPatient();
  await using _world = world;
  using link = await rawClient(world.socket);
  link.socket.send('{"jsonrpc":"2.0","id":1,"method":"doctor","params":{"run":"run-0001"}}');
  await asked;
  const stopped = world.stop();

  expect(await link.ask('{"jsonrpc":"2.0","id":2,"method":"status"}')).toMatchObject({
    id: 2,
    error: { code: -32_005, message: 'The gateway is stopping.' },
  });
  answer.resolve(samples.doctor);
  expect(await link.ended()).toBe(1_001);
  expect(link.frames.at(-1)).toMatchObject({ id: 1, result: samples.doctor });
  await stopped;
});

test('a client that goes away leaves its call to end unseen, and its place free for others', async () => {
  const { world, asked, answer } = await withPatient();
  await using _world = world;
  using link = await caller(world.socket);
  const call = failure(link.client.call('doctor', { run: 'run-0001' }, { timeout: null }));
  await asked;
  link.client.close();
  expect(await call).toMatchObject({ reason: 'unreachable' });

  answer.resolve(samples.doctor);
  using other = await caller(world.socket);
  expect(await other.client.call('status', {})).toMatchObject({ gateway: { name: 'gw1' } });
  expect(world.audited).toMatchObject([{ method: 'doctor', result: 'ok' }]);
});

test('I27: a session that a stop has cut short is no answer to a trigger that waits for its end', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  const finished = Promise.withResolvers<typeof report>();
  world.gateway.triggered = { kind: 'running', session: 12, joined: false, finished: finished.promise };
  using link = await caller(world.socket);
  const call = failure(link.client.call('trigger', { wait: true }, { timeout: null }));
  await link.client.call('status', {}); // the trigger was heard before it
  world.bus.tell({ type: 'gateway.stopping', reason: 'SIGTERM' });
  finished.resolve(report);

  const message = 'The gateway stopped during session 12: 3 messages delivered until then.';
  expect(await call).toMatchObject({ reason: 'stopping', message });
  expect(world.audited).toMatchObject([{ method: 'trigger', result: message }]);
});

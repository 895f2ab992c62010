/** One gateway a home, and a crash loop that hammers nobody. */
import { expect, test } from 'vitest';
import { runMailgate } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { chanceOf, SEED } from './chance.ts';
import { writeLetter } from './letters.ts';
import { ask } from './link.ts';
import { drained, handOver } from './traffic.ts';
import { judge } from './verdict.ts';
import { ABROAD, launch, openWorld, SALES, type World } from './world.ts';

const REFUSED = 75;

test('I14: a second gateway on the home is refused, and named the first; after a crash of that one it starts', async () => {
  await using world = await openWorld();
  await using first = await world.start();
  const second = await runMailgate(['run', '--home', world.home.path]);
  expect(second.code).toBe(REFUSED);
  expect(second.output).toContain(`process ${first.pid}`);
  expect((await first.status()).gateway.pid).toBe(first.pid); // nobody took its socket away

  await world.crash(first);
  await using third = await world.start();
  expect((await third.status()).gateway.pid).toBe(third.pid);
});

test('I14: of three that start at once one serves, and the others are refused', async () => {
  await using world = await openWorld();
  await using first = await world.start(); // writes the configuration
  await world.crash(first);

  await using all = new AsyncDisposableStack();
  const start = async () => all.use(await launch(world));
  const rivals = await Promise.all([start(), start(), start()]);
  const settled = () => rivals.every((one) => one.code() !== undefined || /^ready$/m.test(one.output())) || undefined;
  await until('each of them to serve or to end', settled, {
    otherwise: () => rivals.map((one) => one.output()).join('\n'),
  });
  const codes = rivals.map((one) => one.code());
  expect(codes.filter((code) => code === REFUSED)).toHaveLength(2);
  expect(codes.filter((code) => code === undefined)).toHaveLength(1);
});

const CRASHES = 10;
const LETTERS = 3;

/** The second pause ends in no test: of each message there are two attempts, however often the gateway starts. */
const SCHEDULE = '0.02, 600';
const ATTEMPTS = 2;

test(`I15: in a loop of ${CRASHES} crashes a relay that never answers sees no more than the schedule's attempts`, async () => {
  const chance = chanceOf(SEED);
  const letters = Array.from({ length: LETTERS }, (_, n) =>
    writeLetter(`loop-${n}`, { sender: SALES, to: [ABROAD] }, chance),
  );
  await using world = await openWorld({ accounts: [], retryMinutes: SCHEDULE, connections: LETTERS });
  for (let crash = 1; crash <= CRASHES; crash += 1) {
    const held = world.relay.holds.at('greeting');
    await using gateway = await world.start();
    if (crash === 1) for (const letter of letters) expect(await handOver(world, letter)).toBe(true);
    if (crash <= ATTEMPTS) {
      await held.reached();
      await until('all to be claimed', async () => (await allAre(world, `sending ${crash}`)) || undefined);
    } else {
      expect(await allAre(world, `deferred ${ATTEMPTS}`)).toBe(true); // what is due at a start is claimed before anybody gets an answer
    }
    await world.crash(gateway);
    expect(world.relay.connections).toBe(Math.min(crash, ATTEMPTS)); // while nobody knows whether it answers, only one tries
  }

  await using gateway = await world.start();
  await ask(world.home, 'queue.retry', { all: true });
  await drained(world);
  expect(judge(world.history, { anAccount: 0, aPeer: 0 })).toEqual([]);
  expect(await gateway.stop()).toBe(0);
}, 180_000);

/** State and attempts of every message in the queue. */
async function allAre({ home }: World, expected: string): Promise<boolean> {
  const { messages } = await ask(home, 'queue.list', {});
  return messages.length === LETTERS && messages.every(({ state, attempts }) => `${state} ${attempts}` === expected);
}

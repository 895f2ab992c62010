/** Killed again and again while mail flows both ways: what the outside saw of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../kit/until.ts';
import { type Chance, chanceOf, SEED } from './chance.ts';
import { openDesk } from './desk.ts';
import { drained, factsOf, feed } from './traffic.ts';
import { doubles, judge } from './verdict.ts';
import { launch, openWorld, type World } from './world.ts';

const ACCOUNTS = ['one', 'two', 'three'];
const CLIENTS = 4;
const CONNECTIONS = 3;

/** MAILGATE_CRASH_KILLS makes a long run of it. */
const KILLS = Number(process.env['MAILGATE_CRASH_KILLS'] ?? 18);

/** Of the start itself: what is left of the run before is being put in order then. */
const KILLS_AT_START = 5; // every fifth

/** Runs the gateway until its peers have seen so much of it, and a little longer. */
async function killedInTraffic(world: World, chance: Chance): Promise<void> {
  await using gateway = await world.start();
  const { facts } = world.history;
  const enough = facts.length + 1 + chance.below(factsOf(ACCOUNTS));
  await world.history.when(() => facts.length >= enough);
  await pause(chance.below(3) * chance.below(10));
  await world.crash(gateway);
}

async function killedAtStart(world: World, chance: Chance): Promise<void> {
  await using gateway = await launch(world);
  await until('its first word', () => gateway.output().length > 0 || gateway.code(), {
    otherwise: () => gateway.output(),
  });
  await pause(chance.below(20));
  await gateway.stop({ signal: 'SIGKILL' });
  await world.over();
}

test(
  `a gateway that is killed ${KILLS} times loses nothing, and what comes twice was in a window (I01, I02, I03, I13; seed ${SEED})`,
  async () => {
    process.stderr.write(`The kills are scattered by MAILGATE_CRASH_SEED=${SEED}\n`);
    const chance = chanceOf(SEED);
    await using world = await openWorld({ accounts: ACCOUNTS, connections: CONNECTIONS });
    await using desk = openDesk(CLIENTS, world);

    for (let round = 1; round <= KILLS; round += 1) {
      feed(world, desk, ACCOUNTS, round, chance);
      if (round % KILLS_AT_START === 0) await killedAtStart(world, chance);
      else await killedInTraffic(world, chance);
    }
    await using gateway = await world.start();
    await drained(world, desk);
    expect(await gateway.stop()).toBe(0);

    // In each account one message is handed over at a time; of the queue as many are on their way as there are connections in all.
    expect(judge(world.history, { anAccount: 1, aPeer: CONNECTIONS * 2 })).toEqual([]);
    const { history } = world;
    expect(history.of('queued').length).toBeGreaterThan(KILLS * 10);
    process.stderr.write(
      `${history.of('delivered').length} deliveries, ${doubles(history)} of them for a second time\n`,
    );
  },
  120_000 + KILLS * 10_000,
);

/** Told to stop while mail flows both ways: it ends by itself, and nobody outside notices more than a pause (I27). */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sessionMembers, written } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { type Chance, chanceOf, SEED } from './chance.ts';
import { openDesk } from './desk.ts';
import { writeLetter } from './letters.ts';
import { openSubmission } from './submission.ts';
import { drained, factsOf, feed, handOver, tellOutcome, tellToSend } from './traffic.ts';
import { judge } from './verdict.ts';
import { ABROAD, ANNA, launch, openWorld, SALES, type World } from './world.ts';

const ACCOUNTS = ['one', 'two', 'three'];
const STOPS = 8;

/** I27's own. */
const ENDS_WITHIN = 30_000;

const NOTHING_TWICE = { anAccount: 0, aPeer: 0 };

async function stoppedInTraffic(world: World, chance: Chance): Promise<void> {
  await using gateway = await world.start();
  const { facts } = world.history;
  const enough = facts.length + 1 + chance.below(factsOf(ACCOUNTS));
  await world.history.when(() => facts.length >= enough);
  await pause(chance.below(3) * chance.below(10));

  world.close();
  expect(await gateway.stop()).toBe(0);
  expect(existsSync(world.home.file('control.sock'))).toBe(false);
  await world.over();
}

test(`told to stop ${STOPS} times at any moment, it ends with 0, and nothing is lost or comes twice (I27, seed ${SEED})`, async () => {
  const chance = chanceOf(SEED + 1);
  await using world = await openWorld({ accounts: ACCOUNTS });
  await using desk = openDesk(4, world);

  for (let round = 1; round <= STOPS; round += 1) {
    feed(world, desk, ACCOUNTS, round, chance);
    await stoppedInTraffic(world, chance);
  }
  await using gateway = await world.start();
  await drained(world, desk);
  expect(await gateway.stop()).toBe(0);

  expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
  expect(world.history.of('doubted')).toEqual([]);
}, 240_000);

const chance = chanceOf(SEED);
const outbound = (id: string) => writeLetter(id, { sender: SALES, to: [ABROAD] }, chance);
const inbound = (id: string) => writeLetter(id, { sender: ABROAD, to: [ANNA] }, chance);

test('I27: a client in the middle of its message gets its 250, and no other message is taken from it', async () => {
  await using world = await openWorld();
  const [letter, another] = [outbound('stop-1'), outbound('stop-2')];
  tellToSend(world, letter);
  await using gateway = await world.start();
  await using client = await openSubmission(world.port);
  expect(await client?.begin(letter)).toBe(true);
  const ended = gateway.stop();
  await gateway.logged(/MailGate is stopping/);

  const outcome = await client?.finish();
  expect(outcome?.kind).toBe('queued');
  if (outcome) tellOutcome(world, letter, outcome);
  expect(['refused', 'cut']).toContain((await client?.send(another))?.kind);
  expect(await ended).toBe(0);

  await using next = await world.start();
  await drained(world);
  await next.stop();
  expect(world.history.of('delivered').map(({ id }) => id)).toEqual([letter.id]);
  expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
});

test('I27: told to stop while it starts, it ends with 0 all the same, and the next one serves', async () => {
  await using world = await openWorld();
  await using first = await world.start(); // writes the configuration
  await first.stop();
  await using child = await launch(world);
  await written(/MailGate \S+ started/, child);
  process.kill(child.pid, 'SIGTERM');
  expect(await until('its end', () => child.code(), { otherwise: () => child.output() })).toBe(0);
  expect(existsSync(world.home.file('control.sock'))).toBe(false);
  await world.over();

  await using next = await world.start();
  expect((await next.status()).gateway.pid).toBe(next.pid);
});

test('I27: peers that stall do not keep it, and what they had in part comes again', async () => {
  await using world = await openWorld();
  const [fetched, queued] = [inbound('stall-in'), outbound('stall-out')];
  world.lay('one', [fetched]);
  const held = [world.inside.holds.at('dot'), world.relay.holds.at('dot')];
  await using gateway = await world.start();
  expect(await handOver(world, queued)).toBe(true);
  await Promise.all(held.map((one) => one.reached()));

  const ended = gateway.stop();
  await until('its end', () => (sessionMembers(gateway.pid).length === 0 ? true : undefined), { within: ENDS_WITHIN });
  expect(await ended).toBe(0);
  expect(existsSync(world.home.file('control.sock'))).toBe(false);
  await world.over();

  await using next = await world.start();
  await drained(world);
  await next.stop();
  expect(world.history.of('delivered')).toHaveLength(4);
  expect(judge(world.history, { anAccount: 1, aPeer: 1 })).toEqual([]);
});

test('I27: a second signal hastens it, at the price of a crash and no more', async () => {
  await using world = await openWorld();
  const letter = inbound('haste');
  world.lay('one', [letter]);
  const held = world.inside.holds.at('dot');
  await using gateway = await world.start();
  await held.reached();
  const ended = gateway.stop();
  await gateway.logged(/MailGate is stopping/);
  expect(await gateway.stop()).toBe(0);
  expect(await ended).toBe(0);
  await world.over();

  await using next = await world.start();
  await drained(world);
  await next.stop();
  expect(world.history.of('delivered')).toHaveLength(2);
  expect(judge(world.history, { anAccount: 1, aPeer: 0 })).toEqual([]);
});

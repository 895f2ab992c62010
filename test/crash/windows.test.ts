/** The crash windows of reliability.md §6.1, each entered exactly: the peers hold the gateway back there, and it is killed. */
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { RunningGateway } from '../kit/gateway.ts';
import { sessionMembers } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { chanceOf, SEED } from './chance.ts';
import { type Letter, letterOf, writeLetter } from './letters.ts';
import { ask } from './link.ts';
import { NOBODY } from './sink.ts';
import { killAt, straceWorks } from './strace.ts';
import { drained, handOver } from './traffic.ts';
import { judge } from './verdict.ts';
import { ABROAD, ANNA, openWorld, SALES, type World } from './world.ts';

const chance = chanceOf(SEED);
const inbound = (id: string) => writeLetter(id, { sender: ABROAD, to: [ANNA] }, chance);
const outbound = (id: string, to = ABROAD) => writeLetter(id, { sender: SALES, to: [to] }, chance);

const NOTHING_TWICE = { anAccount: 0, aPeer: 0 };

/** Octets: more than the sockets hold between a sender and one who does not read (4 MB at the most, net.ipv4.tcp_wmem, and a window). */
const MORE_THAN_BUFFERS = 6_000_000;

/** How often a peer got it whole. */
function copiesOf(world: World, { id }: Letter): number {
  return world.history.of('delivered').filter((fact) => fact.id === id).length;
}

function fetchesOf(world: World, { id }: Letter): number {
  return world.history.of('fetched').filter((fact) => fact.id === id).length;
}

/** A run that goes on until everything has arrived. */
async function healed(world: World): Promise<void> {
  await using gateway = await world.start();
  await drained(world);
  await world.crash(gateway);
}

async function died(world: World, { pid }: RunningGateway): Promise<void> {
  await until('the gateway to be gone', () => (sessionMembers(pid).length === 0 ? true : undefined));
  await world.over();
}

describe('fetched mail', () => {
  test('X01: killed when the internal server waits for the message, and had none of it: it is fetched again, once', async () => {
    await using world = await openWorld();
    const letter = inbound('x01-data');
    world.lay('one', [letter]);
    const held = world.inside.holds.at('data');
    await using gateway = await world.start();
    await held.reached();
    await world.crash(gateway);
    expect(copiesOf(world, letter)).toBe(0);

    await healed(world);
    expect(copiesOf(world, letter)).toBe(1);
    expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
  });

  test('X01, I13: killed in the middle of a large message: it comes once, and nothing of the half one stays', async () => {
    await using world = await openWorld();
    const body = Buffer.from(`${'0123456789'.repeat(90)}\r\n`.repeat(MORE_THAN_BUFFERS / 900));
    const letter = letterOf('x01-body', { sender: ABROAD, to: [ANNA] }, body);
    world.lay('one', [letter]);
    const held = world.inside.holds.at('body');
    await using gateway = await world.start();
    await held.reached();
    await gateway.kill();
    held.release(); // a server that reads nothing does not see the end of the connection either
    await world.over();
    expect(copiesOf(world, letter)).toBe(0);

    await healed(world);
    expect(copiesOf(world, letter)).toBe(1);
    expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
    expect(await readdir(world.home.file('tmp'))).toEqual([]);
  });

  test('X02: killed when the final dot was sent and not answered: exactly one more delivery for each crash', async () => {
    await using world = await openWorld();
    const letter = inbound('x02');
    world.lay('one', [letter]);
    for (const crash of [1, 2]) {
      const held = world.inside.holds.at('dot');
      await using gateway = await world.start();
      await held.reached();
      await world.crash(gateway);
      expect(copiesOf(world, letter)).toBe(crash);
    }

    await healed(world);
    expect(copiesOf(world, letter)).toBe(3);
    expect(judge(world.history, { anAccount: 1, aPeer: 0 })).toEqual([]);
  });

  test.for(['DELE', 'QUIT', 'answer to QUIT'] as const)(
    'X04: killed before the %s was heard: nothing comes twice, and it is deleted without being fetched again',
    async (point) => {
      await using world = await openWorld();
      const letters = [inbound('x04-a'), inbound('x04-b')];
      world.lay('one', letters);
      const held = world.tap.holds.at(point);
      await using gateway = await world.start();
      await held.reached();
      await world.crash(gateway);
      expect(letters.map((letter) => copiesOf(world, letter))).toEqual([1, 1]);
      expect(world.left()).toBe(point === 'answer to QUIT' ? 0 : 2);

      await healed(world);
      expect(letters.map((letter) => copiesOf(world, letter))).toEqual([1, 1]);
      expect(letters.map((letter) => fetchesOf(world, letter))).toEqual([1, 1]);
      expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
    },
  );
});

describe('queued mail', () => {
  test('X06: killed when the relay has the final dot and does not answer: one more delivery', async () => {
    await using world = await openWorld();
    const letter = outbound('x06');
    const held = world.relay.holds.at('dot');
    await using gateway = await world.start();
    expect(await handOver(world, letter)).toBe(true);
    await held.reached();
    await world.crash(gateway);
    expect(copiesOf(world, letter)).toBe(1);

    await healed(world);
    expect(copiesOf(world, letter)).toBe(2);
    expect(judge(world.history, { anAccount: 0, aPeer: 1 })).toEqual([]);
  });
});

describe.runIf(await straceWorks())('at one exact step of the disk', () => {
  test('X03: the internal server said 250, and the ledger does not have it yet: exactly one more delivery', async () => {
    await using world = await openWorld();
    const letter = inbound('x03');
    world.lay('one', [letter]);
    const held = world.inside.holds.at('dot');
    await using gateway = await world.start();
    await held.reached();
    await using _ = await killAt(gateway.pid, { file: world.home.file('mailgate.db-wal'), call: 'pwrite64', nth: 1 });
    held.release();
    await died(world, gateway);
    expect(world.history.of('acknowledged')).toHaveLength(1);
    expect(world.history.of('to be deleted')).toEqual([]);

    await healed(world);
    expect(copiesOf(world, letter)).toBe(2);
    expect(judge(world.history, { anAccount: 1, aPeer: 0 })).toEqual([]);
  });

  test('X07: the relay said 250, and the queue does not have it yet: exactly one more delivery', async () => {
    await using world = await openWorld();
    const letter = outbound('x07');
    const held = world.relay.holds.at('dot');
    await using gateway = await world.start();
    expect(await handOver(world, letter)).toBe(true);
    await held.reached();
    await using _ = await killAt(gateway.pid, { file: queueLog(world), call: 'pwrite64', nth: 1 });
    held.release();
    await died(world, gateway);
    expect(world.history.of('acknowledged')).toHaveLength(1);

    await healed(world);
    expect(copiesOf(world, letter)).toBe(2);
    expect(judge(world.history, { anAccount: 0, aPeer: 1 })).toEqual([]);
  });

  test('X05: killed at each step of an outgoing message: it comes twice only if the client was left in doubt', async () => {
    await using world = await openWorld();
    const kills = await killedAtEachSync(world, (n) => outbound(`x05-${n}`));
    expect(kills.length).toBeGreaterThan(2);

    expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
    const doubted = world.history.of('doubted').map(({ id }) => id);
    const twice = world.history.of('delivered').filter(({ id }) => doubted.includes(id));
    expect(twice).toHaveLength(2); // the queue had it, and the client did not know
    expect(new Set(twice.map(({ name }) => name)).size).toBe(2);
    expect(new Set(twice.map(({ messageId }) => messageId)).size).toBe(1);
  }, 240_000);

  test('X08: killed at each step of a message that the relay refuses: the sender gets one report, never two', async () => {
    await using world = await openWorld();
    const kills = await killedAtEachSync(world, (n) => outbound(`x08-${n}`, `gone@${NOBODY}`));
    expect(kills).toContain('the report and the original');
    expect(judge(world.history, NOTHING_TWICE)).toEqual([]);
  }, 240_000);
});

const queueLog = (world: World): string => world.home.file('Outgoing', 'queue.db-wal');

/**
 * Kills the gateway at the first, second, third … sync of its queue, each time with a new letter, until one comes through
 * without being hit. A kill there leaves the step before it on the disk, and nobody knows of it yet.
 */
async function killedAtEachSync(world: World, letterFor: (n: number) => Letter): Promise<string[]> {
  const found: string[] = [];
  await using runs = new AsyncDisposableStack();
  let gateway = runs.use(await world.start());
  for (let nth = 1; ; nth += 1) {
    const letter = letterFor(nth);
    const strace = await killAt(gateway.pid, { file: queueLog(world), call: 'fsync', nth });
    const known = await handOver(world, letter);
    const unhurt = await until('its death, or an empty queue', () => survived(world, gateway));
    await strace[Symbol.asyncDispose]();
    if (unhurt) return found;

    await world.over();
    found.push(await lies(world));
    gateway = runs.use(await world.start());
    if (!known) expect(await handOver(world, letter)).toBe(true);
    await drained(world);
  }
}

/** Undefined: it is not known yet. */
async function survived({ home }: World, { pid }: RunningGateway): Promise<boolean | undefined> {
  const answer = await ask(home, 'queue.list', { limit: 0 }).catch(() => null);
  if (sessionMembers(pid).length === 0) return false;
  return answer?.total === 0 ? true : undefined;
}

/** What a crash has left in the queue. */
async function lies({ home }: World): Promise<string> {
  await using store = await openStore(home.path, { clock: systemClock, log: silentLog });
  const { entries } = await store.queue.list({}, 0, 10);
  const original = entries.some(({ reportOn }) => reportOn === null);
  const report = entries.some(({ reportOn }) => reportOn !== null);
  return [report && 'the report', original && 'the original'].filter((what) => what !== false).join(' and ');
}

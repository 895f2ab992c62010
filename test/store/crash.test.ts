/** A process that is killed while it commits: what it had acknowledged is there, and nothing half-received stays. */
import { randomInt } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { Store } from '../../src/daemon/store/store.ts';
import { startProcess } from '../kit/process.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { bodyOf, NOON, put, RETRY, sha256 } from './mail.ts';

const COMMITTER = new URL('committer.ts', import.meta.url).pathname;

const open = (home: ScratchFolder) => openStore(home.path, { clock: systemClock, log: silentLog });

/** Lets a process commit until it has acknowledged so many messages, and kills it then. */
async function killedAfter(acks: number, home: ScratchFolder): Promise<Map<string, string>> {
  const load = ['--writers', '20', '--rounds', '100000', '--octets', '5000', '--unfinished', '2'];
  await using child = await startProcess([process.execPath, COMMITTER, '--home', home.path, ...load]);
  const acknowledged = () =>
    new Map([...child.output().matchAll(/^ack (\w+) (\w{64})$/gm)].map(([, id = '', digest = '']) => [id, digest]));
  await until(`${acks} acknowledged messages`, () => acknowledged().size >= acks || undefined, {
    otherwise: () => child.output(),
  });
  process.kill(child.pid, 'SIGKILL');
  await until('its end', () => child.code());
  return acknowledged();
}

async function expectAll(store: Store, acknowledged: Map<string, string>, seed: string): Promise<void> {
  for (const [id, digest] of acknowledged) expect(sha256(await bodyOf(store.queue, id)), `${id} ${seed}`).toBe(digest);
}

test('a process killed at any moment has lost nothing that it had acknowledged, and a start leaves nothing half (I01, I13)', async () => {
  await using home = await scratchFolder('crash');
  const acknowledged = new Map<string, string>();
  const kills = Array.from({ length: 6 }, () => randomInt(1, 400));
  const seed = `killed after ${kills.join(', ')}`;

  for (const [round, acks] of kills.entries()) {
    for (const [id, digest] of await killedAfter(acks, home)) {
      expect(acknowledged.has(id), `${id} ${seed}`).toBe(false); // a name never comes again (S19)
      acknowledged.set(id, digest);
    }
    if (round % 2 === 0) continue; // sometimes two crashes without a recovery between them

    await using store = await open(home);
    const { discarded } = await store.queue.recover(NOON);
    expect(discarded, seed).toBe(4); // two half-received bodies of each run
    expect(await store.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 0 });
    await expectAll(store, acknowledged, seed);
  }

  const store = await open(home);
  const counts = await store.queue.counts();
  await store[Symbol.asyncDispose]();
  await using again = await open(home); // a second start changes nothing
  expect(await again.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 0 });
  expect(await again.queue.counts()).toEqual(counts);
  expect(strays(home), seed).toBe(0);
}, 180_000);

/** Rows of bodies that belong to no entry. */
function strays(home: ScratchFolder): number {
  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'), { readOnly: true });
  const row = db.prepare('SELECT count(*) AS n FROM chunk WHERE place / 65536 NOT IN (SELECT n FROM entry)').get();
  return Number(row?.['n']);
}

test('after a crash events are numbered on above all that were told, and the gap is owned up to (G10)', async () => {
  await using home = await scratchFolder('crash');
  const child = await startProcess([process.execPath, new URL('teller.ts', import.meta.url).pathname, home.path]);
  const told = await until('events to be told', () => {
    const [, last = ''] = [...child.output().matchAll(/^told (\d+)$/gm)].at(-1) ?? [];
    return Number(last) > 1_200 ? Number(last) : undefined;
  });
  process.kill(child.pid, 'SIGKILL');
  await until('its end', () => child.code());
  await child.stop();

  await using store = await open(home);
  const { ring } = store;
  expect(ring.lastSeq).toBeGreaterThanOrEqual(told);
  const kept = await ring.read({ seq: 0 }, 100_000);
  expect(kept.complete).toBe(false);
  expect(kept.events.map(({ seq }) => seq)).toEqual(kept.events.map((_, i) => i + 1));
  expect(kept.events.length).toBeGreaterThanOrEqual(500); // those that had gone to disk with others

  ring.append({ type: 'gateway.ready', seq: ring.lastSeq + 1, at: new Date(NOON).toISOString() });
  expect((await ring.read({ seq: told }, 10)).complete).toBe(false);
  expect(await ring.read({ seq: ring.lastSeq }, 10)).toMatchObject({
    events: [{ seq: ring.lastSeq + 1 }],
    complete: true,
  });
}, 120_000);

test('claims of a killed process are taken up by the schedule that they had recorded (I15)', async () => {
  await using home = await scratchFolder('crash');
  let store = await open(home);
  const { id } = await put(store.queue);
  await store[Symbol.asyncDispose]();
  let now = NOON;

  for (const [crash, pause] of [...RETRY, RETRY.at(-1) ?? 0].entries()) {
    const child = await startProcess([
      process.execPath,
      new URL('claimer.ts', import.meta.url).pathname,
      home.path,
      `${now}`,
    ]);
    await until('a claim', () => (child.output().includes('claimed') ? true : undefined), {
      otherwise: () => child.output(),
    });
    process.kill(child.pid, 'SIGKILL');
    await until('its end', () => child.code());
    await child.stop();

    store = await open(home);
    await store.queue.recover(now + 1);
    const next = now + pause;
    expect(await store.queue.get(id)).toMatchObject({ state: 'deferred', attempts: crash + 1, nextAttemptAt: next });
    expect(await store.queue.claim(next - 1, 10, RETRY)).toEqual([]);
    await store[Symbol.asyncDispose]();
    now = next;
  }
}, 120_000);

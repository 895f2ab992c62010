/** A damaged queue database (I12): moved to corrupt/, what is readable recovered, and never silently replaced by an empty one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, copyFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import type { Damaged } from '../../src/daemon/store/queue-work.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { Store } from '../../src/daemon/store/store.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { bodyOf, put, sha256 } from './mail.ts';

const open = (home: ScratchFolder) => openStore(home.path, { clock: systemClock, log: silentLog });
const queueOf = (home: ScratchFolder) => home.file('Outgoing', 'queue.db');
const corruptOf = (home: ScratchFolder) => home.file('Outgoing', 'corrupt');

/** A home with so many messages, large and small, and their digests by name. */
async function filled(messages = 40): Promise<{ home: ScratchFolder; digests: Map<string, string> }> {
  const home = await scratchFolder('damage');
  const store = await open(home);
  const digests = new Map<string, string>();
  for (let n = 0; n < messages; n += 1) {
    const { id, digest } = await put(
      store.queue,
      { subject: `no. ${n}` },
      `${n} ${'x'.repeat(n % 8 === 0 ? 90_000 : 900)}`,
    );
    digests.set(id, digest);
  }
  await store[Symbol.asyncDispose]();
  return { home, digests };
}

/** Opens it; what it tells of damage, and what is there. */
async function afterwards(home: ScratchFolder) {
  const store = await open(home);
  const told: Damaged[] = [];
  store.onDamaged((damaged) => told.push(damaged));
  const left = await inQueue(store);
  return { store, told, left, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** Every message that can be listed can be read to its end, and is what came in. */
async function inQueue(store: Store): Promise<Map<string, string>> {
  const { entries } = await store.queue.list({}, 0, 1_000);
  const found = new Map<string, string>();
  for (const { id } of entries) found.set(id, sha256(await bodyOf(store.queue, id)));
  return found;
}

/** Each message is in the queue as it came, or in corrupt/, or was named in what was told. */
function accountedFor(
  home: ScratchFolder,
  digests: Map<string, string>,
  left: Map<string, string>,
  told: Damaged[],
): void {
  for (const [id, digest] of left) expect(digest).toBe(digests.get(id));
  const files = new Set(existsSync(corruptOf(home)) ? readdirSync(corruptOf(home)) : []);
  for (const { id, file } of told) {
    if (file === '') continue;
    expect(files.has(file), `${id} ${file}`).toBe(true);
    if (id !== 'queue.db') expect(files.has(`${id}.reason`)).toBe(true);
  }
  const lost = [...digests.keys()].filter((id) => !left.has(id));
  if (lost.length > 0) expect(told.map(({ id }) => id)).toContain('queue.db');
}

describe('a queue database that is no file of ours', () => {
  test.each([
    ['empty', async (file: string) => await truncate(file, 0), 'it was empty'],
    [
      'a folder',
      async (file: string) => {
        await rm(file);
        await mkdir(file);
      },
      'it was a folder',
    ],
    [
      'a symbolic link',
      async (file: string) => {
        await rename(file, `${file}.elsewhere`);
        await symlink(`${file}.elsewhere`, file);
      },
      'it was no plain file',
    ],
    [
      'a symbolic link to nothing',
      async (file: string) => {
        await rm(file);
        await symlink(`${file}.nowhere`, file);
      },
      'it was no plain file',
    ],
    ['a shopping list', async (file: string) => await writeFile(file, 'milk\n'.repeat(4_000)), 'it could not be read'],
  ])('%s: it is moved to corrupt/ and told, and mail goes on (I12)', async (_, spoil, why) => {
    const { home } = await filled(3);
    await using _home = home;
    await spoil(queueOf(home));
    await using after = await afterwards(home);
    expect(after.told).toEqual([{ id: 'queue.db', reason: `${why}; 0 messages were recovered`, file: 'queue.db.1' }]);
    expect(readdirSync(corruptOf(home))).toContain('queue.db.1');
    await put(after.store.queue);
    expect((await inQueue(after.store)).size).toBe(1);
  });

  test.runIf(process.getuid?.() === 0)('of another owner: it is moved, and what is in it recovered (I12)', async () => {
    const { home, digests } = await filled(3);
    await using _home = home;
    await chown(queueOf(home), 12_345, 12_345);
    await using after = await afterwards(home);
    expect(after.told).toMatchObject([{ reason: 'it belonged to somebody else; 3 messages were recovered' }]);
    expect(after.left).toEqual(digests);
  });
});

describe('a damaged queue database', () => {
  test('cut at each page: what can be read is recovered, the rest is told, and the start never fails (I12)', async () => {
    const { home, digests } = await filled();
    await using _home = home;
    const whole = home.file('whole.db');
    await copyFile(queueOf(home), whole);
    const pages = readFileSync(whole).length / 8_192;
    expect(pages).toBeGreaterThan(40);

    let most = 0;
    for (let page = 1; page < pages; page += Math.ceil(pages / 30)) {
      await rm(corruptOf(home), { recursive: true, force: true });
      await copyFile(whole, queueOf(home));
      await truncate(queueOf(home), page * 8_192);
      await using after = await afterwards(home);
      accountedFor(home, digests, after.left, after.told);
      expect(after.told[0]?.id, `${page}`).toBe('queue.db');
      most = Math.max(most, after.left.size);
    }
    expect(most).toBeGreaterThan(20); // the bodies lie at its end
  }, 120_000);

  test('with flipped bits in each page in turn: every message is recovered, or named with what is left of it (I12)', async () => {
    const { home, digests } = await filled();
    await using _home = home;
    const whole = readFileSync(queueOf(home));
    const pages = whole.length / 8_192;
    let told = 0;
    for (let page = 1; page < pages; page += Math.ceil(pages / 30)) {
      await rm(corruptOf(home), { recursive: true, force: true });
      const flipped = Buffer.from(whole);
      for (let at = 0; at < 64; at += 1) flipped[page * 8_192 + at] = (flipped[page * 8_192 + at] ?? 0) ^ 0xff;
      await writeFile(queueOf(home), flipped);
      await using after = await afterwards(home);
      accountedFor(home, digests, after.left, after.told);
      // Nothing is lost without its name: it is in the queue, or what is left of it lies in corrupt/.
      const named = new Set([...after.left.keys(), ...after.told.map(({ id }) => id)]);
      expect(
        [...digests.keys()].filter((id) => !named.has(id)),
        `page ${page}`,
      ).toEqual([]);
      told += after.told.length;
    }
    expect(told).toBeGreaterThan(10);
  }, 120_000);

  test('that is found damaged while it is in use is mended there and then, and mail goes on (I12)', async () => {
    const { home, digests } = await filled();
    await using _home = home;
    await using store = await open(home);
    const told: Damaged[] = [];
    store.onDamaged((damaged) => told.push(damaged));
    {
      // Somebody holds it for too long: its connection is given up, and with that what it remembers of its pages.
      using db = new DatabaseSync(queueOf(home));
      db.exec('BEGIN IMMEDIATE');
      await expect(put(store.queue)).rejects.toMatchObject({ name: 'StoreFailure' });
      db.exec('ROLLBACK');
    }
    const whole = readFileSync(queueOf(home));
    await writeFile(queueOf(home), Buffer.concat([whole.subarray(0, 8_192), Buffer.alloc(whole.length - 8_192, 0xaa)]));

    await Promise.allSettled([store.queue.list({ word: 'x' }, 0, 1_000)]); // that which finds it
    const { id } = await put(store.queue);
    expect(digests.has(id)).toBe(false);
    expect(told[0]).toMatchObject({ id: 'queue.db', file: 'queue.db.1' });
    expect((await inQueue(store)).has(id)).toBe(true);
  });

  test('whose rescue was cut short is rescued again at the next start; nothing is begun anew (I12, I13)', async () => {
    const { home, digests } = await filled(5);
    await using _home = home;
    // As a crash leaves it between the move and the end.
    await mkdir(corruptOf(home));
    await rename(queueOf(home), home.file('Outgoing', 'corrupt', 'queue.db.1'));
    await writeFile(`${queueOf(home)}.rescue`, 'half');
    await using after = await afterwards(home);
    expect(after.left).toEqual(digests);
    expect(after.told).toMatchObject([{ reason: 'its rescue was interrupted; 5 messages were recovered' }]);
    expect(existsSync(`${queueOf(home)}.rescue`)).toBe(false);
  });

  test('gives no name twice after it was rescued (S19)', async () => {
    const { home, digests } = await filled(5);
    await using _home = home;
    await truncate(queueOf(home), 8_192 * 3);
    await using after = await afterwards(home);
    const { id } = await put(after.store.queue);
    expect(digests.has(id)).toBe(false);
  });
});

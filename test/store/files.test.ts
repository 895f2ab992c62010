/** The files of the SQLite engine: whose they are, which format they have, and what is done about damaged ones. */
import { readFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import type { Damaged } from '../../src/daemon/store/queue-work.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { bodyOf, NOON, put, RETRY } from './mail.ts';

const FILES = ['mailgate.db', 'events.db', 'Outgoing/queue.db'];

const open = (home: ScratchFolder) => openStore(home.path, { clock: systemClock, log: silentLog });

/** Makes all three files, with something in them. */
async function usedHome(): Promise<ScratchFolder> {
  const home = await scratchFolder('files');
  const store = await open(home);
  await put(store.queue);
  await store.nextSession();
  await store[Symbol.asyncDispose]();
  return home;
}

/** Changes the queue behind the store's back. */
function damage(home: ScratchFolder, sql: string): void {
  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'));
  db.exec(sql);
}

test('only the owner may read what the store writes, while it runs too (I24)', async () => {
  await using home = await scratchFolder('files');
  await using store = await open(home);
  await put(store.queue);
  await store.ring.flush();

  for (const file of FILES.flatMap((name) => [name, `${name}-wal`, `${name}-shm`])) {
    expect([file, (await stat(home.file(file))).mode & 0o777]).toEqual([file, 0o600]);
  }
  expect((await stat(home.file('Outgoing'))).mode & 0o777).toBe(0o700);
});

test('after a good end each database is one file, whole by itself', async () => {
  await using home = await usedHome();
  for (const file of FILES) {
    await expect(stat(home.file(`${file}-wal`))).rejects.toThrow('ENOENT');
    using db = new DatabaseSync(home.file(file), { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  }
});

describe.each(FILES)('%s', (file) => {
  test('written by a newer MailGate, it is refused with its name and a way out, and not touched (I29)', async () => {
    await using home = await usedHome();
    using db = new DatabaseSync(home.file(file));
    db.exec('PRAGMA user_version = 99');
    db.close();
    const before = readFileSync(home.file(file));

    await expect(open(home)).rejects.toMatchObject({
      name: 'StoreFailure',
      message: expect.stringMatching(new RegExp(`${file.split('/').at(-1)}.*newer MailGate.*format 99`)),
    });
    expect(readFileSync(home.file(file)).equals(before)).toBe(true);
  });
});

// The queue is rescued instead: damage.test.ts.
test.each(FILES.filter((file) => file !== 'Outgoing/queue.db'))(
  '%s that is no database is refused with its name, and not replaced (I12)',
  async (file) => {
    await using home = await usedHome();
    const text = 'this was a shopping list\n'.repeat(400);
    await writeFile(home.file(file), text);

    await expect(open(home)).rejects.toMatchObject({ name: 'StoreFailure', message: expect.stringContaining(file) });
    expect(readFileSync(home.file(file), 'utf8')).toBe(text);
  },
);

describe('a damaged message', () => {
  test.each([
    ['an octet is another one', 'UPDATE chunk SET octets = zeroblob(length(octets)) WHERE place % 65536 = 2'],
    ['a part is gone', 'DELETE FROM chunk WHERE place % 65536 = 1'],
    ['its last part is gone', 'DELETE FROM chunk WHERE place % 65536 = 4'],
    ['its digest is another one', `UPDATE entry SET digest = '${'0'.repeat(64)}' WHERE bytes > 1000`],
  ])('is not sent to its end and is held, and the others go on: %s (I12)', async (_, sql) => {
    await using home = await scratchFolder('files');
    const before = await open(home);
    const large = await put(before.queue, {}, 'x'.repeat(300_000));
    const small = await put(before.queue);
    await before[Symbol.asyncDispose]();
    damage(home, sql);

    await using store = await open(home);
    expect((await store.queue.claim(NOON, 9, RETRY)).map(({ id }) => id)).toEqual([large.id, small.id]);
    let octets = 0;
    const read = async () => {
      for await (const chunk of store.queue.read(large.id)) octets += chunk.length;
    };
    await expect(read()).rejects.toMatchObject({ name: 'StoreFailure' });
    expect(octets).toBeLessThan(300_000);
    expect(await store.queue.get(large.id)).toMatchObject({
      state: 'held',
      hold: { by: 'gateway', reason: expect.stringContaining('damaged'), until: null },
    });
    expect((await bodyOf(store.queue, small.id)).length).toBe(small.bytes);
  });

  test('is moved to corrupt/ with its reason once it is held, durable there before it goes, and told (I12)', async () => {
    await using home = await scratchFolder('files');
    const before = await open(home);
    const large = await put(before.queue, { subject: 'large' }, 'x'.repeat(300_000));
    const small = await put(before.queue);
    await before[Symbol.asyncDispose]();
    damage(home, 'DELETE FROM chunk WHERE place % 65536 = 3');

    await using store = await open(home);
    const told: Damaged[] = [];
    store.onDamaged((damaged) => told.push(damaged));
    await store.queue.claim(NOON, 1, RETRY);
    await expect(bodyOf(store.queue, large.id)).rejects.toMatchObject({ name: 'StoreFailure' });
    const reason = '196608 octets of 300000 are there';
    expect(told).toEqual([{ id: large.id, reason, file: '' }]);

    expect(await store.queue.setAside(large.id, reason)).toBe(`${large.id}.tmp`);
    const kept = (name: string) => readFileSync(home.file('Outgoing', 'corrupt', name), 'utf8');
    expect(kept(`${large.id}.tmp`)).toBe('x'.repeat(196_608));
    expect(JSON.parse(kept(`${large.id}.reason`))).toMatchObject({ id: large.id, reason, entry: { subject: 'large' } });
    expect(await store.queue.get(large.id)).toBeNull();
    expect(await store.queue.counts()).toMatchObject({ held: 0, sending: 0, waiting: 1 });

    // The attempt that has met it ends only now: there is nothing to write down any more.
    const attempt = { at: '', ms: 0, relay: '', result: '', transcript: [] };
    await store.queue.settle(large.id, { state: 'deferred' }, attempt);
    expect(await store.queue.setAside(small.id, 'not held')).toBeNull();
    expect((await bodyOf(store.queue, small.id)).length).toBe(small.bytes);
  });

  test('whose envelope cannot be read is held, and its neighbours are claimed and listed with it (I12)', async () => {
    await using home = await scratchFolder('files');
    const before = await open(home);
    const first = await put(before.queue);
    const last = await put(before.queue, { subject: 'the last' });
    await before[Symbol.asyncDispose]();
    damage(home, `UPDATE entry SET recipients = '[{"address"' WHERE subject <> 'the last'`);

    await using store = await open(home);
    expect((await store.queue.claim(NOON, 9, RETRY)).map(({ id }) => id)).toEqual([last.id]);
    const { entries } = await store.queue.list({}, 0, 9);
    expect(entries.map(({ id, state }) => [id, state])).toEqual([
      [first.id, 'held'],
      [last.id, 'sending'],
    ]);
    expect(await store.queue.list({ recipient: '*' }, 0, 9)).toMatchObject({ total: 1, entries: [{ id: last.id }] });
  });
});

import { chmod, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { type Archive, createArchive } from '../../src/daemon/outbound/archive.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { octets, readAll } from '../rules/mail.ts';

const MAIL = 'Subject: x\r\n\r\nHello\r\n';
const entry = { id: 'Pmg1F7B', queuedAt: new Date(2026, 10, 24, 23, 59).getTime() };
const DAY = '2026-11-24';

interface Kept extends AsyncDisposable {
  folder: string;
  archive: Archive;
  problems(): string[];
  /** Of the day's folder. */
  names(): Promise<string[]>;
}

async function openArchive(prepare: (folder: string) => Promise<unknown> = async () => {}): Promise<Kept> {
  const scratch = await scratchFolder('archive');
  const folder = scratch.file('sent', 'mail');
  await prepare(folder);
  const events: GatewayEvent[] = [];
  const bus = createBus(manualClock(), 0, (error) => {
    throw error;
  });
  bus.listen((event) => events.push(event));
  return {
    folder,
    archive: createArchive(folder, bus),
    problems: () =>
      events.flatMap((event) => {
        if (event.type === 'problem.raised') return [`${event.key}: ${event.message.replace(folder, 'FOLDER')}`];
        return event.type === 'problem.cleared' ? [`${event.key} is over`] : [];
      }),
    names: async () => await readdir(join(folder, DAY)).catch(() => []),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

const inTwo = (more: Partial<Body> = {}): Body => ({
  bytes: MAIL.length,
  async *chunks() {
    yield octets(MAIL.slice(0, 12));
    yield octets(MAIL.slice(12));
  },
  ...more,
});

test('a copy of what left stands under its name and the day on which it came, for nobody else to read', async () => {
  await using kept = await openArchive();
  const archiving = kept.archive.archiving(entry, inTwo());
  expect(archiving.body.bytes).toBe(MAIL.length);
  expect(await readAll(archiving.body)).toBe(MAIL);
  expect((await kept.names()).filter((name) => !name.endsWith('.part'))).toEqual([]);

  await archiving.keep();
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
  const path = join(kept.folder, DAY, 'Pmg1F7B.eml');
  expect(await readFile(path, 'latin1')).toBe(MAIL);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(kept.folder, DAY))).mode & 0o777).toBe(0o700);
  expect(kept.problems()).toEqual([]);
});

test('of a message that nobody has had nothing stays', async () => {
  await using kept = await openArchive();
  const archiving = kept.archive.archiving(entry, inTwo());
  await readAll(archiving.body);
  await archiving.discard();
  expect(await kept.names()).toEqual([]);
});

test('a later attempt puts its copy in place of the earlier one, and keeping it twice is keeping it once', async () => {
  await using kept = await openArchive();
  for (const text of ['first', 'second']) {
    const archiving = kept.archive.archiving(entry, bodyOf(octets(text)));
    await readAll(archiving.body);
    await archiving.keep();
    await archiving.keep();
    await archiving.discard();
  }
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
  expect(await readFile(join(kept.folder, DAY, 'Pmg1F7B.eml'), 'latin1')).toBe('second');
});

test('a reading that broke off leaves no copy; the next one does', async () => {
  await using kept = await openArchive();
  const archiving = kept.archive.archiving(entry, inTwo());
  for await (const chunk of archiving.body.chunks()) {
    expect(chunk.length).toBe(12);
    break;
  }
  await readAll(archiving.body);
  await archiving.keep();
  expect(await readFile(join(kept.folder, DAY, 'Pmg1F7B.eml'), 'latin1')).toBe(MAIL);
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
});

test('of two readings side by side the whole message is kept, whichever of them ends', async () => {
  await using kept = await openArchive();
  const archiving = kept.archive.archiving(entry, inTwo());
  const first = archiving.body.chunks()[Symbol.asyncIterator]();
  await first.next();
  expect(await readAll(archiving.body)).toBe(MAIL);
  await archiving.keep();
  expect(await readFile(join(kept.folder, DAY, 'Pmg1F7B.eml'), 'latin1')).toBe(MAIL);
  while ((await first.next()).done !== true);
  expect(await readFile(join(kept.folder, DAY, 'Pmg1F7B.eml'), 'latin1')).toBe(MAIL);
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
  expect(kept.problems()).toEqual([]);
});

test('I12: a message that cannot be read fails as it would without an archive, and is not kept', async () => {
  await using kept = await openArchive();
  const damaged = inTwo({
    async *chunks() {
      yield octets('half');
      throw new Error('the digest differs');
    },
  });
  const archiving = kept.archive.archiving(entry, damaged);
  await expect(readAll(archiving.body)).rejects.toThrow('the digest differs');
  await archiving.discard();
  expect(await kept.names()).toEqual([]);
});

test('where no copy can be written the mail goes on, the problem is said once, and is over with the next copy', async () => {
  await using kept = await openArchive(async (folder) => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file, no folder');
  });
  for (let attempt = 0; attempt < 2; attempt++) {
    const archiving = kept.archive.archiving(entry, inTwo());
    expect(await readAll(archiving.body)).toBe(MAIL);
    await archiving.keep();
  }
  expect(kept.problems()).toEqual([expect.stringMatching(/^archive: Sent messages are not archived in FOLDER: E/)]);

  await rm(kept.folder);
  const archiving = kept.archive.archiving(entry, inTwo());
  await readAll(archiving.body);
  await archiving.keep();
  expect(kept.problems().slice(1)).toEqual(['archive is over']);
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
});

test('a copy that cannot get its name is a problem, and nothing half stays', async () => {
  await using kept = await openArchive();
  await mkdir(join(kept.folder, DAY, 'Pmg1F7B.eml', 'in the way'), { recursive: true });
  const archiving = kept.archive.archiving(entry, inTwo());
  await readAll(archiving.body);
  await archiving.keep();
  expect(kept.problems()).toHaveLength(1);
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
});

test('what a crash left half written goes at the next start, and nothing else', async () => {
  await using kept = await openArchive(async (folder) => {
    await mkdir(join(folder, DAY), { recursive: true });
    for (const name of ['Pmg1.eml.1.part', 'Pmg2.eml', 'note.txt']) await writeFile(join(folder, DAY, name), 'x');
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other', 'film.part'), 'x');
    await chmod(folder, 0o700);
  });
  const archiving = kept.archive.archiving(entry, inTwo());
  await readAll(archiving.body);
  await archiving.keep();
  expect((await kept.names()).toSorted()).toEqual(['Pmg1F7B.eml', 'Pmg2.eml', 'note.txt']);
  expect(await readdir(join(kept.folder, 'other'))).toEqual(['film.part']);
});

test('a reading that nobody ends leaves neither a file nor an open one, once the message is settled', async () => {
  await using kept = await openArchive();
  const openFiles = async () =>
    (
      await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    ).filter((path) => path.startsWith(kept.folder));
  for (const settle of ['discard', 'keep'] as const) {
    const archiving = kept.archive.archiving(entry, inTwo());
    const reading = archiving.body.chunks()[Symbol.asyncIterator]();
    await reading.next();
    expect(await openFiles()).toHaveLength(1);
    await archiving[settle]();
    expect(await openFiles()).toEqual([]);
    expect(await kept.names()).toEqual(settle === 'keep' ? ['Pmg1F7B.eml'] : []);
    expect((await reading.next()).done).toBe(false);
  }
  expect(kept.problems()).toEqual([]);
});

test('after a first try that came to nothing the second one is kept', async () => {
  await using kept = await openArchive();
  const archiving = kept.archive.archiving(entry, inTwo());
  await readAll(archiving.body);
  await archiving.discard();
  expect(await readAll(archiving.body)).toBe(MAIL);
  await archiving.keep();
  expect(await readFile(join(kept.folder, DAY, 'Pmg1F7B.eml'), 'latin1')).toBe(MAIL);
  expect(await kept.names()).toEqual(['Pmg1F7B.eml']);
});

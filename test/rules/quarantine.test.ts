import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/daemon/base/log.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { type Held, openQuarantine, type Quarantine } from '../../src/daemon/rules/quarantine.ts';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { keptMessage } from './held.ts';
import { octets, readAll } from './mail.ts';

const openIn = (home: ScratchFolder) => openQuarantine(home.path, { log: silentLog });

function put(quarantine: Quarantine, n: number, given: Partial<Held & { body: Body }> = {}): Promise<string> {
  const { text, ...held } = keptMessage(n, n);
  return quarantine.put({ ...held, body: bodyOf(octets(text)), ...given });
}

async function held(quarantine: Quarantine): Promise<string[]> {
  return (await quarantine.list(0, 100)).messages.map(({ subject }) => subject);
}

test('MSG10, MSG14: a message comes out octet for octet, also in part, and with all that is known of it', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(500), async (bytes, part) => {
      const id = await put(quarantine, 1, { body: bodyOf(bytes), bytes: bytes.length });
      const opened = await quarantine.open(id);
      expect(opened?.bytes).toBe(bytes.length);
      const whole = Buffer.from(bytes).toString('latin1');
      expect(opened && (await readAll(opened))).toBe(whole);
      expect(Buffer.from((await quarantine.head(id, part)) ?? []).toString('latin1')).toBe(whole.slice(0, part));
    }),
    { numRuns: 30 },
  );
  const { text: _text, ...known } = keptMessage(7, 7);
  const id = await put(quarantine, 7);
  expect(await quarantine.get(id)).toEqual({ id, ...known });
});

test('what was put stays over a restart, and is its owner\u2019s alone', async () => {
  await using home = await scratchFolder('quar');
  const id = await put(await openIn(home), 1);
  const again = await openIn(home);
  expect(await held(again)).toEqual(['Number 1']);
  for (const name of [`${id}.eml`, `${id}.json`])
    expect((await stat(home.file('Quarantine', name))).mode & 0o777).toBe(0o600);
  expect((await stat(home.file('Quarantine'))).mode & 0o777).toBe(0o700);
});

test('X03: put twice, a message is one entry, and the first one; the same under another UIDL or account is another', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  const id = await put(quarantine, 1);
  expect(await put(await openIn(home), 1, { at: 99, why: 'another reason' })).toBe(id);
  expect(await quarantine.get(id)).toMatchObject({ at: 1, why: 'it fits *' });
  expect(await put(quarantine, 1, { uidl: 'other' })).not.toBe(id);
  expect(await put(quarantine, 1, { account: 'other' })).not.toBe(id);
  expect(await put(quarantine, 1, { account: 'sales"', uidl: '' })).not.toBe(
    await put(quarantine, 1, { account: 'sales', uidl: '"' }),
  );
});

test('the list is newest first, in pages, and follows what is put and removed', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  const ids = [];
  for (const n of [3, 1, 2]) ids.push(await put(quarantine, n));
  expect(await held(quarantine)).toEqual(['Number 3', 'Number 2', 'Number 1']);
  ids.push(await put(quarantine, 4));
  expect(await quarantine.list(1, 2)).toMatchObject({ total: 4, messages: [{ at: 3 }, { at: 2 }] });
  expect(await quarantine.remove([ids[0] ?? '', 'nobody', '../../etc/passwd'])).toEqual([ids[0]]);
  expect(await held(quarantine)).toEqual(['Number 4', 'Number 2', 'Number 1']);
  expect(await readdir(home.file('Quarantine'))).toHaveLength(6);
});

test('what is old is removed, and nothing else', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  const ids = [await put(quarantine, 1), await put(quarantine, 2), await put(quarantine, 3)];
  expect((await quarantine.expire(3)).toSorted()).toEqual(ids.slice(0, 2).toSorted());
  expect(await held(quarantine)).toEqual(['Number 3']);
  expect(await quarantine.expire(3)).toEqual([]);
});

test('MSG11: no text of a message, and no id that is not ours, becomes a path', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  await writeFile(home.file('secret.json'), '{}');
  await writeFile(home.file('secret.eml'), 'secret');
  await put(quarantine, 1, { account: '../../x', uidl: '/etc/passwd\0', subject: '\n', recipients: ['../x@y'] });
  for (const name of await readdir(home.file('Quarantine'))) expect(name).toMatch(/^[0-9a-f]{32}\.(eml|json)$/);
  expect(await readdir(home.path)).toHaveLength(3);
  for (const id of ['../secret', 'secret/../../secret', '', '.', 'a'.repeat(65), 'x\0', 'é']) {
    expect(await quarantine.get(id)).toBeNull();
    expect(await quarantine.open(id)).toBeNull();
    expect(await quarantine.head(id, 10)).toBeNull();
    expect(await quarantine.remove([id])).toEqual([]);
  }
});

test('what a crash left half written is cleared away when it is opened, and nothing else', async () => {
  await using home = await scratchFolder('quar');
  await put(await openIn(home), 1);
  await writeFile(home.file('Quarantine', 'left.tmp'), 'half');
  await writeFile(home.file('Quarantine', 'abc.eml'), 'without a description');
  await writeFile(home.file('Quarantine', 'README'), 'by a person');
  const quarantine = await openIn(home);
  expect(await held(quarantine)).toEqual(['Number 1']);
  expect((await readdir(home.file('Quarantine'))).map((name) => name.replace(/^.*\./, '')).toSorted()).toEqual([
    'README',
    'eml',
    'json',
  ]);
});

test('I12: a message whose description was damaged is still listed, and can be looked at and removed', async () => {
  await using home = await scratchFolder('quar');
  const id = await put(await openIn(home), 1);
  for (const damage of ['', '{', '[]', 'null', '{"account":1}', '\u0000\u0000']) {
    await writeFile(home.file('Quarantine', `${id}.json`), damage);
    const quarantine = await openIn(home);
    expect(await quarantine.list(0, 10)).toMatchObject({
      total: 1,
      messages: [{ id, why: expect.stringContaining('cannot be read') as string }],
    });
    expect((await quarantine.head(id, 5))?.length).toBe(5);
  }
  expect(await (await openIn(home)).remove([id])).toEqual([id]);
});

test('I08: a disk that does not do as it should is a failure that the caller sees', async () => {
  await using home = await scratchFolder('quar');
  await writeFile(home.file('Quarantine'), 'a file');
  await expect(openIn(home)).rejects.toBeInstanceOf(StoreFailure);

  await using other = await scratchFolder('quar');
  const quarantine = await openIn(other);
  const id = await put(quarantine, 1);
  const opened = await quarantine.open(id);
  await mkdir(other.file('Quarantine', 'x'));
  await writeFile(other.file('Quarantine', `${id}.eml`), 'cut');
  await expect(opened && readAll(opened)).rejects.toBeInstanceOf(StoreFailure);
});

test('a body that cannot be read leaves nothing behind', async () => {
  await using home = await scratchFolder('quar');
  const quarantine = await openIn(home);
  const broken: Body = {
    bytes: 10,
    async *chunks() {
      yield octets('half');
      throw new Error('gone');
    },
  };
  await expect(put(quarantine, 1, { body: broken })).rejects.toThrow('gone');
  expect(await readdir(home.file('Quarantine'))).toEqual([]);
});

test('the description is plain text that a person can read', async () => {
  await using home = await scratchFolder('quar');
  const id = await put(await openIn(home), 1);
  expect(JSON.parse(await readFile(home.file('Quarantine', `${id}.json`), 'utf8'))).toMatchObject({
    subject: 'Number 1',
  });
});

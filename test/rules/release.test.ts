import { expect, test } from 'vitest';
import { silentLog } from '../../src/daemon/base/log.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { openQuarantine } from '../../src/daemon/rules/quarantine.ts';
import { type Released, releaseFrom } from '../../src/daemon/rules/release.ts';
import type { RecipientResult } from '../../src/daemon/smtp/conversation.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { keptMessage } from './held.ts';
import { octets, readAll } from './mail.ts';

const never = new AbortController().signal;

const result = (address: string, code: number): RecipientResult => ({
  ...{ address, code, reply: `${code} said` },
  outcome: code < 300 ? 'sent' : code < 500 ? 'deferred' : 'failed',
});

/** A quarantine with one message, and an internal server that answers as it is told. */
async function world(home: string) {
  const quarantine = await openQuarantine(home, { log: silentLog });
  const { text, ...held } = keptMessage(1, 1);
  const id = await quarantine.put({ ...held, body: bodyOf(octets(text)) });
  const server = { codes: {} as Record<string, number>, unreached: null as string | null, had: [] as Released[] };
  const release = releaseFrom(quarantine, async (released) => {
    server.had.push(released);
    const results = released.recipients.map((address) => result(address, server.codes[address] ?? 250));
    return { results: server.unreached === null ? results : [], unreached: server.unreached };
  });
  return { quarantine, id, text, server, release };
}

test('a message that is released goes to its recipients as it came, and is removed after their 250', async () => {
  await using home = await scratchFolder('quar');
  const { quarantine, id, text, server, release } = await world(home.path);
  expect(await release(id, null, never)).toMatchObject({ is: 'released' });
  const [had] = server.had;
  expect(had?.recipients).toEqual(['anna@firma.example', 'max@firma.example']);
  expect(had?.message.sender).toBe('eve@evil.example');
  expect(Buffer.from(had?.headerOctets ?? []).toString()).toBe('From: eve@evil.example\r\nSubject: Number 1\r\n');
  expect(await quarantine.get(id)).toBeNull();
  expect(text).toContain('body body');
});

test('what the internal server is handed are the octets that came', async () => {
  await using home = await scratchFolder('quar');
  const { quarantine, id, text } = await world(home.path);
  let handed = '';
  const release = releaseFrom(quarantine, async ({ body, recipients }) => {
    handed = await readAll(body);
    return { results: recipients.map((address) => result(address, 250)), unreached: null };
  });
  await release(id, null, never);
  expect(handed).toBe(text);
});

test('I03: who has had it does not get it again, and the others still can', async () => {
  await using home = await scratchFolder('quar');
  const { quarantine, id, server, release } = await world(home.path);
  server.codes = { 'max@firma.example': 451 };
  expect(await release(id, null, never)).toMatchObject({ is: 'stays', why: '451 said' });
  expect(await quarantine.get(id)).toMatchObject({ recipients: ['max@firma.example'] });

  server.codes = {};
  expect((await release(id, null, never)).is).toBe('released');
  expect(server.had.map(({ recipients }) => recipients)).toEqual([
    ['anna@firma.example', 'max@firma.example'],
    ['max@firma.example'],
  ]);
});

test('while the internal server is away or refuses, it stays as it was', async () => {
  await using home = await scratchFolder('quar');
  const { quarantine, id, server, release } = await world(home.path);
  const before = await quarantine.get(id);
  server.unreached = 'Connection refused';
  expect(await release(id, null, never)).toEqual({ is: 'stays', results: [], why: 'Connection refused' });
  server.unreached = null;
  server.codes = { 'max@firma.example': 550, 'anna@firma.example': 550 };
  expect(await release(id, null, never)).toMatchObject({ is: 'stays', why: '550 said' });
  expect(await quarantine.get(id)).toEqual(before);
});

test('it goes to somebody else where an operator says so, and nowhere when there is nobody', async () => {
  await using home = await scratchFolder('quar');
  const { quarantine, id, server, release } = await world(home.path);
  await quarantine.keepFor(id, []);
  expect(await release(id, null, never)).toMatchObject({ is: 'stays' });
  expect(server.had).toEqual([]);
  expect((await release(id, ['postmaster@firma.example'], never)).is).toBe('released');
  expect(await release(id, null, never)).toEqual({ is: 'missing' });
});

test('two who release one message at once deliver it once', async () => {
  await using home = await scratchFolder('quar');
  const { id, server, release } = await world(home.path);
  const both = await Promise.all([release(id, null, never), release(id, null, never)]);
  expect(both.map(({ is }) => is)).toEqual(['released', 'stays']);
  expect(server.had).toHaveLength(1);
});

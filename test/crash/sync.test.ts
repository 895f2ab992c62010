/** What the disk had before somebody was told: read from the system calls of the running gateway. */
import { describe, expect, test } from 'vitest';
import { chanceOf, SEED } from './chance.ts';
import { type Letter, letterOf, writeLetter } from './letters.ts';
import { openSubmission } from './submission.ts';
import { type Call, callsOf, straceWorks, watchCalls } from './strace.ts';
import { drained } from './traffic.ts';
import { ABROAD, ANNA, openWorld, SALES, type World } from './world.ts';

/** Strings long enough for a page of the database, so that a message's marks are seen on their way to the disk. */
const WATCHED = ['-y', '-s', '16400', '-e', 'trace=read,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync'];

/** The envelope's sender stands in no octet of the message: where it is written, the message is made part of the queue. */
function letters(count: number): Letter[] {
  return Array.from({ length: count }, (_, n) => ({
    ...letterOf(`sync-${n}-`, { sender: SALES, to: [ABROAD] }, Buffer.from(`body-${n}-\r\n`)),
    sender: `from-${n}-@company.example`,
  }));
}

/** Each client hands its share over, one letter after the other. */
async function handOver(world: World, all: Letter[], clients: number): Promise<void> {
  const waiting = [...all];
  const client = async () => {
    await using submission = await openSubmission(world.port);
    for (let letter = waiting.shift(); letter !== undefined; letter = waiting.shift())
      expect((await submission?.send(letter))?.kind).toBe('queued');
  };
  await Promise.all(Array.from({ length: clients }, client));
}

interface Acknowledged {
  readonly id: string;
  /** A sync of the queue's log began when its row was written, and returned after its final dot was read and before its 250 was written. */
  readonly durable: boolean;
}

/** Pure: what the calls show of each 250. */
function acknowledgements(calls: Call[], all: Letter[]): { acknowledged: Acknowledged[]; syncs: number } {
  const byBody = new Map(all.map((letter) => [/body-\d+-/.exec(letter.octets.toString())?.[0] ?? '', letter]));
  const written = (sender: string) =>
    calls.find(({ name, text }) => name === 'pwrite64' && onQueue(text) && text.includes(sender));
  const syncs = calls.filter(({ name, text }) => /^f(data)?sync$/.test(name) && onQueue(text) && text.endsWith('= 0'));

  const letters = new Map<string, Letter>();
  const dots = new Map<string, Call>();
  const acknowledged: Acknowledged[] = [];
  for (const call of calls) {
    if (call.name === 'read') {
      const letter = byBody.get(/body-\d+-/.exec(call.text)?.[0] ?? '');
      if (letter) letters.set(call.on, letter);
      if (/["n]\.\\r\\n"/.test(call.text)) dots.set(call.on, call);
      continue;
    }
    if (!call.text.includes('"250 2.0.0 Queued as Pmg')) continue;

    const [letter, dot] = [letters.get(call.on), dots.get(call.on)];
    if (!letter || !dot) throw new Error(`nobody had asked for: ${call.text}`);
    const row = written(letter.sender);
    const durable = syncs.some(
      (sync) => row !== undefined && sync.entered > row.left && sync.left > dot.left && sync.left < call.entered,
    );
    acknowledged.push({ id: letter.id, durable });
  }
  return { acknowledged, syncs: syncs.length };
}

const onQueue = (text: string): boolean => text.includes('/Outgoing/queue.db-wal>');
const onLedger = (text: string): boolean => text.includes('/mailgate.db-wal>');

describe.runIf(await straceWorks())('system calls of the running gateway', () => {
  test('I07: the sync that holds a message has returned before its 250 is written', async () => {
    await using world = await openWorld();
    await using gateway = await world.start();
    const all = letters(10);
    await using strace = await watchCalls(gateway.pid, world.home.file('strace.log'), WATCHED);
    await handOver(world, all, 1);
    await drained(world);

    const { acknowledged } = acknowledgements(callsOf(await strace.finish()), all);
    expect(acknowledged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(acknowledged.filter(({ durable }) => !durable)).toEqual([]);
  });

  test('I07: fifty clients at once share syncs, and none of them is told too early', async () => {
    await using world = await openWorld({ holdAll: true }); // nothing but what comes in is written then
    await using gateway = await world.start();
    const all = letters(200);
    await using strace = await watchCalls(gateway.pid, world.home.file('strace.log'), WATCHED);
    await handOver(world, all, 50);

    const { acknowledged, syncs } = acknowledgements(callsOf(await strace.finish()), all);
    expect(new Set(acknowledged.map(({ id }) => id)).size).toBe(all.length);
    expect(acknowledged.filter(({ durable }) => !durable)).toEqual([]);
    expect(syncs).toBeGreaterThan(0);
    expect(syncs).toBeLessThan(all.length);
  });

  test('I03: DELE is written when the internal server has said 250 and the ledger has been synced, and not before', async () => {
    await using world = await openWorld();
    await using gateway = await world.start();
    await using strace = await watchCalls(gateway.pid, world.home.file('strace.log'), WATCHED);
    const chance = chanceOf(SEED);
    const three = ['a', 'b', 'c'].map((id) => writeLetter(id, { sender: ABROAD, to: [ANNA] }, chance));
    world.lay('one', three);
    await drained(world);

    const calls = callsOf(await strace.finish());
    const taken = calls.filter(({ name, text }) => name === 'read' && text.includes('"250 2.0.0 Ok: taken'));
    const syncs = calls.filter(({ name, text }) => /^f(data)?sync$/.test(name) && onLedger(text));
    const deletes = calls.filter(({ name, text }) => name !== 'read' && /[n"]DELE \d/.test(text));
    expect(taken).toHaveLength(3);
    expect(deletes.flatMap(({ text }) => text.match(/DELE \d/g))).toHaveLength(3);

    for (const [n, handed] of taken.entries()) {
      // The demo's server calls them added-1, added-2, added-3, in the order in which they were laid there.
      const row = calls.find(
        ({ name, text, entered }) =>
          name === 'pwrite64' && onLedger(text) && text.includes(`added-${n + 1}`) && entered > handed.left,
      );
      const sync = syncs.find(({ entered }) => row !== undefined && entered > row.left);
      expect(sync?.left, `the sync for message ${n + 1}`).toBeLessThan(deletes[0]?.entered ?? 0);
    }
  });
});

/** The headers of many messages by pipelined TOP, for a list that a person looks at (S61, G08). */
import { expect, test } from 'vitest';
import { LONGEST_HEADER_BLOCK } from '../../src/daemon/base/limits.ts';
import { type Act, closes, hears, says, sends } from '../kit/misbehaving-pop3.ts';
import { entered, openOn, text } from './acts.ts';

const shown = (tops: ReadonlyMap<number, Uint8Array>) =>
  [...tops].map(([number, octets]) => [number, Buffer.from(octets).toString('latin1')]);

test('TOPs are in flight together, and one that is refused is only missing (S61)', async () => {
  const acts: Act[] = [
    ...entered({ messages: 3 }),
    ...[1, 2, 3].map((number) => hears(`TOP ${number} 0`)), // all before the first answer
    ...[text('A: 1', ''), says('-ERR no such message'), text('A: 3', '', '..dotted')],
    ...[hears('QUIT'), says('+OK')],
  ];
  await using at = await openOn(acts);

  const tops = await at.mailbox.tops([1, 2, 3], 0);
  if (!tops.ok) throw new Error(tops.failure.message);
  expect(shown(tops.value)).toEqual([
    [1, 'A: 1\r\n\r\n'],
    [3, 'A: 3\r\n\r\n.dotted\r\n'],
  ]);
  expect(await at.mailbox.quit()).toMatchObject({ ok: true });
  expect(at.server.problems).toEqual([]);
});

test('a server without PIPELINING gets one TOP after the other', async () => {
  const acts: Act[] = [
    ...entered({ pipelining: false }),
    ...[1, 2].flatMap((number) => [hears(`TOP ${number} 0`), text(`A: ${number}`, '')]),
    ...[hears('QUIT'), says('+OK')],
  ];
  await using at = await openOn(acts);
  expect(await at.mailbox.tops([1, 2], 0)).toMatchObject({ ok: true });
  await at.mailbox.quit();
  expect(at.server.problems).toEqual([]);
});

test('of a header that is too long the beginning is kept, and the others come (MSG05)', async () => {
  const long = `A: ${'x'.repeat(3_000_000)}`;
  const acts: Act[] = [...entered(), hears('TOP 1 0'), hears('TOP 2 0'), text(long, ''), text('A: 2', '')];
  await using at = await openOn(acts);
  const tops = await at.mailbox.tops([1, 2], 0);
  if (!tops.ok) throw new Error(tops.failure.message);
  expect([...tops.value].map(([number, octets]) => [number, octets.length])).toEqual([
    [1, LONGEST_HEADER_BLOCK],
    [2, 8],
  ]);
});

test('a text without an end ends the session (POP11)', async () => {
  const flood = Buffer.alloc(1_000_000, 'x');
  const acts: Act[] = [...entered(), hears('TOP 1 0'), says('+OK'), ...Array.from({ length: 40 }, () => sends(flood))];
  await using at = await openOn(acts);
  expect(await at.mailbox.tops([1], 0)).toMatchObject({
    ok: false,
    failure: { kind: 'protocol', message: expect.stringContaining('message 1') },
  });
});

test('a connection that is cut in the middle is told as such (S71)', async () => {
  const acts: Act[] = [
    ...entered(),
    ...[hears('TOP 1 0'), hears('TOP 2 0')],
    ...[text('A: 1', ''), sends('+OK\r\nA: '), closes],
  ];
  await using at = await openOn(acts);
  expect(await at.mailbox.tops([1, 2], 0)).toMatchObject({ ok: false, failure: { kind: 'disconnected' } });
});

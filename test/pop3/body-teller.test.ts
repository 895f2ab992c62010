/** Bodies in a trace: nothing, their first lines, or all of them (S91, S92, traces of level 1 and 2). */
import { expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { BodyTeller } from '../../src/daemon/pop3/body-teller.ts';
import { CANARY, openedAt, type Recorder, recorder } from '../kit/pop3-download.ts';

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);

function tell(bodies: 'head' | 'whole', packets: readonly string[], whole = true): string[] {
  const told: string[] = [];
  const teller = new BodyTeller(bodies, (direction, line) => told.push(`${direction} ${line}`));
  for (const packet of packets) teller.take(Buffer.from(packet));
  teller.end(whole);
  return told;
}

const body = (count: number) => lines(count).join('\r\n').concat('\r\n');

test('the whole body, line by line, and its final dot', () => {
  expect(tell('whole', [body(20)])).toEqual([...lines(20).map((line) => `< ${line}`), '< .']);
});

test('the first twelve lines, and a remark about the rest', () => {
  const text = body(12) + 'x'.repeat(7_610) + '\r\n';

  expect(tell('head', [text])).toEqual([...lines(12).map((line) => `< ${line}`), '* (… 7,612 more octets)', '< .']);
});

test('no remark where nothing is left', () => {
  expect(tell('head', [body(12)])).toEqual([...lines(12).map((line) => `< ${line}`), '< .']);
  expect(tell('head', [body(3)])).toEqual(['< line 1', '< line 2', '< line 3', '< .']);
  expect(tell('head', [])).toEqual(['< .']);
});

test('packets change nothing', () => {
  for (const bodies of ['head', 'whole'] as const) {
    expect(tell(bodies, body(30).split(''))).toEqual(tell(bodies, [body(30)]));
  }
});

test('a line of 100 KB is told in pieces, which together are the line', () => {
  const told = tell('whole', ['a\r\n', 'y'.repeat(60_000), `${'z'.repeat(40_000)}\r\n`, 'b\r\n']);

  expect(told.at(0)).toBe('< a');
  expect(told.slice(-2)).toEqual(['< b', '< .']);
  expect(
    told
      .slice(1, -2)
      .map((line) => line.slice(2))
      .join(''),
  ).toBe('y'.repeat(60_000) + 'z'.repeat(40_000));
  expect(Math.max(...told.map((line) => line.length))).toBeLessThan(9_000);
});

test('a body that was cut has no final dot, and its last half line is shown', () => {
  expect(tell('whole', ['a\r\nhal'], false)).toEqual(['< a', '< hal']);
});

async function retrieveThree(change: (dialogue: Recorder, number: number) => void): Promise<string[]> {
  const message = Buffer.from(`Subject: x\r\n\r\n${body(20)}`);
  const messages = [1, 2, 3].map((number) => ({ uidl: `${number}`, bytes: message }));
  await using server = await startPop3Server({ accounts: [{ name: 'anna', password: CANARY, messages }] });
  const dialogue = recorder('none');
  const mailbox = await openedAt({ port: server.port, dialogue });
  await mailbox.list();
  dialogue.told.length = 0;
  for await (const { number } of mailbox.retrieve([1, 2, 3], { maxBytes: 0 })) change(dialogue, number);
  await mailbox.quit();
  return dialogue.told;
}

test('S91: the trace can be switched on, down and off in the middle of a session: each body asks anew', async () => {
  const told = await retrieveThree((dialogue, number) => {
    dialogue.bodies = number === 1 ? 'whole' : 'head';
  });
  const [first, second, third] = told
    .filter((line) => !line.startsWith('>'))
    .join('\n')
    .split(/< \+OK \d+ octets/)
    .slice(1)
    .map((part) => part.split('\n').filter((line) => line !== ''));

  expect(first).toEqual([]);
  expect(second).toEqual(['< Subject: x', '< ', ...lines(20).map((line) => `< ${line}`), '< .']);
  expect(third?.slice(0, 12)).toEqual(['< Subject: x', '< ', ...lines(10).map((line) => `< ${line}`)]);
  expect(third?.[12]).toMatch(/^\* \(… \d+ more octets\)$/);
});

test('S92: what we say comes before what answers it', async () => {
  const told = await retrieveThree(() => {});

  expect(told.slice(0, 3)).toEqual(['> RETR 1', '> RETR 2', '> RETR 3']);
  expect(told.slice(-2)).toEqual(['> QUIT', '< +OK bye']);
});

/** A conversation cut at each of its octets, and random mail cut into random packets (I04, I21, POP19, POP21). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stuffed } from '../../demo/pop3-text.ts';
import { type Act, hears, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { download } from '../kit/pop3-download.ts';
import { entered, listed } from './acts.ts';

const mail = [Buffer.from('A: b\r\n\r\n.one\r\n'), Buffer.from('A: b\r\n\r\n\r\n..\r\n')];

function conversation(messages: readonly Buffer[]): Act[] {
  return [
    ...entered(),
    ...listed(...messages.map(({ length }) => length)),
    ...messages.map((_, index) => hears(`RETR ${index + 1}`)),
    ...messages.map((message) =>
      sends(Buffer.concat([Buffer.from('+OK\r\n'), ...stuffed(message), Buffer.from('.\r\n')])),
    ),
    ...messages.map((_, index) => hears(`DELE ${index + 1}`)),
    ...messages.map(() => says('+OK')),
    hears('QUIT'),
    says('+OK'),
  ];
}

const octetsOf = (acts: readonly Act[]) =>
  acts.reduce((sum, act) => sum + (act.does === 'send' ? act.octets.length : 0), 0);

const acts = conversation(mail);
const octets = octetsOf(acts);

test('POP19, I04: cut after any octet, each message came whole or not at all, and only a confirmed QUIT is one', async () => {
  for (let closeAfter = 0; closeAfter < octets; closeAfter += 1) {
    await using server = await startMisbehavingPop3([acts], { closeAfter });
    const { lines, messages } = await download({ port: server.port });

    for (const [number, bytes] of messages)
      expect(bytes, `message ${number}, cut at ${closeAfter}`).toEqual(mail[number - 1]);
    // Something failed, and the words for it are S71's.
    const failures = lines.filter((line) => !/^(?:message|deleted|quit: ok)/.test(line));
    expect(failures.length, `cut at ${closeAfter}: ${lines.join(' | ')}`).toBeGreaterThan(0);
    expect(failures.join()).toContain(
      'Unexpected disconnection from POP3 server: The server has closed the connection',
    );
    expect(server.problems.filter((problem) => !problem.endsWith('hung up'))).toEqual([]);
  }
});

test('cut into two packets after any octet, nothing changes', async () => {
  const whole = ['message 1: 14 octets', 'message 2: 14 octets', 'deleted: 1 2', 'quit: ok'];
  for (let cut = 1; cut < Math.max(...acts.map((act) => (act.does === 'send' ? act.octets.length : 0))); cut += 1) {
    await using server = await startMisbehavingPop3([acts], {
      packets: (sent) => [sent.subarray(0, cut), sent.subarray(cut)],
    });

    expect((await download({ port: server.port })).lines, `cut at ${cut}`).toEqual(whole);
  }
});

const octet = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x2e, 0x2e, 0x00, 0x61) },
  fc.integer({ min: 0, max: 255 }),
);
const message = fc.array(octet, { maxLength: 300 }).map((list) => Buffer.from(list));

test('I21, POP21: random messages come as they are, whatever the packets', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(400), { maxLength: 8 }),
      async (random, cuts) => {
        const packets = (sent: Buffer) => cutAt(sent, cuts);
        await using server = await startMisbehavingPop3([conversation(random.map(ended))], { packets });
        const { lines, messages } = await download({ port: server.port });

        expect(lines.at(-1)).toBe('quit: ok');
        expect([...messages.values()]).toEqual(random.map(ended));
      },
    ),
    { numRuns: 200 },
  );
});

/** As a server sends it: a last line without CRLF gets one (RFC 1939 §3). */
function ended(bytes: Buffer): Buffer {
  return bytes.length === 0 || bytes.subarray(-2).equals(Buffer.from('\r\n'))
    ? bytes
    : Buffer.concat([bytes, Buffer.from('\r\n')]);
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/**
 * What holds for every server, however odd: what it says, with octets changed, left out, added or doubled, in packets of any size. The
 * download always ends in words; what it hands on is what stands there by the RFC's own rules; in doubt nothing is deleted.
 */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { type ManualClock, manualClock } from '../kit/clock.ts';
import { type Act, hears, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { CANARY, type Downloaded, download, recorder } from '../kit/pop3-download.ts';
import { entered, listed } from '../pop3/acts.ts';

const MAIL = ['A: b\r\n\r\nx\r\n', 'A: b\r\n\r\ny\r\nmore\r\n'];
const asking: Act[] = [
  ...entered({ messages: 2 }),
  ...listed(...MAIL.map(({ length }) => length)),
  ...[hears('RETR 1'), hears('RETR 2')],
];
const giving = MAIL.map((message) => Buffer.from(`+OK\r\n${message}.\r\n`));
const leaving: Act[] = [hears('DELE 1'), hears('DELE 2'), says('+OK'), says('+OK'), hears('QUIT'), says('+OK')];

/** One thing that goes wrong in a text, at an octet of it. */
interface Fault {
  readonly at: number;
  readonly what: 'change' | 'leave out' | 'add' | 'double';
  readonly text: string;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.nat(60),
  what: fc.constantFrom('change', 'leave out', 'add', 'add', 'double'),
  text: fc.oneof(
    fc.constantFrom('.', '\r', '\n', '\r\n', '.\r\n', '\r\n.\r\n', '+OK\r\n', '-ERR no\r\n', ' ', '\0'),
    fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
  ),
});
const faults = fc.array(fault, { minLength: 1, maxLength: 2 });
const cuts = fc.array(fc.nat(80), { maxLength: 4 });

function spoilt(octets: Buffer, list: readonly Fault[]): Buffer {
  return list.reduce((given, { at: wanted, what, text }) => {
    const at = wanted % (given.length + 1);
    const [before, after, added] = [given.subarray(0, at), given.subarray(at), Buffer.from(text, 'latin1')];
    switch (what) {
      case 'change':
        return Buffer.concat([before, added, after.subarray(1)]);
      case 'leave out':
        return Buffer.concat([before, after.subarray(1)]);
      case 'add':
        return Buffer.concat([before, added, after]);
      case 'double':
        return Buffer.concat([given, given]);
    }
  }, octets);
}

/** What the octets of two answers to RETR mean by RFC 1939 §3, and what is left of them. */
function meaning(octets: Buffer): { texts: (string | null)[]; left: string[] } {
  const texts: (string | null)[] = [];
  const left: string[] = [];
  let rest = octets.toString('latin1');
  for (let n = 0; n < MAIL.length; n += 1) {
    const [line] = /^(?:\+OK|-ERR)(?![0-9A-Za-z])[^\n]*\n/.exec(rest) ?? [];
    if (line === undefined) break;
    rest = rest.slice(line.length);
    if (line.startsWith('-')) {
      texts.push(null);
      left.push(rest);
      continue;
    }
    const end = `\r\n${rest}`.indexOf('\r\n.\r\n'); // of the text with the CRLF of its status line before it
    if (end === -1) break;
    texts.push(rest.slice(0, end).replaceAll(/(^|\r\n)\./g, '$1'));
    rest = rest.slice(end + 3);
    left.push(rest);
  }
  return { texts, left };
}

/** The download, its clock moved whenever neither side has anything to say: who waits in vain gives up. */
async function played(acts: Act[], places: readonly number[]) {
  await using server = await startMisbehavingPop3([acts], { packets: (octets) => cutAt(octets, places) });
  const clock: ManualClock = manualClock();
  const dialogue = recorder();
  let ended: Downloaded | null = null;
  const playing = download({ port: server.port, clock, dialogue }).then((result) => (ended = result));
  const progress = () => `${server.sent} ${server.heard.length} ${dialogue.told.length}`;
  while (ended === null) {
    const before = progress();
    for (let n = 0; n < 40 && ended === null; n += 1) await turn();
    if (ended === null && progress() === before) await clock.advance(minutes(2));
  }
  const { lines, messages } = await playing;
  const deleted = server.heard.flatMap((line) => (line.startsWith('DELE ') ? [Number(line.slice(5))] : []));
  return { lines, messages, deleted, heard: [...server.heard], told: dialogue.told.join('\n') };
}

test('POP18-POP24, I04: answers to RETR with faults in them', { timeout: 120_000 }, async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(faults, fc.boolean(), cuts, async (list, second, places) => {
      const answers = giving.map((octets, n) => (n === Number(second) ? spoilt(octets, list) : octets));
      const { texts, left } = meaning(Buffer.concat(answers));
      const { lines, messages, deleted } = await played([...asking, ...answers.map(sends), ...leaving], places);
      const end = lines.at(-1) ?? '';
      ends.add(end);

      for (const [number, octets] of messages) {
        expect(octets.toString('latin1')).toBe(texts[number - 1]);
        // A text of another size than announced is one only where an answer follows, or nothing: it might be cut off by its own dot.
        if (octets.length !== MAIL[number - 1]?.length) expect(left[number - 1]).toMatch(/^(?:$|\+(?:$|O)|-(?:$|E))/);
      }
      expect(deleted.filter((number) => !messages.has(number))).toEqual([]);
      if (lines.some((line) => line.startsWith('broken'))) expect(deleted).toEqual([]);
      // Deletion counts only in a session that was in step to its end.
      if (end === 'quit: ok') expect([texts.length, left.at(-1)]).toEqual([2, '']);
    }),
    { numRuns: 500 },
  );
  expect(ends).toContain('quit: ok'); // there are faults that harm nobody
  expect(ends.size).toBeGreaterThan(4);
});

test('POP02-POP12, I24: all that a server says, with faults in it', { timeout: 120_000 }, async () => {
  const conversation = [...asking, ...giving.map(sends), ...leaving];
  const sendings = conversation.filter(({ does }) => does === 'send').length;
  await fc.assert(
    fc.asyncProperty(faults, fc.nat(sendings - 1), cuts, async (list, nth, places) => {
      let sending = -1;
      const acts = conversation.map((act) => {
        if (act.does !== 'send') return act;
        sending += 1;
        return sending === nth ? sends(spoilt(act.octets, list)) : act;
      });
      const { lines, messages, deleted, heard, told } = await played(acts, places);

      expect(lines.length).toBeGreaterThan(0);
      const ours = /^(?:CAPA|USER anna|PASS \S+|STAT|LIST|UIDL|NOOP|QUIT|(?:RETR|DELE) [1-9]\d*)$/;
      expect(heard.filter((line) => !ours.test(line))).toEqual([]);
      expect(`${lines.join('\n')}${told}`).not.toContain(CANARY);
      expect(deleted.filter((number) => !messages.has(number))).toEqual([]);
      if (lines.some((line) => line.startsWith('broken'))) expect(deleted).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.filter((place) => place < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

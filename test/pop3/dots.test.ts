/** Where a text ends and which dots go, for every octet and every packet boundary (POP21, POP23, RFC 1939 §3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stuffed } from '../../demo/pop3-text.ts';
import { Unstuffer } from '../../src/daemon/pop3/dots.ts';

/** Feeds the octets in packets; answers with the text, and with what was left over after its end (null: it did not end). */
function unstuff(packets: readonly Uint8Array[]): { text: string; left: string | null } {
  const unstuffer = new Unstuffer();
  let text = '';
  for (const [index, packet] of packets.entries()) {
    const chunk = Buffer.from(packet);
    const { data, next, ended } = unstuffer.feed(chunk, 0);
    text += data.toString('latin1');
    if (ended) {
      const rest = [chunk.subarray(next), ...packets.slice(index + 1)];
      return { text, left: Buffer.concat(rest).toString('latin1') };
    }
  }
  return { text, left: null };
}

const whole = (octets: string) => unstuff([Buffer.from(octets, 'latin1')]);
const octetByOctet = (octets: string) =>
  unstuff([...Buffer.from(octets, 'latin1')].map((octet) => Buffer.from([octet])));

const cases: readonly (readonly [name: string, sent: string, text: string, left: string | null])[] = [
  ['an empty text', '.\r\n', '', ''],
  ['a line', 'a\r\n.\r\n', 'a\r\n', ''],
  ['a stuffed lone dot', '..\r\n.\r\n', '.\r\n', ''],
  ['dots only', '..\r\n...\r\n....\r\n.\r\n', '.\r\n..\r\n...\r\n', ''],
  ['POP23: a dot that the server forgot to stuff', '.text\r\n.\r\n', 'text\r\n', ''],
  ['POP21: a dot after a bare LF is text', 'a\n.\nb\n.\r\n\r\n.\r\n', 'a\n.\nb\n.\r\n\r\n', ''],
  ['POP21: a dot after a bare CR is text', 'a\r.\r\n.\r\n', 'a\r.\r\n', ''],
  ['POP21: CRLF.LF does not end', 'a\r\n.\nb\r\n.\r\n', 'a\r\n\nb\r\n', ''],
  ['POP21: CRLF.CR does not end', 'a\r\n.\rb\r\n.\r\n', 'a\r\n\rb\r\n', ''],
  ['a CR before the end', 'a\r\n.\r\r\n.\r\n', 'a\r\n\r\r\n', ''],
  ['two CRs after the dot, then a dot', '.\r\r\n..\r\n.\r\n', '\r\r\n.\r\n', ''],
  ['POP21: NUL and 8-bit octets', '\x00\xff\x80\r\n.\r\n', '\x00\xff\x80\r\n', ''],
  ['what comes after the end', 'a\r\n.\r\n+OK\r\n', 'a\r\n', '+OK\r\n'],
  ['no end', 'a\r\n.', 'a\r\n', null],
  ['no end but nearly', 'a\r\n.\r', 'a\r\n', null],
];

describe.each(cases)('%s', (_, sent, text, left) => {
  test('in one packet', () => {
    expect(whole(sent)).toEqual({ text, left });
  });

  test('in packets of one octet', () => {
    expect(octetByOctet(sent)).toEqual({ text, left });
  });
});

/** Octets of which most matter here. */
const octets = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x2e, 0x2e, 0x00, 0x61) },
    fc.integer({ min: 0, max: 255 }),
  ),
  { maxLength: 60 },
);

test('POP21: what was stuffed comes out as it went in, with a last CRLF, however the packets are cut', () => {
  fc.assert(
    fc.property(octets, fc.array(fc.nat(80), { maxLength: 6 }), (message, cuts) => {
      const bytes = Buffer.from(message);
      const sent = Buffer.concat([...stuffed(bytes), Buffer.from('.\r\n+OK next')]);
      const ends = bytes.length === 0 || bytes.subarray(-2).equals(Buffer.from('\r\n'));

      expect(unstuff(cutAt(sent, cuts))).toEqual({
        text: bytes.toString('latin1') + (ends ? '' : '\r\n'),
        left: '+OK next',
      });
    }),
    { numRuns: 3_000 },
  );
});

test('POP21: short dotted lines and long ones, past where moving changes its way', () => {
  const lines = Array.from({ length: 400 }, (_, index) => `.${'x'.repeat(index)}`);
  const sent = `${lines.map((line) => `.${line}\r\n`).join('')}.\r\n`;

  expect(whole(sent)).toEqual({ text: lines.map((line) => `${line}\r\n`).join(''), left: '' });
});

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** A message while it comes in: its header block, its digest, and what it may cost (I20, POP28). */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { LONGEST_HEADER_BLOCK } from '../../src/daemon/base/limits.ts';
import { headerOf, Incoming } from '../../src/daemon/pop3/incoming.ts';
import { Pieces } from '../../src/daemon/pop3/pieces.ts';
import { bytesOf } from '../kit/pop3-download.ts';

const header = (...pieces: string[]) => headerOf(pieces.map((piece) => Buffer.from(piece))).toString();

test.each([
  ['up to the empty line', 'A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore', 'A: b\r\nC: d\r\n'],
  ['a header alone', 'A: b\r\n', 'A: b\r\n'],
  ['a body alone', '\r\nbody', ''],
  ['a body alone after a bare LF', '\nbody', ''],
  ['nothing', '', ''],
  ['bare LF all over', 'A: b\nC: d\n\nbody\r\n\r\n', 'A: b\nC: d\n'],
  ['an empty line of a bare LF among CRLFs', 'A: b\r\n\nbody\r\n\r\n', 'A: b\r\n'],
  ['a CR in a header is no line end', 'A: b\r\r\nC: d\r\n\r\nx', 'A: b\r\r\nC: d\r\n'],
])('the header block: %s', (_, text, expected) => {
  expect(header(text)).toBe(expected);
  expect(header(...text.split(''))).toBe(expected);
});

test('the header block is read up to its limit, and the message goes on', () => {
  const long = `A: ${'x'.repeat(LONGEST_HEADER_BLOCK)}\r\n\r\nbody`;

  expect(header(long)).toBe(long.slice(0, LONGEST_HEADER_BLOCK));
  expect(header(long.slice(0, 50_000), long.slice(50_000))).toBe(long.slice(0, LONGEST_HEADER_BLOCK));
});

describe('pieces', () => {
  test('are what was added, in order', async () => {
    const added = Array.from({ length: 3_000 }, (_, index) => Buffer.alloc((index * 37) % 5_000, index % 256));
    const pieces = new Pieces();
    for (const piece of added) pieces.add(piece);

    expect(Buffer.concat(pieces.list).equals(Buffer.concat(added))).toBe(true);
    expect(pieces.length).toBe(Buffer.concat(added).length);
  });

  test('I20: a megabyte that comes in packets of one octet takes a few hundred buffers, not a million', () => {
    const pieces = new Pieces();
    for (let octet = 0; octet < 1_000_000; octet += 1) pieces.add(Buffer.from([octet % 256]));

    expect(pieces.list.length).toBeLessThan(200);
    expect(
      pieces.list.every(
        (piece, at) => at === 0 || piece.every((octet, index) => octet === (1 + (at - 1) * 8_192 + index) % 256),
      ),
    ).toBe(true);
  });
});

test.each([[['one piece']], [['two ', 'pieces']], [['']]])('the digest of %o is that of the octets', async (pieces) => {
  const incoming = new Incoming({ scratch: '/nowhere', maxBytes: 0 });
  for (const piece of pieces) await incoming.take(Buffer.from(piece));
  await using body = await incoming.whole();

  expect(body.digest).toBe(createHash('sha256').update(pieces.join('')).digest('hex'));
  expect((await bytesOf(body)).toString()).toBe(pieces.join(''));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asItLeaves, createLineEnds } from '../../src/daemon/mail/line-ends.ts';

function through(chunks: Uint8Array[]) {
  const ends = createLineEnds();
  const out = Buffer.concat([...chunks.map((chunk) => Buffer.from(ends.feed(chunk))), Buffer.from(ends.end())]);
  return { text: out.toString('latin1'), bare: ends.bare, eightBit: ends.eightBit };
}

const octets = fc
  .uint8Array({ maxLength: 60 })
  .chain((any) =>
    fc
      .array(fc.constantFrom(13, 10, 46, 97, 0, 0xe9), { maxLength: 60 })
      .map((some) => Uint8Array.from([...any, ...some])),
  );

describe('line ends', () => {
  test('CLI18: whatever comes, in whatever pieces, every CR is followed by LF and every LF follows CR, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.array(octets), (chunks) => {
        const whole = Buffer.concat(chunks).toString('latin1');
        const { text, bare, eightBit } = through(chunks);
        expect(text).toBe(whole.replace(/\r\n|\r|\n/g, '\r\n'));
        expect(bare).toBe(whole.replaceAll('\r\n', '').search(/[\r\n]/) >= 0);
        expect(eightBit).toBe(/[\u0080-\u00ff]/.test(whole));
      }),
      { numRuns: 500 },
    );
  });

  test('POP21: a message as it leaves has them in the same way, however it comes', async () => {
    const chunks = ['one\r', '\ntwo\nthree\r', 'four\r'].map((text) => Buffer.from(text));
    async function* pieces() {
      yield* chunks;
    }
    const left: Uint8Array[] = [];
    for await (const piece of asItLeaves(pieces())) left.push(piece);
    expect(Buffer.concat(left).toString()).toBe('one\r\ntwo\r\nthree\r\nfour\r\n');
  });

  test('a text that is right passes through as it is, without a copy', () => {
    const chunk = Buffer.from('one\r\ntwo\r\n');
    expect(createLineEnds().feed(chunk)).toBe(chunk);
  });
});

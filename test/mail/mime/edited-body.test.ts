import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Body } from '../../../src/daemon/mail/body.ts';
import { type Edit, editedBody, editedOctets } from '../../../src/daemon/mail/mime/edited-body.ts';
import { octets, readAll } from '../../rules/mail.ts';

function inChunks(text: string, size: number): Body {
  return {
    bytes: text.length,
    async *chunks() {
      for (let at = 0; at < text.length; at += size) yield octets(text.slice(at, at + size));
    },
  };
}

/** What the edits mean, in the simplest way to say it. */
function applied(text: string, edits: Edit[]): string {
  return edits
    .toReversed()
    .reduce(
      (all, { start, end, insert }) => all.slice(0, start) + Buffer.from(insert).toString('latin1') + all.slice(end),
      text,
    );
}

const edits = (length: number): fc.Arbitrary<Edit[]> =>
  fc
    .tuple(
      fc.array(fc.nat(length), { maxLength: 12 }),
      fc.array(fc.string({ maxLength: 5 }), { minLength: 6, maxLength: 6 }),
    )
    .map(([places, inserts]) => {
      const sorted = places.toSorted((a, b) => a - b);
      const pairs = Array.from(
        { length: Math.floor(sorted.length / 2) },
        (_, n) => [sorted[2 * n] ?? 0, sorted[2 * n + 1] ?? 0] as const,
      );
      return pairs.map(([start, end], n) => ({ start, end, insert: octets(inserts[n] ?? '') }));
    });

test('I21: an edited body is the original with exactly the edits, in whatever chunks it comes, each time it is read', async () => {
  const cases = fc
    .string({ maxLength: 60 })
    .map((text) => octets(text).toString('latin1'))
    .chain((text) => fc.tuple(fc.constant(text), edits(text.length), fc.integer({ min: 1, max: 20 })));
  await fc.assert(
    fc.asyncProperty(cases, async ([text, all, size]) => {
      const body = editedBody(inChunks(text, size), all);
      const expected = applied(text, all);
      expect(await readAll(body)).toBe(expected);
      expect(await readAll(body)).toBe(expected);
      expect(body.bytes).toBe(expected.length);
      expect(Buffer.from(editedOctets(octets(text), all)).toString('latin1')).toBe(expected);
    }),
  );
});

test('I21: without edits it is the body itself', () => {
  const body = inChunks('abc', 1);
  expect(editedBody(body, [])).toBe(body);
});

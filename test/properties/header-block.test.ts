/** What holds for every header block: where it ends, what its fields are, and that nothing in it does harm (MSG05, MSG08, MSG10, S89). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_HEADER_BLOCK } from '../../src/daemon/base/limits.ts';
import { addressesIn, isAddress } from '../../src/daemon/mail/address.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { envelopeSender, labelOf } from '../../src/daemon/mail/message.ts';
import { withSubjectPrefix } from '../../src/daemon/mail/subject-prefix.ts';
import { headerOf } from '../../src/daemon/pop3/incoming.ts';
import { bytesOf } from '../kit/pop3-download.ts';

/** Octets of which most matter to a header. */
const octet = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x20, 0x3a, 0x41, 0x09) },
  fc.integer({ min: 0, max: 255 }),
);
const octets = fc.array(octet, { maxLength: 120 }).map((list) => Buffer.from(list));

/** Fields as a correct writer writes them: the value that is meant, and the lines that say it. */
const name = fc.constantFrom('To', 'cc', 'SUBJECT', 'Received', 'X-Long-One', 'Delivered-To');
const word = fc.string({ unit: fc.constantFrom('a', 'Z', '@', '.', ':', 'é', '-', '"'), minLength: 1, maxLength: 8 });
const field = fc.tuple(name, fc.array(word, { minLength: 1, maxLength: 5 }), fc.constantFrom(' ', '\r\n ', '\r\n\t'));
const fields = fc.array(field, { maxLength: 12 });
const written = (list: readonly (readonly [string, string[], string])[]) =>
  Buffer.from(list.map(([key, words, between]) => `${key}: ${words.join(between)}\r\n`).join(''));

/** Where the header block ends, in the fewest words: the first line that is empty, a bare LF ending a line as CRLF does. */
function blockOf(message: Buffer): string {
  const text = message.toString('latin1');
  if (/^\r?\n/.test(text)) return '';
  const end = /\n\r?\n/.exec(text);
  return end === null ? text : text.slice(0, end.index + 1);
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe('where it ends', () => {
  test('POP28, MSG10: at the first empty line, however the message comes in pieces', () => {
    fc.assert(
      fc.property(octets, fc.array(fc.nat(120), { maxLength: 8 }), (message, cuts) => {
        expect(headerOf(cutAt(message, cuts)).toString('latin1')).toBe(blockOf(message));
      }),
      { numRuns: 3_000 },
    );
  });

  test('MSG05: at its limit, where it has no end before', () => {
    fc.assert(
      fc.property(octets, fc.nat(200), (start, more) => {
        const long = Buffer.concat([start, Buffer.alloc(LONGEST_HEADER_BLOCK + more, 'x')]);
        const block = blockOf(long).slice(0, LONGEST_HEADER_BLOCK);
        expect(headerOf([long]).toString('latin1') === block).toBe(true); // 100 KB are no help in a report
      }),
      { numRuns: 100 },
    );
  });
});

describe('what its fields are', () => {
  test('S82: those that were written, in their order, each value on one line', () => {
    fc.assert(
      fc.property(fields, (list) => {
        const header = readHeader(written(list));
        const meant = (key: string) =>
          list.flatMap(([each, words, between]) =>
            each.toLowerCase() === key ? [words.join(between.replace('\r\n', ''))] : [],
          );
        for (const key of new Set(list.map(([each]) => each.toLowerCase()))) {
          expect(header.values(key)).toEqual(meant(key));
          expect(header.values(key.toUpperCase())).toEqual(meant(key));
        }
        expect(header.fields().map(([each]) => each)).toEqual(list.map(([each]) => each));
        expect(header.values('absent')).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('MSG03, MSG08: whatever stands there, no value and no label has a line break, and each address can stand in an envelope', () => {
    fc.assert(
      fc.property(octets, fc.constantFrom('To: ', 'From: ', 'Return-Path: ', 'Subject: ', ''), (odd, start) => {
        const header = readHeader(Buffer.concat([Buffer.from(start), odd]));
        const { from, subject, messageId } = labelOf(header);
        const values = header.fields().flatMap(([key]) => header.values(key));
        expect([...values, subject, messageId].filter((text) => text.includes('\n'))).toEqual([]);
        expect(
          [from, envelopeSender(header), ...addressesIn(values)].every((one) => one === '' || isAddress(one)),
        ).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

test('S89: the prefix is added in one place, and every other octet stays; then the subject begins with it', async () => {
  await fc.assert(
    fc.asyncProperty(fields, octets, async (list, rest) => {
      const message = Buffer.concat([written(list), Buffer.from('\r\n'), rest]);
      const header = headerOf([message]);
      const marked = await bytesOf(withSubjectPrefix(bodyOf(message), header, '[Man.Distr]'));
      const subject = readHeader(headerOf([marked])).text('subject');

      expect(subject.startsWith('[Man.Distr]')).toBe(true);
      const at = marked.indexOf(list.some(([key]) => key === 'SUBJECT') ? '[Man.Distr] ' : 'Subject: [Man.Distr]\r\n');
      const added = marked.length - message.length;
      expect(Buffer.concat([marked.subarray(0, at), marked.subarray(at + added)]).equals(message)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

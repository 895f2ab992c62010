import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDotStuffer } from '../../src/daemon/smtp/dot-stuffing.ts';
import { normalised, unstuffed, wireOctets } from './strict-reader.ts';

/** What goes out for these chunks, final dot included. */
function stuffed(...chunks: (string | Uint8Array)[]): Buffer {
  const stuffer = createDotStuffer();
  return Buffer.concat([...chunks.map((chunk) => stuffer.push(Buffer.from(chunk as string))), stuffer.end()]);
}

describe('dot-stuffing (RFC 5321 §4.5.2)', () => {
  test.each([
    ['an empty message', '', '.\r\n'],
    ['a last line without an end', 'a', 'a\r\n.\r\n'],
    ['an ordinary line', 'a\r\n', 'a\r\n.\r\n'],
    ['dots only (MSG14)', '.\r\n..\r\n...\r\n', '..\r\n...\r\n....\r\n.\r\n'],
    ['a dot that begins the message', '.a\r\n', '..a\r\n.\r\n'],
    ['a dot inside a line', 'a.b\r\n', 'a.b\r\n.\r\n'],
    ['a bare LF (POP21)', 'a\nb', 'a\r\nb\r\n.\r\n'],
    ['a bare CR', 'a\rb', 'a\r\nb\r\n.\r\n'],
    ['a CR at the end', 'a\r', 'a\r\n.\r\n'],
    ['CR CR LF', 'a\r\r\nb', 'a\r\n\r\nb\r\n.\r\n'],
    ['LF CR', 'a\n\rb', 'a\r\n\r\nb\r\n.\r\n'],
    ['only LF lines (MSG10)', '\n\n.\n', '\r\n\r\n..\r\n.\r\n'],
    ['NUL and 8 bit', '\0\u00ff\x1a\r\n', '\0\u00ff\x1a\r\n.\r\n'],
  ])('%s', (_what, message, wire) => {
    expect(stuffed(message).toString()).toBe(wire);
    expect(stuffed(...message.split('')).toString()).toBe(wire);
  });

  // The ends of data that some server somewhere believes (CVE-2023-51764 and its kin); each with a command behind it.
  test.each([
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\r.\r',
    '\r.\r\n',
    '\r\n.\r',
    '\n.\r',
    '\r.\n',
    '\r\n\0.\r\n',
    '\n..\r\n',
  ])('a message with the end %j in it ends only at ours, for the laxest reader too', (end) => {
    const wire = stuffed(`a${end}MAIL FROM:<evil@x.example>\r\n`).toString('latin1');
    const lax = wire.replace(/\r\n|\r|\n/g, '\n');
    expect(lax.indexOf('\n.\n')).toBe(lax.length - 3);
  });

  test('a chunk that lacks nothing is passed on as it is, without a copy', () => {
    const stuffer = createDotStuffer();
    const chunk = Buffer.from('Subject: x\r\n\r\na.b\r\n'.repeat(100));
    expect(stuffer.push(chunk)).toBe(chunk);
  });
});

describe('I21: random octets, cut anywhere', () => {
  const dense = fc.array(fc.oneof(fc.constantFrom(13, 10, 46, 0, 65), fc.nat(255)), { maxLength: 400 });
  // As in most mail: long lines, and seldom anything to put in.
  const line = fc.tuple(
    fc.stringMatching(/^\.?[ -~]{0,90}$/),
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\t'),
  );
  const sparse = fc.array(line, { maxLength: 40 }).map((lines) => [...Buffer.from(lines.flat().join(''))]);

  test.each([
    ['dense', dense],
    ['sparse', sparse],
  ])('%s ones come back from a strict reader as they were, with bare CR and LF made CRLF', (_what, octets) => {
    fc.assert(
      fc.property(octets, fc.array(fc.nat(400), { maxLength: 20 }), (message, cuts) => {
        const whole = Buffer.from(message);
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const chunks = places.slice(1).map((end, i) => whole.subarray(places[i], end));
        const wire = stuffed(...chunks);

        wireOctets(wire); // throws for a bare CR or LF, or an end before the end
        expect(unstuffed(wire)).toEqual(normalised(whole));
      }),
      { numRuns: 2_000 },
    );
  });
});

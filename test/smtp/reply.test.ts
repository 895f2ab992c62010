import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_REPLY_TEXT } from '../../src/daemon/base/limits.ts';
import { createReplyReader, type Found, onOneLine, safeLine } from '../../src/daemon/smtp/reply.ts';

function read(...chunks: (string | Buffer)[]): Found[] {
  const reader = createReplyReader();
  return chunks.flatMap((chunk) => reader.feed(Buffer.from(chunk as string)));
}

const kinds = (found: Found[]) => found.map(({ kind }) => kind);
const oneLine = (text: string | Buffer) => {
  const [found] = read(text);
  return found?.kind === 'reply' ? onOneLine(found.reply) : found?.kind;
};

describe('a reply', () => {
  test('is a code, an enhanced code and text; on one line the enhanced code stands once', () => {
    const [found] = read('250-2.1.5 First\r\n250-2.1.5 Second\r\n250 2.1.5 Third\r\n');
    expect(found).toMatchObject({ kind: 'reply', reply: { code: 250, enhanced: '2.1.5' } });
    expect(oneLine('250-2.1.5 First\r\n250-2.1.5 Second\r\n250 2.1.5 Third\r\n')).toBe('250 2.1.5 First Second Third');
  });

  test('may have no text, a tab in it, or end with a bare LF', () => {
    expect(oneLine('250\r\n')).toBe('250');
    expect(oneLine('250 \r\n')).toBe('250');
    expect(oneLine('250 ok\n')).toBe('250 ok');
    expect(oneLine('250-\r\n250 ok\r\n')).toBe('250 ok');
  });

  test('has no enhanced code of another class than its own', () => {
    expect(read('550 2.1.1 odd\r\n')).toMatchObject([{ reply: { code: 550, enhanced: null } }]);
    expect(read('550 5.1.1234 odd\r\n')).toMatchObject([{ reply: { enhanced: null } }]);
  });

  test('several in one packet come out in order', () => {
    expect(read('250 a\r\n550-b\r\n550 c\r\n354 d\r\n2').map((f) => f.kind === 'reply' && f.reply.code)).toEqual([
      250, 550, 354,
    ]);
  });

  test('split at every octet is the same reply', () => {
    const whole = Buffer.from('250-mail.example\r\n250-SIZE 100\r\n250 8BITMIME\r\n550 5.1.1 é no\r\n');
    for (let at = 0; at <= whole.length; at += 1) {
      expect(read(whole.subarray(0, at), whole.subarray(at))).toEqual(read(whole));
    }
    expect(read(...[...whole].map((octet) => Buffer.from([octet])))).toEqual(read(whole));
  });

  test('is midway from its first octet to its last', () => {
    const reader = createReplyReader();
    const midway = ['2', '50-a\r', '\n', '250 b\r', '\n'].map((part) => {
      reader.feed(Buffer.from(part));
      return reader.midway;
    });
    expect(midway).toEqual([true, true, true, true, false]);
  });
});

describe('REL13: what is no reply', () => {
  test.each([
    ['no code', 'hello\r\n'],
    ['an empty line', '\r\n'],
    ['a cut code', '2\r\n'],
    ['a code with a blank in it', '2 50 ok\r\n'],
    ['999', '999 ok\r\n'],
    ['a code below 200', '150 ok\r\n'],
    ['a code and then text', '250ok\r\n'],
    ['four digits', '2500 ok\r\n'],
    ['a blank before it', ' 250 ok\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a NUL in it', '250 o\0k\r\n'],
    ['a NUL right behind the code', '250\0\r\n'],
    ['a code that changes on the way', '250-a\r\n550 b\r\n'],
    ['a line without a code on the way', '250-a\r\nb\r\n'],
  ])('%s', (_what, octets) => {
    expect(kinds(read(octets))).toEqual(['nonsense']);
    expect(kinds(read(...octets.split('')))).toEqual(['nonsense']);
  });

  test('after it nothing is read any more', () => {
    expect(kinds(read('hello\r\n250 ok\r\n', '250 ok\r\n'))).toEqual(['nonsense']);
  });

  test('endless 250- lines, and an endless line (REL02: a greeting of 1 MB), end soon', () => {
    expect(kinds(read('250-a\r\n'.repeat(10_000)))).toEqual(['nonsense']);
    expect(kinds(read(...Array<string>(1_000).fill('220 hello '.repeat(100))))).toEqual(['nonsense']);
  });

  test('a NUL is found before the line has ended', () => {
    expect(kinds(read('250 o\0'))).toEqual(['nonsense']);
  });
});

describe('REL14: the text of a reply', () => {
  test('of 100 KB is a reply, kept short', () => {
    const kept = oneLine(`550 ${'x'.repeat(100_000)}\r\n`) ?? '';
    expect(kept.length).toBe(LONGEST_REPLY_TEXT);
    expect(kept).toMatch(/^550 x+…$/);
  });

  test('with ESC, CR and other control characters is kept as visible escapes', () => {
    expect(oneLine('550 \x1b[2Ja\rb\x07\x7f\u009b\u202e\r\n')).toBe('550 \\x1b[2Ja\\x0db\\x07\\x7f\\x9b\\u{202e}');
    expect(oneLine('550 <b>no</b>\r\n')).toBe('550 <b>no</b>');
  });

  test('is UTF-8, or Latin-1 where it is not that; cut inside a character it stays UTF-8', () => {
    expect(oneLine('550 refusé\r\n')).toBe('550 refusé');
    expect(oneLine(Buffer.from('550 refusé\r\n', 'latin1'))).toBe('550 refusé');
    const cut = oneLine(`550 ${'é'.repeat(3_000)}\r\n`) ?? '';
    expect(cut).toMatch(/^550 é+…$/);
  });

  test('is one safe line whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (octets) => {
        const line = safeLine(Buffer.from(octets).toString('latin1'));
        expect(line.length).toBeLessThanOrEqual(LONGEST_REPLY_TEXT);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(line.isWellFormed()).toBe(true);
      }),
    );
  });
});

test('the reader is the same reader however its octets are cut, and never throws', () => {
  const piece = fc.oneof(
    fc.constantFrom('250 ok\r\n', '250-', '550 5.1.1 no\r\n', '\r\n', '\n', '\r', '354', '\0'),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (pieces, sizes) => {
        const whole = Buffer.from(pieces.join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < whole.length; ) {
          const size = sizes.next().value as number;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        const known = (found: Found[]) => found.map((f) => (f.kind === 'reply' ? f.reply : f.kind));
        expect(known(read(...chunks))).toEqual(known(read(whole)));
      },
    ),
  );
});

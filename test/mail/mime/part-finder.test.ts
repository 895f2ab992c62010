import { Splitter, type MimeNode } from '@zone-eu/mailsplit';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { PartFinder } from '../../../src/daemon/mail/mime/part-finder.ts';
import { DEEPEST, MOST_PARTS } from '../../../src/daemon/mail/mime/scan.ts';
import {
  attached,
  forwarded,
  lines,
  message,
  multipart,
  namesIn,
  octets,
  part,
  type PartText,
  scanOf,
  text,
} from '../../rules/mail.ts';

const evil = attached('evil.exe');
const nested = message(multipart('in', [text(), evil]));

test('S78: a part with a name is an attachment, whatever says its name', () => {
  const parts = [
    text(),
    attached('a.pdf'),
    part(['Content-Type: image/png; name="b.png"', 'Content-Disposition: inline']),
    part(['Content-Type: text/plain; name=c.txt']),
    part(['Content-Disposition: attachment; filename=d.doc', 'Content-Type: application/msword; name=e.doc']),
  ];
  const { attachments, unreadable, ambiguous } = scanOf(message(multipart('b', parts)));
  expect(attachments.map(({ names }) => names)).toEqual([['a.pdf'], ['b.png'], ['c.txt'], ['d.doc', 'e.doc']]);
  expect([unreadable, ambiguous]).toEqual([null, null]);
});

test('S79: a part without a name is one when it is no text, or says that it is one', () => {
  const parts = [
    part(['Content-Type: image/png']),
    part(['Content-Type: text/plain', 'Content-Disposition: attachment']),
    part(['Content-Type: text/html', 'Content-Disposition: inline'], '<p>'),
    part([]),
    part(['Content-Type: text/calendar; method=REQUEST']),
  ];
  expect(scanOf(message(multipart('b', parts))).attachments.map(({ names, type }) => [names, type])).toEqual([
    [[], 'image/png'],
    [[], 'text/plain'],
  ]);
});

test('S79: a plain message, a delivery report and a forwarded message without a name have none', () => {
  const report = multipart(
    'b',
    [
      text('It could not be delivered.'),
      part(['Content-Type: message/delivery-status'], 'Reporting-MTA: dns; mx'),
      forwarded(message(text())),
    ],
    'report',
  );
  for (const content of [text(), part([]), report]) expect(namesIn(message(content))).toEqual([]);
});

test('S78: a message that is nothing but a file has one attachment', () => {
  expect(namesIn(message(part(['Content-Type: application/zip; name="a.zip"'], 'UEs=')))).toEqual(['a.zip']);
});

const inside: [string, PartText][] = [
  ['a forwarded message', forwarded(nested)],
  [
    'a forwarded message that is an attachment itself',
    forwarded(nested, ['Content-Disposition: attachment; filename=m.eml']),
  ],
  [
    'a forwarded message in base64',
    forwarded(octets(nested).toString('base64').replace(/.{76}/g, '$&\r\n'), ['Content-Transfer-Encoding: base64']),
  ],
  [
    'a forwarded message in quoted-printable',
    forwarded(nested.replaceAll('=', '=3D').replaceAll('evil', 'ev=\r\nil'), [
      'Content-Transfer-Encoding: quoted-printable',
    ]),
  ],
  ['a forwarded message of a forwarded message', forwarded(message(forwarded(nested)))],
  ['a digest, whose parts are messages unless they say otherwise', multipart('d', [part([], nested)], 'digest')],
  ['multiparts in multiparts', multipart('c', [multipart('d', [evil])])],
];

for (const [where, content] of inside) {
  test(`S78: an attachment is found inside ${where}`, () => {
    for (const chunk of [65_536, 7, 1]) {
      expect(
        scanOf(message(multipart('out', [text(), content])), chunk).attachments.map(({ names }) => names[0]),
      ).toContain('evil.exe');
    }
  });
}

const evasions: [string, string][] = [
  ['behind a bare CR', message(multipart('b', [text(), evil])).replaceAll('\r\n', '\r')],
  ['behind bare LFs', message(multipart('b', [text(), evil])).replaceAll('\r\n', '\n')],
  ['with blanks behind its delimiter', message(multipart('b', [text(), evil])).replaceAll('--b\r\n', '--b \t\r\n')],
  [
    'in a part whose header a delimiter cuts short',
    message(multipart('b', [text(), evil])).replace('base64\r\n\r\nUEsDBA==', 'base64'),
  ],
  [
    'behind the end of the multipart',
    message(multipart('b', [text()])) + lines('--b', ...evil.header, '', 'abc', '--b--'),
  ],
  [
    'behind an inner multipart that is never closed',
    message(multipart('b', [part(['Content-Type: multipart/mixed; boundary=c'], '--c\r\n\r\nHi'), evil])),
  ],
  [
    'behind an inner multipart that is closed twice',
    message(
      multipart('b', [
        part(['Content-Type: multipart/mixed; boundary=c'], '--c\r\n\r\nHi\r\n--c--\r\n--c--\r\nbye'),
        evil,
      ]),
    ),
  ],
  ['under a second Content-Type', message(multipart('b', [evil]), ['Content-Type: text/plain'])],
  ['under a boundary of RFC 2231', message(multipart('b', [evil])).replace('boundary="b"', "boundary*=us-ascii''b")],
  ['under a boundary with a comment', message(multipart('b', [evil])).replace('boundary="b"', 'boundary=b (see RFC)')],
  [
    'behind a line that is no field',
    message(
      multipart('b', [
        part(['Content-Type: text/plain', 'no field', 'Content-Disposition: attachment; filename=evil.exe']),
      ]),
    ),
  ],
  [
    'with a blank before the colon',
    message(multipart('b', [part(['Content-Disposition : attachment; filename=evil.exe'])])),
  ],
  [
    'in a folded field',
    message(multipart('b', [part(['Content-Disposition:', '\tattachment;', ' filename="evil', ' .exe"'])])).replace(
      'evil\r\n .exe',
      'evil.exe',
    ),
  ],
  [
    'behind a delimiter of which readers disagree',
    message(multipart('b', [text()])).replace('--b--', lines('--b and more', ...evil.header, '', 'abc') + '--b--'),
  ],
  [
    'in a message without its last delimiter and line end',
    message(multipart('b', [text(), evil])).replace('\r\n--b--\r\n', ''),
  ],
];

for (const [how, mail] of evasions) {
  test(`S78, MSG06: an attachment is found ${how}`, () => {
    expect(namesIn(mail)).toContain('evil.exe');
    expect(scanOf(mail, 3)).toEqual(scanOf(mail));
  });
}

test('MSG06: of two boundaries of which one begins as the other does, each ends its own parts', () => {
  for (const [outer, inner] of [
    ['b', 'bb'],
    ['bb', 'b'],
  ] as const) {
    const mail = message(multipart(outer, [multipart(inner, [text(), attached('a.exe')]), attached('b.exe')]));
    expect(scanOf(mail).attachments.map(({ names }) => names)).toEqual([['a.exe'], ['b.exe']]);
    expect(scanOf(mail).ambiguous).toBeNull();
  }
});

test('MSG06: a multipart whose parts cannot be told apart counts as an attachment without a name', () => {
  for (const type of ['multipart/mixed', 'multipart/mixed; boundary=""', 'multipart/mixed; boundary=other']) {
    const scan = scanOf(message(part([`Content-Type: ${type}`], 'something')));
    expect(scan.attachments).toEqual([{ names: [], type: 'multipart/mixed', place: 0 }]);
    expect(scan.ambiguous).toBe('a multipart has no parts that can be told apart');
  }
});

test('MSG06: 10,000 multiparts in one another are read up to a bound, and then unreadable', () => {
  const deep = Array.from(
    { length: 10_000 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  ).join('');
  expect(scanOf(deep).unreadable).toBe(`it has parts within parts more than ${DEEPEST} deep`);
  const forwards = 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000);
  expect(scanOf(forwards).unreadable).toBe(`it has parts within parts more than ${DEEPEST} deep`);
});

test('MSG06: messages encoded in one another are bounded as well', () => {
  let mail = 'Subject: in\r\n\r\n';
  for (let depth = 0; depth < 30; depth++)
    mail = `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${octets(mail).toString('base64')}\r\n`;
  expect(scanOf(mail).unreadable).toBeNull();
  const deep = 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'.repeat(
    DEEPEST + 1,
  );
  expect(scanOf(deep).unreadable).toBe(`it has parts within parts more than ${DEEPEST} deep`);
});

test('MSG06: of 1,000,000 parts the first ones are read', () => {
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(1_000_000)}`;
  expect(scanOf(many).unreadable).toBe(`it has more than ${MOST_PARTS} parts`);
});

test('MSG06: a boundary of 70 kb makes a message unreadable', () => {
  const boundary = 'b'.repeat(70_000);
  const mail = message(multipart(boundary, [evil]));
  expect(scanOf(mail).unreadable).toBe('a boundary has more than 998 characters');
  const fits = 'b'.repeat(998);
  expect(namesIn(message(multipart(fits, [evil])))).toEqual(['evil.exe']);
});

test('MSG05: a header of 20 MB without a body is unreadable, a line of 1 MB and 100,000 fields too', () => {
  const why = 'the header of a part has more than 262144 octets';
  expect(scanOf(`Subject: ${'x'.repeat(20_971_520)}`).unreadable).toBe(why);
  expect(scanOf(`Subject: ${'x'.repeat(1_048_576)}\r\n\r\nHello\r\n`).unreadable).toBe(why);
  expect(scanOf('X-A: b\r\n'.repeat(100_000)).unreadable).toBe(why);
});

test('MSG06: names without end make a message unreadable', () => {
  const long = attached(`${'n'.repeat(2_000)}.exe`);
  expect(
    scanOf(
      message(
        multipart(
          'b',
          Array.from({ length: 2_000 }, () => long),
        ),
      ),
    ).unreadable,
  ).toBe('its attachments have names without end');
});

test('MSG06: what was found before a bound stands', () => {
  const mail = `${message(multipart('b', [evil])).replace('--b--\r\n', '')}${'--b\r\n\r\n'.repeat(20_000)}`;
  expect(namesIn(mail)).toEqual(['evil.exe']);
});

test('I20: a line without end costs no memory, and hides nothing that comes behind it', () => {
  const mail = message(multipart('b', [text('x'.repeat(30_000_000)), evil]));
  expect(namesIn(mail)).toEqual(['evil.exe']);
});

test('MSG07: what is packed stays packed: an archive is known by its name', () => {
  expect(namesIn(message(multipart('b', [attached('42.zip', 'UEsDBBQ='.repeat(1_000))])))).toEqual(['42.zip']);
});

test('MSG14: empty messages, and such as are line ends only, have no attachments', () => {
  for (const mail of ['', '\r\n', '\n', '\r', '\r\n\r\n', '.\r\n..\r\n...\r\n', 'Subject: x', 'Subject: x\r\n'])
    expect(scanOf(mail)).toEqual({ attachments: [], places: [], unreadable: null, ambiguous: null });
});

const leaf = fc.constantFrom(
  text(),
  text('--\r\n--x\r\nbye'),
  part([], ''),
  attached('a.exe'),
  attached('b.pdf', ''),
  part(['Content-Type: image/png; name=c.png'], '\u00ff\u00fe'),
);
const { tree } = fc.letrec<{ tree: PartText; branch: PartText }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, leaf, tie('branch')),
  branch: fc
    .tuple(
      fc.stringMatching(/^[a-zA-Z0-9'=_]{8,20}$/),
      fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('mixed', 'related', 'message'),
    )
    .map(([boundary, parts, type]) =>
      type === 'message' ? forwarded(message(parts[0] ?? text())) : multipart(`=_${boundary}`, parts, type),
    ),
}));

test('S78, I20: however a message is cut into chunks, the same is found in it', () => {
  fc.assert(
    fc.property(
      tree,
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom('\r\n', '\n', '\r'),
      (content, chunk, lineEnd) => {
        const mail = message(content).replaceAll('\r\n', lineEnd);
        expect(scanOf(mail, chunk)).toEqual(scanOf(mail));
      },
    ),
  );
});

test('S78: the place of an attachment holds its header and its body, and not the line end before the delimiter', () => {
  fc.assert(
    fc.property(tree, (content) => {
      const mail = message(content);
      const { attachments, places } = scanOf(mail);
      for (const { names, place } of attachments) {
        const { start = 0, end = 0, last, kept } = places[place] ?? {};
        const own = mail.slice(start, end);
        expect(own).toContain(names[0]);
        if (kept === null) expect(mail.slice(0, start)).toMatch(/--=_[^\r\n]*\r\n$/);
        expect(mail.slice(end)).toMatch(last === true ? /^(--|$)/ : /^\r\n--=_/);
      }
    }),
  );
});

test('S78: mailsplit finds the same names, where it enters the same parts', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (content) => {
      const mail = message(content);
      const found: string[] = [];
      const splitter = Readable.from([octets(mail)]).pipe(new Splitter({ defaultInlineEmbedded: true }));
      for await (const node of splitter as AsyncIterable<MimeNode | { type: 'body' | 'data' }>)
        if (node.type === 'node' && node.filename !== false) found.push(node.filename);
      expect(namesIn(mail)).toEqual(found);
    }),
    { numRuns: 60 },
  );
});

test('a watcher is told of each part of the message when it ends, with its place and what it stands in', () => {
  const mail = message(multipart('m', [multipart('a', [text('Hi'), text('Ho')], 'alternative'), attached('a.pdf')]));
  const seen: string[] = [];
  const finder = new PartFinder(undefined, undefined, null, ({ header, start, bodyStart, end, within }) => {
    const place = within.map(({ types, child }) => `${types.join()} ${child}`).join(', ');
    seen.push(`${header.types.join()} in ${place || 'nothing'}: ${mail.slice(bodyStart, end).slice(0, 8)}`);
    expect(mail.slice(start, bodyStart)).toMatch(/\r\n\r\n$/);
  });
  finder.feed(octets(mail));
  finder.end();
  expect(seen).toEqual([
    'text/plain in multipart/mixed 1, multipart/alternative 1: Hi',
    'text/plain in multipart/mixed 1, multipart/alternative 2: Ho',
    'multipart/alternative in multipart/mixed 1: --a\r\nCon',
    'application/octet-stream in multipart/mixed 2: UEsDBA==',
    'multipart/mixed in nothing: --m\r\nCon',
  ]);
});

/** Letters of every kind that mail is made of, the same ones each time: in each of them is what is easily spoilt on the way. */
import { createHash } from 'node:crypto';

export interface Envelope {
  /** Of From; also of Return-Path, where a letter has one. */
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
}

export interface Letter {
  /** Its number and kind, as in `letter 7: dots`. */
  readonly name: string;
  readonly subject: string;
  /** CRLF line ends, the last line's too. */
  readonly bytes: Buffer;
}

interface Kind {
  readonly name: string;
  /** Fields above and below the usual ones. */
  readonly above?: (envelope: Envelope) => string[];
  readonly below?: string[];
  readonly body: (n: number) => string;
}

const LINE_OF_76 = 'The quick brown fox jumps over the lazy dog, and this line has 76 characters';

/** Texts here are LATIN-1: each character is one octet. */
const kinds: readonly Kind[] = [
  { name: 'plain', body: (n) => lines('Hello,', '', `this is number ${n}.`, '', '-- ', 'MailGate') },
  {
    name: 'HTML',
    below: ['MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit'],
    body: () => lines('<!DOCTYPE html>', `<p class="a">${utf8('Grüße aus Köln, 3 € — ¡olé!')}</p>`, '\t<br/>&nbsp;'),
  },
  {
    name: 'attachment',
    below: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed;', '\tboundary="=_ a.b\'c"'],
    body: (n) => lines('preamble', ...attached(n, 12_000), ''),
  },
  {
    name: '8-bit',
    below: ['Content-Type: text/plain; charset=iso-8859-15', 'Content-Transfer-Encoding: 8bit'],
    body: () => lines(everyHighOctet(), `mixed ${utf8('ß')} and \u00df`, '\u00ff\u00fe\u0080'),
  },
  {
    name: 'long lines',
    body: () => lines('0123456789'.repeat(90), 'x'.repeat(998), `${'.'.repeat(950)}`, ` ${'long '.repeat(900)}`),
  },
  { name: 'dots', body: () => lines('.', '..', '...', '.dot', ' .', '', '.', '.\t', 'last .', '.') },
  { name: 'empty body', body: () => '' },
  {
    name: 'encoded fields',
    below: [
      'X-Raw: caf\u00e9 and \u00a0 blanks',
      'X-Folded: one',
      '\ttwo  three ',
      '  =?utf-8?Q?vier=20f=C3=BCnf?=',
      'X-Empty:',
      `X-Long: ${'a'.repeat(900)}`,
    ],
    body: () => lines('=?utf-8?Q?not_decoded?=', '=C3=BC'),
  },
  {
    name: 'well travelled',
    above: ({ from }) => [
      `Return-Path: <${from}>`,
      'Delivered-To: somebody-else@old.example',
      ...[3, 2, 1].map((hop) => `Received: from hop${hop}.example ([192.0.2.${hop}])\r\n\tby mx.example; ${DATE}`),
    ],
    below: ['Bcc: hidden@old.example', 'Resent-To: again@old.example', 'X-MailGate: none'],
    body: () => lines('From here on', '>From there', 'From: not a field', '', ''),
  },
  { name: 'blanks', body: () => lines('', '', 'trailing \t ', '\t', '    ', '', '', '') },
];

const DATE = 'Tue, 24 Nov 2026 10:00:00 +0000';
const TWO_MEGABYTES = 2_097_152;

/** Letter number `n`, of the kind that comes in turn. */
export function letter(n: number, envelope: Envelope): Letter {
  const kind = kinds[n % kinds.length];
  if (kind === undefined) throw new Error('There are no kinds of letters.');
  return written(n, kind, envelope);
}

/** One of more than two megabytes, most of it an attachment. */
export function largeLetter(n: number, envelope: Envelope): Letter {
  const body = () => lines('preamble', ...attached(n, (TWO_MEGABYTES * 3) / 4));
  return written(
    n,
    { name: 'large', below: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="=_ a.b\'c"'], body },
    envelope,
  );
}

/** What a delivery is known by when bytes are compared: short, and different as soon as one octet is. */
export function fingerprint(bytes: Uint8Array): string {
  const subject = /^Subject: (.*)$/m.exec(Buffer.from(bytes).toString('latin1'))?.[1]?.trim() ?? '(no subject)';
  return `${subject} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

function written(n: number, kind: Kind, envelope: Envelope): Letter {
  const { from, to, cc = [] } = envelope;
  const subject = `letter ${n} =?utf-8?Q?=C3=BCber?= ${kind.name}`;
  const header = [
    ...(kind.above?.(envelope) ?? []),
    `From: =?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <${from}>`,
    `To: ${to.map((address, index) => `"Recipient, no. ${index}" <${address}>`).join(',\r\n\t')}`,
    ...(cc.length > 0 ? [`Cc: ${cc.join(', ')}`] : []),
    `Subject: ${subject}`,
    `Date: ${DATE}`,
    `Message-ID: <letter-${n}@letters.example>`,
    ...(kind.below ?? []),
  ];
  const bytes = Buffer.from(`${lines(...header)}\r\n${kind.body(n)}`, 'latin1');
  return { name: `letter ${n}: ${kind.name}`, subject, bytes };
}

function attached(n: number, octets: number): string[] {
  const base64 = noise(n, octets).toString('base64');
  return [
    "--=_ a.b'c",
    'Content-Type: text/plain',
    '',
    LINE_OF_76,
    "--=_ a.b'c",
    'Content-Type: application/octet-stream; name="a.bin"',
    'Content-Transfer-Encoding: base64',
    "Content-Disposition: attachment; filename*=utf-8''%C3%BC.bin",
    '',
    ...(base64.match(/.{1,76}/g) ?? []),
    "--=_ a.b'c--",
  ];
}

/** The same for the same number, on every machine. */
function noise(seed: number, octets: number): Buffer {
  const bytes = Buffer.alloc(octets);
  let state = seed + 1;
  for (let at = 0; at < octets; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const everyHighOctet = (): string => String.fromCharCode(...Array.from({ length: 128 }, (_, n) => 128 + n));

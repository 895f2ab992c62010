/** The demo's mail: what lies in its POP3 mailboxes, and what its people send out. Made, never copied from anybody's mailbox. */

export interface Sample {
  /** What it shows. */
  kind: 'plain' | 'html' | 'attachment' | '8-bit' | 'oversize' | 'unroutable' | 'whole mailbox';
  bytes: Buffer;
}

/** Octets; the demo's account takes no larger message (S63). */
export const DEMO_SIZE_LIMIT = 200_000;

const crlf = (lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');

function head(from: string, to: string, subject: string, id: string): string[] {
  return [
    `Return-Path: <${/<(.*)>/.exec(from)?.[1] ?? from}>`,
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: <${id}@elsewhere.example>`,
    'Date: Tue, 24 Nov 2026 09:58:00 +0100',
    'MIME-Version: 1.0',
  ];
}

const plain = crlf([
  ...head('Marie Laurent <marie@kunde.example>', 'sales@company.example', 'Offer 2026-114', 'plain'),
  'Content-Type: text/plain; charset=us-ascii',
  '',
  'Hello,',
  '',
  'please send us your offer for 40 units.',
  '.a line that starts with a dot',
  '',
  'Marie Laurent',
]);

const html = crlf([
  ...head('Newsletter <news@paper.example>', 'Info <info@company.example>', 'What is new in November', 'html'),
  'Content-Type: multipart/alternative; boundary="alt"',
  '',
  '--alt',
  'Content-Type: text/plain',
  '',
  'What is new: nothing much.',
  '--alt',
  'Content-Type: text/html',
  '',
  '<html><body><h1>What is new</h1><p>Nothing much.</p></body></html>',
  '--alt--',
]);

const attachment = crlf([
  ...head(
    'Paul <paul@lieferant.example>',
    'sales@company.example, Anna <anna@company.example>',
    'Invoice 4711',
    'attachment',
  ),
  'Content-Type: multipart/mixed; boundary="mix"',
  '',
  '--mix',
  'Content-Type: text/plain',
  '',
  'The invoice is attached.',
  '--mix',
  'Content-Type: application/pdf; name="invoice.pdf"',
  'Content-Disposition: attachment; filename="invoice.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  ...base64Lines(Buffer.from('%PDF-1.4 a demo invoice, not a real one. '.repeat(200))),
  '--mix--',
]);

const eightBit = crlf([
  ...head(
    '=?utf-8?q?Zo=C3=AB?= <zoe@cafe.example>',
    'Anna <anna@company.example>',
    '=?utf-8?q?D=C3=A9jeuner_=C3=A0_midi_=3F?=',
    '8bit',
  ),
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Déjeuner à midi ? Grüße aus Zürich. 昼ごはん。',
]);

const oversize = crlf([
  ...head('Scanner <scanner@office.example>', 'sales@company.example', 'Scan of the whole archive', 'oversize'),
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  '',
  ...base64Lines(Buffer.alloc(DEMO_SIZE_LIMIT, 'archive ')),
]);

const unroutable = crlf([
  ...head('Old Customer <old@kunde.example>', 'hans@company.example', 'Is Hans still with you?', 'unroutable'),
  'Content-Type: text/plain',
  '',
  'My last letter to Hans came back.',
]);

const whole = crlf([
  ...head('Bank <service@bank.example>', 'undisclosed-recipients:;', 'Your statement', 'whole'),
  'Content-Type: text/plain',
  '',
  'Your statement is ready.',
]);

/** What lies in each mailbox when the demo begins. */
export const mailboxes: Record<'office' | 'accounting', Sample[]> = {
  office: [
    { kind: 'plain', bytes: plain },
    { kind: 'html', bytes: html },
    { kind: 'attachment', bytes: attachment },
    { kind: '8-bit', bytes: eightBit },
    { kind: 'oversize', bytes: oversize },
    { kind: 'unroutable', bytes: unroutable },
  ],
  accounting: [{ kind: 'whole mailbox', bytes: whole }],
};

/** What the internal server must hold after one session: subject-bearing octets and who each went to. */
export const expectedInside: { kind: Sample['kind']; bytes: Buffer; recipients: string[] }[] = [
  { kind: 'plain', bytes: plain, recipients: ['sales@company.example'] },
  { kind: 'html', bytes: html, recipients: ['sales@company.example'] },
  { kind: 'attachment', bytes: attachment, recipients: ['anna@company.example', 'sales@company.example'] },
  { kind: '8-bit', bytes: eightBit, recipients: ['anna@company.example'] },
  { kind: 'whole mailbox', bytes: whole, recipients: ['accounting@company.example'] },
];

export interface OutgoingSample {
  from: string;
  to: string;
  subject: string;
  text: string;
  priority: 'high' | 'normal' | 'low';
}

/** What the demo's people send: one that the relay takes, one that it refuses, one that it wants later. */
export const outgoing: Record<'sent' | 'refused' | 'later', OutgoingSample> = {
  sent: {
    from: 'anna@company.example',
    to: 'zoe@cafe.example',
    subject: 'Re: Déjeuner à midi ?',
    text: 'Avec plaisir.\r\nAnna',
    priority: 'high',
  },
  refused: {
    from: 'sales@company.example',
    to: 'nobody@kunde.example',
    subject: 'Offer 2026-114',
    text: 'Here is our offer.',
    priority: 'normal',
  },
  later: {
    from: 'sales@company.example',
    to: 'greylisted@slow.example',
    subject: 'Reminder',
    text: 'This one waits in the queue for a while.',
    priority: 'normal',
  },
};

/** Mail that keeps coming while somebody watches the demo. */
export function anotherMessage(n: number): Buffer {
  const subjects = [
    'Question about the order',
    'Re: delivery date',
    'Photo of the new stand',
    'Meeting on Friday',
    'Thank you!',
  ];
  return crlf([
    ...head(
      `Customer ${n} <customer${n}@kunde.example>`,
      n % 3 === 0 ? 'anna@company.example' : 'sales@company.example',
      `${subjects[n % subjects.length]} (${n})`,
      `more-${n}`,
    ),
    'Content-Type: text/plain',
    '',
    ...Array.from({ length: 20 + (n % 7) * 40 }, (_, line) => `Line ${line + 1} of message ${n}.`),
  ]);
}

function base64Lines(bytes: Buffer): string[] {
  return bytes.toString('base64').match(/.{1,76}/g) ?? [];
}

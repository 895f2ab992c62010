import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { composeReport, type Fate, statusOf } from '../../src/daemon/outbound/bounce.ts';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';

const failure: Fate = {
  action: 'failed',
  id: 'Pmg1F7B',
  sender: 'webmaster@pytheas.com',
  subject: 'Un modèle',
  messageId: '<1@pytheas.com>',
  queuedAt: Date.UTC(2015, 0, 1, 10, 9, 54),
  envid: 'e+1',
  recipients: [
    { address: 'somebody@somedomain.com', reply: '550 5.1.1 User unknown', orcpt: 'rfc822;some+body@list.example' },
    { address: 'élan@somedomain.com', reply: '4.4.7 Given up after 120 hours: 451 later', orcpt: null },
  ],
  host: 'smtprelay.isp.com',
  willRetryUntil: null,
  original: {
    kind: 'headers',
    octets: Buffer.from('Subject: Un mod\xe8le\r\nX-Long: '.concat('y'.repeat(1_200), '\r\n'), 'latin1'),
  },
};
const by = {
  id: 'Pmg1F7C',
  gatewayName: 'gw.pytheas.com',
  language: 'en' as const,
  now: Date.UTC(2015, 0, 1, 10, 10, 0),
};

const READ = `
import email, email.policy, json, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
text, status, original = m.get_payload()
print(json.dumps({
  'type': m.get_content_type(), 'report': m.get_param('report-type'), 'defects': [str(d) for p in m.walk() for d in p.defects],
  'headers': {k: str(m[k]) for k in ('From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'In-Reply-To')},
  'parts': [p.get_content_type() for p in m.get_payload()],
  'text': text.get_content(),
  'status': [dict(part.items()) for part in status.get_payload()],
  'original': original.get_payload(decode=True).decode('latin1') if original.get_content_type() == 'text/rfc822-headers'
     else original.get_payload()[0].as_bytes(policy=email.policy.SMTP).decode('latin1'),
}))
`;

async function readByPython(octets: Buffer) {
  await using folder = await scratchFolder('report');
  await writeFile(folder.file('read.py'), READ);
  await writeFile(folder.file('report.eml'), octets);
  const { code, output } = await run(['python3', folder.file('read.py'), folder.file('report.eml')]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output) as Record<string, unknown>;
}

describe.runIf(peersInstalled(['python3']))('S114: the report, as Python reads it', () => {
  test('has RFC 3464 fields, words, and the header of the original', async () => {
    const read = await readByPython(await composeReport(failure, by));
    expect(read).toMatchObject({
      type: 'multipart/report',
      report: 'delivery-status',
      defects: [],
      headers: {
        From: 'Mail Delivery System <MAILER-DAEMON@gw.pytheas.com>',
        To: 'webmaster@pytheas.com',
        Subject: 'Undelivered mail: Un modèle',
        Date: 'Thu, 01 Jan 2015 10:10:00 +0000',
        'Auto-Submitted': 'auto-replied',
        'In-Reply-To': '<1@pytheas.com>',
      },
      parts: ['text/plain', 'message/delivery-status', 'text/rfc822-headers'],
      status: [
        {
          'Reporting-MTA': 'dns; gw.pytheas.com',
          'Original-Envelope-Id': 'e+1',
          'Arrival-Date': 'Thu, 01 Jan 2015 10:09:54 +0000',
        },
        {
          'Original-Recipient': 'rfc822; some+body@list.example',
          'Final-Recipient': 'rfc822; somebody@somedomain.com',
          Action: 'failed',
          Status: '5.1.1',
          'Remote-MTA': 'dns; smtprelay.isp.com',
          'Diagnostic-Code': 'smtp; 550 5.1.1 User unknown',
          'Last-Attempt-Date': 'Thu, 01 Jan 2015 10:10:00 +0000',
        },
        { 'Final-Recipient': 'utf-8; \\x{E9}lan@somedomain.com', Action: 'failed', Status: '4.4.7' },
      ],
      original: failure.original.octets.toString('latin1').replaceAll('\r\n', '\n'), // as Python gives text
    });
    expect(read['text']).toContain('<somebody@somedomain.com>\n    550 5.1.1 User unknown');
  });

  test('RFC 3461: for RET=FULL the whole message is in it, octet for octet', async () => {
    const octets = Buffer.from('Subject: x\r\n\r\n8-bit \xe9, a dot:\r\n.\r\nend\r\n', 'latin1');
    const read = await readByPython(await composeReport({ ...failure, original: { kind: 'message', octets } }, by));
    expect(read).toMatchObject({ parts: ['text/plain', 'message/delivery-status', 'message/rfc822'], defects: [] });
    expect(read['original']).toBe(octets.toString('latin1'));
  });

  test('MSG03, REL14: nothing that a stranger wrote becomes a field of its own, or leaves ASCII in the fields', async () => {
    const evil = {
      ...failure,
      subject: 'x\r\nBcc: victim@other.example\r\n\r\nbody',
      messageId: '<a>\r\nBcc: victim@other.example',
      recipients: [
        {
          address: 'a@x.example',
          reply: '550 5.1.1 no\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient: rfc822; z\u2028\u001b[2J é',
          orcpt: 'rfc822;b\r\nX: y',
        },
      ],
    };
    const read = await readByPython(await composeReport(evil, by));
    expect(read['defects']).toEqual([]);
    expect(JSON.stringify(read['headers'])).not.toContain('"Bcc"');
    expect(read['status']).toHaveLength(2);
    expect(read['status']).toMatchObject([
      {},
      {
        Status: '5.1.1',
        'Original-Recipient': 'rfc822; b X: y',
        'Diagnostic-Code': 'smtp; 550 5.1.1 no Status: 2.0.0 Final-Recipient: rfc822; z [2J ?',
      },
    ]);
  });

  test('of a message that waits says until when, and of one that was relayed that nobody knows more', async () => {
    const recipients = [{ address: 'a@x.example', reply: '451 4.7.1 greylisted', orcpt: null }];
    const delayed = { ...failure, recipients, action: 'delayed' as const, willRetryUntil: by.now + 3_600_000 };
    const relayed = { ...failure, recipients: [{ ...recipients[0]!, reply: '250 ok' }], action: 'relayed' as const };
    const [late, passed] = [
      await readByPython(await composeReport(delayed, by)),
      await readByPython(await composeReport(relayed, by)),
    ];
    expect(late).toMatchObject({
      headers: { Subject: 'Delayed mail: Un modèle' },
      status: [
        { 'Reporting-MTA': 'dns; gw.pytheas.com' },
        {
          'Final-Recipient': 'rfc822; a@x.example',
          Action: 'delayed',
          Status: '4.7.1',
          'Diagnostic-Code': 'smtp; 451 4.7.1 greylisted',
          'Will-Retry-Until': 'Thu, 01 Jan 2015 11:10:00 +0000',
        },
      ],
      defects: [],
    });
    expect(passed).toMatchObject({
      headers: { Subject: 'Relayed mail: Un modèle' },
      status: [{}, { Action: 'relayed', Status: '2.0.0' }],
      defects: [],
    });
  });

  test('in French', async () => {
    const read = await readByPython(await composeReport(failure, { ...by, language: 'fr' }));
    expect(read).toMatchObject({
      headers: {
        From: 'Système de distribution du courrier <MAILER-DAEMON@gw.pytheas.com>',
        Subject: 'Message non remis: Un modèle',
      },
    });
  });
});

test.each([
  ['550 5.1.1 User unknown', '5.1.1'],
  ['550-5.7.26 policy', '5.7.26'],
  ['550 User unknown', '5.0.0'],
  ['550 2.0.0 odd', '5.0.0'],
  ['4.4.7 Given up after 120 hours: 451 later', '4.4.7'],
  ['', '5.0.0'],
])('the status of %j is %s', (reply, status) => {
  expect(statusOf(reply)).toBe(status);
});

import fc from 'fast-check';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/daemon/base/log.ts';
import { readHeader } from '../../../src/daemon/mail/header-block.ts';
import { unanswerable } from '../../../src/daemon/reports/notices/answerable.ts';
import { createNotices, type Oversize } from '../../../src/daemon/reports/notices/notices.ts';
import { fill, PLACEHOLDERS } from '../../../src/daemon/reports/notices/template.ts';
import { peersInstalled } from '../../kit/require.ts';
import { filesIn, linesIn, mails, parsed, readByPython, type ReportsWorld, reportsWorld } from '../world.ts';

const header = (text: string) => readHeader(Buffer.from(text.replaceAll('\n', '\r\n')));

const HEADER = `Received: from mx.kunde.example by pop.isp.com;
\tTue, 24 Nov 2026 09:00:00 +0000
From: "Müller, Jörg" <joerg@kunde.example>
To: sales@company.com
Subject: =?utf-8?q?Pl=C3=A4ne?=
Date: Tue, 24 Nov 2026 09:00:00 +0000
Message-ID: <plans-1@kunde.example>
`;

const plans: Oversize = {
  ...{ account: 'sales', uidl: 'u1', bytes: 31_457_280, limit: 10_485_760, setBy: 'account' },
  ...{ header: header(HEADER), recipients: ['sales@company.com'], sender: null },
};

function notices(world: ReportsWorld, language: 'en' | 'fr' = 'en') {
  const settings = { gatewayName: 'gw.company.com', language, folder: world.home.file('templates') };
  const { deliver, clock } = world;
  return createNotices(settings, { bus: world.run.bus, clock, log: silentLog, deliver });
}

/** Puts a template of the person's own there. */
async function template(world: ReportsWorld, name: string, text: string | Uint8Array): Promise<void> {
  await mkdir(world.home.file('templates'), { recursive: true });
  await writeFile(world.home.file('templates', name), text);
}

describe('S65: the recipient of an oversize message is told', () => {
  test('each of them, from nobody, as an automatic reply to the message', async () => {
    await using world = await reportsWorld();
    const recipients = ['sales@company.com', 'info@company.com'];
    expect(await notices(world).oversize({ ...plans, recipients })).toEqual({ told: recipients, failed: null });

    const [first, second] = await mails(world.sink, 2);
    expect(first).toMatchObject({ sender: '', recipients: ['sales@company.com'] });
    expect(second).toMatchObject({ sender: '', recipients: ['info@company.com'] });
    const { headers, inReplyTo, from, to } = await parsed(first);
    expect(headers.get('auto-submitted')).toBe('auto-replied');
    expect(inReplyTo).toBe('<plans-1@kunde.example>');
    expect(from?.value).toMatchObject([{ name: 'MailGate gw.company.com', address: 'MAILER-DAEMON@gw.company.com' }]);
    expect(to).toMatchObject({ text: 'sales@company.com' });
  });

  test('in English, with whose limit it is (G13)', async () => {
    await using world = await reportsWorld();
    await notices(world).oversize(plans);
    const [mail] = await mails(world.sink, 1);
    expect((await parsed(mail)).subject).toBe('A message for you is too large: Pläne');
    expect(await linesIn(mail)).toMatchInlineSnapshot(`
      [
        "A message for you is larger than this mail system takes, and was not downloaded.",
        "",
        "  From:    joerg@kunde.example",
        "  Subject: Pläne",
        "  Date:    Tue, 24 Nov 2026 09:00:00 +0000",
        "  Size:    30.0 Mb (the limit is 10.0 Mb, set for this mailbox)",
        "  Mailbox: sales",
        "",
        "It stays on the POP3 server for now, and may be deleted there after some days. If you need it, ask your",
        "administrator to raise the limit, or the sender to send it in another way. Its header is attached.",
        "",
        "gw.company.com",
      ]
    `);
  });

  test('in French', async () => {
    await using world = await reportsWorld();
    await notices(world, 'fr').oversize({ ...plans, setBy: 'mail server', sender: 'joerg@kunde.example' });
    const [mail, toSender] = await mails(world.sink, 2);
    expect((await parsed(mail)).subject).toBe('Un message pour vous est trop volumineux : Pläne');
    expect(await linesIn(mail)).toMatchInlineSnapshot(`
      [
        "Un message qui vous est destiné dépasse la taille admise par cette messagerie et n'a pas été téléchargé.",
        "",
        "  De :     joerg@kunde.example",
        "  Objet :  Pläne",
        "  Date :   Tue, 24 Nov 2026 09:00:00 +0000",
        "  Taille : 30,0 Mb (la limite est de 10,0 Mb, fixée par le serveur de messagerie interne)",
        "  Boîte :  sales",
        "",
        "Il reste pour le moment sur le serveur POP3 et peut y être supprimé après quelques jours. Si vous en avez",
        "besoin, demandez à votre administrateur de relever la limite, ou à l'expéditeur de l'envoyer autrement.",
        "Son en-tête est joint.",
        "",
        "gw.company.com",
      ]
    `);
    expect(await linesIn(toSender)).toMatchInlineSnapshot(`
      [
        "Votre message est arrivé, mais il dépasse la taille admise par la messagerie du destinataire. Il n'a pas été remis.",
        "",
        "  À :      sales@company.com",
        "  Objet :  Pläne",
        "  Date :   Tue, 24 Nov 2026 09:00:00 +0000",
        "  Taille : 30,0 Mb (la limite est de 10,0 Mb)",
        "",
        "Le destinataire en a été averti. Merci de l'envoyer en plusieurs parties, ou d'une autre manière. L'en-tête de",
        "votre message est joint.",
        "",
        "gw.company.com",
      ]
    `);
  });

  test.runIf(peersInstalled(['python3']))('with the header of the message, which Python reads as such', async () => {
    await using world = await reportsWorld();
    await notices(world).oversize(plans);
    const { parts, defects } = readByPython((await mails(world.sink, 1))[0]?.bytes ?? Buffer.alloc(0));
    expect(defects).toEqual([]);
    expect(parts.map(({ type }) => type)).toEqual(['text/plain', 'text/rfc822-headers']);
    expect(parts[1]?.text.split('\r\n')).toEqual([
      'Received: from mx.kunde.example by pop.isp.com;\tTue, 24 Nov 2026 09:00:00 +0000'.replace('\t', ' '),
      'From: "Müller, Jörg" <joerg@kunde.example>',
      'To: sales@company.com',
      'Subject: =?utf-8?q?Pl=C3=A4ne?=',
      'Date: Tue, 24 Nov 2026 09:00:00 +0000',
      'Message-ID: <plans-1@kunde.example>',
      '',
    ]);
  });

  test('who cannot be told is named with the reason, and the others are told', async () => {
    await using world = await reportsWorld({ sink: { replies: { 'gone@company.com': '550 5.1.1 No such user' } } });
    const told = await notices(world).oversize({ ...plans, recipients: ['gone@company.com', 'sales@company.com'] });
    expect(told).toMatchObject({
      told: ['sales@company.com'],
      failed: expect.stringContaining('No such user') as string,
    });
    expect(world.run.of('report.failed')).toMatchObject([{ report: 'notice', to: 'gone@company.com' }]);
  });

  test('a server that is away is the reason', async () => {
    await using world = await reportsWorld();
    await world.sink.stop();
    const { told, failed } = await notices(world).oversize(plans);
    expect(told).toEqual([]);
    expect(failed).not.toBeNull();
    expect(world.run.of('report.failed')).toHaveLength(1);
  });
});

describe('S67: the sender is told, too', () => {
  test('where the account asks for it, in words of his own, through the internal server', async () => {
    await using world = await reportsWorld();
    const sender = 'joerg@kunde.example';
    const { told } = await notices(world).oversize({ ...plans, sender });
    expect(told).toEqual(['sales@company.com', sender]);
    const [, mail] = await mails(world.sink, 2);
    expect(mail).toMatchObject({ sender: '', recipients: [sender] });
    expect((await parsed(mail)).subject).toBe('Your message was too large: Pläne');
    expect(await linesIn(mail)).toMatchInlineSnapshot(`
      [
        "Your message has arrived, but is larger than the recipient's mail system takes. It was not delivered.",
        "",
        "  To:      sales@company.com",
        "  Subject: Pläne",
        "  Date:    Tue, 24 Nov 2026 09:00:00 +0000",
        "  Size:    30.0 Mb (the limit is 10.0 Mb)",
        "",
        "The recipient has been told. Please send it in smaller parts, or in another way. The header of your message is",
        "attached.",
        "",
        "gw.company.com",
      ]
    `);
  });

  test('and hears of nobody but those he wrote to', async () => {
    await using world = await reportsWorld();
    const recipients = ['sales@company.com', 'supervisor@company.com'];
    await notices(world).oversize({ ...plans, recipients, sender: 'joerg@kunde.example' });
    const [first, second, third] = await mails(world.sink, 3);
    expect(third?.bytes.toString('latin1')).not.toContain('supervisor');
    expect(first?.bytes.toString('latin1')).not.toContain('supervisor');
    expect(second?.recipients).toEqual(['supervisor@company.com']);
  });

  test('not twice when he is a recipient as well', async () => {
    await using world = await reportsWorld();
    const { told } = await notices(world).oversize({ ...plans, sender: 'Sales@Company.com' });
    expect(told).toEqual(['sales@company.com']);
  });

  test.each([
    ['the null sender', '', ''],
    ['a null Return-Path', 'a@b.c', 'Return-Path: <>'],
    ['an automatic reply', 'a@b.c', 'Auto-Submitted: auto-replied (vacation)'],
    ['a generated message', 'a@b.c', 'auto-submitted: Auto-Generated; x=y'],
    ['a mailing list', 'a@b.c', 'List-Id: <news.b.c>'],
    ['a newsletter', 'a@b.c', 'List-Unsubscribe: <mailto:off@b.c>'],
    ['bulk mail', 'a@b.c', 'Precedence: bulk'],
    ['Exchange asking for silence', 'a@b.c', 'X-Auto-Response-Suppress: DR, OOF, AutoReply'],
    ['a report', 'MAILER-DAEMON@b.c', ''],
    ["a list's owner", 'owner-news@b.c', ''],
    ["a list's request address", 'news-request@b.c', ''],
    ['an address that nobody reads', 'no-reply@b.c', ''],
    ['another of them', 'donotreply@b.c', ''],
  ])('MSG13: never for %s', async (_what, sender, field) => {
    await using world = await reportsWorld();
    const { told } = await notices(world).oversize({
      ...plans,
      sender,
      header: header(`${field}\n${HEADER}`.trimStart()),
    });
    expect(told).toEqual(['sales@company.com']);
    expect(world.sink.received).toHaveLength(1);
  });

  test('MSG13: "Auto-Submitted: no" and ordinary names are answered', () => {
    const said = header(`Auto-Submitted: no\n${HEADER}`);
    for (const sender of ['joerg@kunde.example', 'requests@b.c', 'bouncer@b.c', 'reply@b.c', 'owner@b.c'])
      expect(unanswerable(sender, said)).toBeNull();
  });
});

describe('S68: the templates', () => {
  test("the program's own are written to be copied, and a person's own goes before them", async () => {
    await using world = await reportsWorld();
    const its = notices(world);
    await its.prepare();
    await its.prepare();
    expect(await filesIn(world.home.file('templates'))).toEqual(['README.txt', 'defaults']);
    const defaults = ['recipient.en', 'recipient.fr', 'sender.en', 'sender.fr'].map((one) => `oversize-${one}.txt`);
    expect(await filesIn(world.home.file('templates', 'defaults'))).toEqual(defaults);
    const readme = await readFile(world.home.file('templates', 'README.txt'), 'utf8');
    expect(PLACEHOLDERS.filter((name) => !readme.includes(`{${name}}`))).toEqual([]);

    const every = PLACEHOLDERS.map((name) => `${name}={${name}}`).join('\r\n');
    await template(world, 'oversize-recipient.en.txt', `Subject: Trop gros: {SUBJECT}\r\n\r\n${every}\r\n`);
    await its.oversize(plans);
    const [mail] = await mails(world.sink, 1);
    expect((await parsed(mail)).subject).toBe('Trop gros: Pläne');
    expect(await linesIn(mail)).toMatchInlineSnapshot(`
      [
        "sender=joerg@kunde.example",
        "from=joerg@kunde.example",
        "subject=Pläne",
        "size=30.0 Mb",
        "limit=10.0 Mb",
        "setBy=set for this mailbox",
        "account=sales",
        "date=Tue, 24 Nov 2026 09:00:00 +0000",
        "recipients=sales@company.com",
        "gateway=gw.company.com",
        "headers=Received: from mx.kunde.example by pop.isp.com; Tue, 24 Nov 2026 09:00:00 +0000",
        "From: "Müller, Jörg" <joerg@kunde.example>",
        "To: sales@company.com",
        "Subject: Pläne",
        "Date: Tue, 24 Nov 2026 09:00:00 +0000",
        "Message-ID: <plans-1@kunde.example>",
      ]
    `);
    expect(world.run.of('problem.raised')).toEqual([]);
  });

  test('one in Windows-1252 is read; what is wrong with one is a problem until it is put right, and stops no notice', async () => {
    await using world = await reportsWorld();
    const its = notices(world);
    const latin = Buffer.from('Subject: D\xe9passement {foo}\r\n\r\n\xe0 {bar} {subject}\r\n', 'latin1');
    await template(world, 'oversize-recipient.en.txt', latin);
    await its.oversize(plans);
    await its.oversize(plans);
    const [mail] = await mails(world.sink, 2);
    expect((await parsed(mail)).subject).toBe('Dépassement {foo}');
    expect(await linesIn(mail)).toEqual(['à {bar} Pläne']);
    expect(world.run.of('problem.raised').map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^templates\/oversize-recipient\.en\.txt: \{bar\} is no placeholder; .*; \{foo\} is no placeholder; those are \{sender\} /,
      ),
    ]);

    await template(world, 'oversize-recipient.en.txt', 'no subject here: {subject}');
    await its.oversize(plans);
    expect((await parsed((await mails(world.sink, 3))[2])).subject).toBe('A message for you is too large: Pläne');
    await template(world, 'oversize-recipient.en.txt', 'Subject: x\n\ny');
    await its.oversize(plans);
    expect(world.run.of('problem.cleared')).toMatchObject([{ key: 'template.recipient' }]);
  });

  test('are shown as they would be mailed, each with what is wrong with it; nothing is mailed or reported', async () => {
    await using world = await reportsWorld();
    const its = notices(world);
    const recipient = await its.preview('recipient');
    expect(recipient).toMatchObject({ template: null, faults: [] });
    expect(recipient.text).toContain('25.0 Mb (the limit is 10.0 Mb, set for this mailbox)');
    expect((await its.preview('sender')).text).toContain('sales@company.example');

    await template(world, 'oversize-sender.en.txt', 'Subject: {subject}: too large\n\n{size} {colour}\n');
    expect(await its.preview('sender')).toEqual({
      ...{ subject: 'Plans of the new building: too large', text: '25.0 Mb {colour}\n' },
      ...{ template: 'oversize-sender.en.txt', faults: [expect.stringContaining('{colour} is no placeholder')] },
    });
    expect((await notices(world, 'fr').preview('recipient')).text).toContain('25,0 Mb');
    expect(world.sink.received).toEqual([]);
    expect(world.run.of('problem.raised')).toEqual([]);
  });

  test('a value cannot bring a placeholder of its own', () => {
    const values = Object.fromEntries(PLACEHOLDERS.map((name) => [name, `<${name}>`])) as Parameters<typeof fill>[1];
    const filled = fill('Subject: {subject}\n\n{from}', { ...values, subject: '{account}', from: '{gateway}{x}' }, '');
    expect(filled).toEqual({ subject: '{account}', text: '{gateway}{x}', faults: [] });
  });

  test('MSG03: whatever the message holds, it never becomes a header field of ours', async () => {
    await using world = await reportsWorld();
    const its = notices(world);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...EVIL)),
        async (evil) => {
          const raw = Buffer.from(
            `Subject: ${evil.replace(/[\r\n]/g, '')}\r\nMessage-ID: ${evil}\r\nDate: ${evil}\r\n`,
          );
          const before = world.sink.received.length;
          await its.oversize({ ...plans, header: readHeader(raw), account: evil, sender: 'joerg@kunde.example' });
          for (const mail of (await mails(world.sink, before + 2)).slice(before)) {
            const names = [...(await parsed(mail)).headerLines].map(({ key }) => key);
            expect(names.filter((name) => !OURS.has(name))).toEqual([]);
            expect(names.length).toBe(new Set(names).size);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

const EVIL = [
  '=?utf-8?q?a=0D=0ABcc:_evil@evil.example?=',
  'a\r\nBcc: evil@evil.example',
  'a\nBcc: evil@evil.example\n\nbody',
  '<x@y>\r\n Bcc: z',
  '\u2028Bcc: x',
  '{subject}\u0000\u0085Bcc: x',
];
const OURS = new Set([
  ...['from', 'to', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'mime-version', 'content-type'],
  ...['auto-submitted', 'x-auto-response-suppress'],
]);

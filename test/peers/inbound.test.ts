/** A day of the inbound side on real servers, by the commands of an operator: Dovecot's mailbox, Postfix inside, and all between. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostname } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { startDovecot } from '../kit/dovecot.ts';
import { ini, runMailgate, startGateway } from '../kit/gateway.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const PASSWORD = 'pw-canary-4711';
const ANNA = 'anna@firma.example';

const mail = (fields: readonly string[], body = 'Hello.'): Buffer =>
  Buffer.from(
    ['Return-Path: <joerg@kunde.example>', 'From: joerg@kunde.example', ...fields, '', body, ''].join('\r\n'),
    'latin1',
  );

const plain = mail([
  'Delivered-To: pop-anna@isp.example',
  'To: list@elsewhere.example',
  'Subject: Plain',
  'Message-ID: <plain@kunde>',
]);
const large = mail(
  ['Delivered-To: pop-anna@isp.example', 'To: anna', 'Subject: Large', 'Message-ID: <large@kunde>'],
  'x'.repeat(70).concat('\r\n').repeat(1_000),
);
const lost = mail([
  'Delivered-To: pop-nobody@isp.example',
  `To: ${ANNA}`,
  'Subject: For nobody',
  'Message-ID: <lost@kunde>',
]);
const program = mail(
  [
    'Delivered-To: pop-anna@isp.example',
    `To: ${ANNA}`,
    'Subject: A program',
    'Message-ID: <exe@kunde>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
  ],
  [
    '--b',
    'Content-Type: text/plain',
    '',
    'See the program.',
    '--b',
    'Content-Type: application/octet-stream; name="=?utf-8?Q?setup=2Eexe?="',
    'Content-Disposition: attachment; filename="setup.exe. "',
    '',
    'MZ',
    '--b--',
  ].join('\r\n'),
);

const subjectOf = (text: string): string => /^Subject: (.*)/m.exec(text.split('\r\n\r\n', 1)[0] ?? '')?.[1] ?? '';

const peers = describe.runIf(peersInstalled(['dovecot', 'postfix']));

async function office(more: Readonly<Record<string, string | number>> = {}) {
  await using parts = new AsyncDisposableStack();
  const dovecot = parts.use(await startDovecot({ users: { desk: PASSWORD } }));
  const postfix = parts.use(await startPostfix({ mode: 'internal', domains: ['firma.example'] }));
  const text = (keys: Readonly<Record<string, string | number>> = {}) =>
    ini({
      Options: { 'Poll every minutes': 0, 'Logmsg to disk': 1 },
      'Mail server': { Host: '127.0.0.1', Port: postfix.port },
      'Outgoing mail': { Enabled: 0 },
      'Rule: programs': { Type: 'Intercept', Attachments: '*.exe; *.scr' },
      'Envelope information Header Masks': { 'Delivered-To': 'pop-{KW}@*' },
      'POP3 account: desk': {
        ...{ Host: '127.0.0.1', Port: dovecot.port, Security: 'none', User: 'desk', Password: PASSWORD },
        ...{ 'Search header': 'Delivered-To', 'Maximum size for messages': 50_000 },
        ...more,
        ...keys,
      },
      'Recipient: anna': { 'SMTP address': ANNA, Keywords: 'anna', 'Send session log here': 1 },
    });
  const everything = parts.move();
  return { dovecot, postfix, text, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

peers('an operator’s day with one mailbox', () => {
  test('routing, rules, sizes, quarantine, logs and the doctor, on Dovecot and Postfix (S35, S43, S60, S65, S79, S83, S88, G02, G07, G08, G13)', async () => {
    await using here = await office();
    const { dovecot, postfix } = here;
    for (const bytes of [plain, large, lost, program]) await dovecot.deliver('desk', bytes);
    await using gateway = await startGateway({ ini: here.text() });
    const { json, mailgate } = gateway;

    const [report] = await json('trigger', 'desk', '--wait');
    expect(report).toMatchObject({
      messages: 1,
      errors: [{ account: 'desk', message: expect.stringContaining('no recipient') }],
    });
    expect((await gateway.status()).counters).toMatchObject({ downloaded: 3, delivered: 1, refused: 1 });

    // S65, S35: the notice on the large one, and the session's log, go to Anna.
    const arrived = async () => (await postfix.deliveries()).map(({ content }) => content.toString('latin1'));
    await until('the notice and the session log', async () => (await arrived()).length >= 3 || undefined);
    const inside = await arrived();
    /** Delivery comes after the 250. */
    const subjectsInside = (subject: string) =>
      until(subject, async () => {
        const found = (await arrived()).filter((text) => subjectOf(text) === subject);
        return found.length > 0 ? found : undefined;
      });
    expect(inside.filter((text) => subjectOf(text) === 'Plain')).toHaveLength(1);
    expect(inside.some((text) => /^Subject: .*Large/m.test(text) && text.includes('text/rfc822-headers'))).toBe(true);
    expect(inside.some((text) => /^Subject: .*Session 1/m.test(text))).toBe(true);

    // G08: what lies there, and why.
    const listed = await json('mailbox', 'list', 'desk');
    expect(listed).toMatchObject([
      { state: 'oversize', subject: 'Large' },
      { state: 'new', subject: 'For nobody' },
    ]);
    const [shown] = await json('mailbox', 'top', 'desk', '2');
    expect(shown).toMatchObject({ message: { subject: 'For nobody' }, text: expect.stringContaining('Hello.') });

    // G13: who set the limit, and what a raise would release.
    expect((await json('accounts', 'list'))[0]).toMatchObject({
      ...{ name: 'desk', oversize: 1, password: '***' },
      ...{ limit: { bytes: 50_000, setBy: 'account' }, tooLarge: [{ subject: 'Large' }] },
    });

    // S60, G08: fetched all the same.
    expect((await mailgate('mailbox', 'fetch', 'desk', '1', '--wait')).code).toBe(0);
    expect(await subjectsInside('Large')).toHaveLength(1);

    // S79: in quarantine, durable, and released past the rules.
    const [held] = (await json('quarantine', 'list')) as { id: string }[];
    expect(held).toMatchObject({ subject: 'A program', rule: 'programs' });
    expect(await readFile(join(gateway.home, 'Quarantine', `${held?.id}.eml`))).toEqual(program);
    expect((await mailgate('quarantine', 'release', held?.id ?? '', '--yes')).code).toBe(0);
    expect(await subjectsInside('A program')).toHaveLength(1);
    expect(await json('quarantine', 'list')).toEqual([]);

    // G07, S81: the dry runs.
    const eml = join(gateway.home, 'tmp', 'try.eml');
    await writeFile(eml, program);
    expect((await json('route', 'try', eml, '--account', 'desk'))[0]).toMatchObject({
      ...{
        recipients: [{ name: 'anna', address: ANNA, why: expect.stringContaining('Delivered-To') }],
        unroutable: false,
      },
    });
    expect((await json('rules', 'try', eml))[0]).toMatchObject({ verdict: 'intercept', rule: 'programs' });

    // S43, S47: the log of the session, from its file.
    const logs = (await json('logs', 'list')) as { session: number; file: string | null }[];
    expect(logs.at(-1)).toMatchObject({ session: 1, errors: 1, file: expect.any(String) });
    const { output } = await mailgate('logs', 'show', '1');
    expect(output).toContain('Session 1 started (1 account).');
    expect(output).toContain('put into quarantine');
    expect(await readdir(join(gateway.home, 'Log'))).toContain(logs.at(-1)?.file);

    // G05: said once, and there to be seen.
    expect(await json('alerts', 'list')).toContainEqual(expect.objectContaining({ key: 'unroutable:desk' }));
    expect((await mailgate('alerts', 'ack', 'unroutable:desk')).code).toBe(0);

    // S69, S73: the tries of the Control Panel's buttons.
    const [tried] = await json('test', 'mail-server');
    expect(tried).toMatchObject({
      ok: true,
      dialogue: expect.arrayContaining([expect.stringMatching(/^< 250[- ]SIZE/)]),
    });
    expect((await mailgate('accounts', 'test', 'desk')).output).toContain('PASS XXXX');
    const doctor = await mailgate('doctor', 'desk', '1');
    expect(doctor.output).toMatch(/comes whole now/);
    expect(doctor.code).toBe(0);

    // S60: gone by an operator’s hand; but not by a number of the list before, which is another message now.
    expect((await mailgate('mailbox', 'delete', 'desk', '1', '--yes')).code).toBe(75);
    expect(await json('mailbox', 'list', 'desk')).toMatchObject([{ number: 1, subject: 'For nobody' }]);
    expect((await mailgate('mailbox', 'delete', 'desk', '1', '--yes')).code).toBe(0);
    expect(await dovecot.messages('desk')).toEqual([]);

    // I24: the password is nowhere but in its own file.
    expect(await gateway.stop()).toBe(0);
    expect(gateway.log()).not.toContain(PASSWORD);
    for (const file of await readdir(gateway.home, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.name === 'PMailGat.ini') continue;
      expect((await readFile(join(file.parentPath, file.name))).includes(PASSWORD), file.name).toBe(false);
    }
  });

  test('S66: raising the limit releases what was kept; S57, S54: what is kept is not fetched twice', async () => {
    await using here = await office({ 'Keep on server': 1 });
    await here.dovecot.deliver('desk', plain);
    await here.dovecot.deliver('desk', large);
    await using gateway = await startGateway({ ini: here.text() });
    await gateway.mailgate('trigger', '--wait');
    expect((await gateway.status()).counters).toMatchObject({ downloaded: 1, delivered: 1 });
    expect(await gateway.json('mailbox', 'list', 'desk')).toMatchObject([{ state: 'kept' }, { state: 'oversize' }]);
    expect(await gateway.stop()).toBe(0);

    const path = gateway.home;
    await writeFile(join(path, 'PMailGat.ini'), here.text({ 'Maximum size for messages': 0 }), { mode: 0o600 });
    const once = await runMailgate(['run', '--once', '--home', path]);
    expect({ code: once.code, output: once.output }).toMatchObject({
      code: 0,
      output: expect.stringContaining('Session 2 finished: 1 message, 0 errors.'),
    });
    expect(await here.dovecot.messages('desk')).toHaveLength(2);
    // What `once` promised is done when it ends: the log is on disk, and mailed.
    expect((await readdir(join(path, 'Log'))).filter((name) => name.endsWith('.txt'))).toHaveLength(2);
    const logs = (await here.postfix.deliveries()).filter(({ content }) =>
      /^Subject: .*Session 2/m.test(content.toString('latin1')),
    );
    expect(logs).toHaveLength(1);
  });

  test('S103: try to listen now, with the service running, answers the lines of the description', async () => {
    const port = await freePort();
    await using gateway = await startGateway({
      ini: ini({ 'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port } }),
    });
    const { code, output } = await gateway.mailgate('test', 'listener');
    expect(code).toBe(0);
    expect(output.trimEnd().split('\n')).toEqual([
      '*** The port could not be opened for listening.',
      `*** Now trying SMTP connection to port ${port}...`,
      '220 PYTHEAS MailGate ESMTP server ready',
      `HELO ${hostname()}`,
      '250 PYTHEAS.MailGate',
      'QUIT',
      '*** The SMTP connection has been closed',
    ]);
  });
});

import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { days, hours, minutes } from '../../../src/daemon/base/clock.ts';
import type { Fact } from '../../../src/protocol/events.ts';
import { peersInstalled } from '../../kit/require.ts';
import { until } from '../../kit/until.ts';
import { startLog } from './session-logs.ts';
import {
  badSession,
  facts,
  filesIn,
  goodSession,
  linesIn,
  mails,
  parsed,
  readByPython,
  reportsWorld,
  textOf,
} from '../world.ts';

describe('S35: the session log is mailed after a session', () => {
  test('to each recipient who wants it, from nobody, as an automatic message, the outcome in front', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: ['anna@company.com', 'postmaster@company.com'] });
    world.run.tell(...goodSession(12));
    await logging.log.idle();

    const [mail] = await mails(world.sink, 1);
    expect(mail).toMatchObject({ sender: '', recipients: ['anna@company.com', 'postmaster@company.com'] });
    const { subject, headers, messageId } = await parsed(mail);
    expect(subject).toBe('[MailGate] Session 12: 1 message, 0 errors');
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(headers.get('x-auto-response-suppress')).toBe('All');
    expect(messageId).toMatch(/^<session-12\.\d+@gw\.company\.com>$/);
    expect(world.run.of('report.mailed')).toMatchObject([
      { report: 'session log', to: 'anna@company.com', reply: expect.stringContaining('250') as string },
      { report: 'session log', to: 'postmaster@company.com' },
    ]);
  });

  test('S47, S48: with every line of the log since the one before, each with its time', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world);
    world.run.tell(...between, ...goodSession(12));
    await logging.log.idle();
    expect(await linesIn((await mails(world.sink, 1))[0])).toMatchInlineSnapshot(`
      [
        "Session log of the mail gateway gw.company.com",
        "Session 12: 2026-11-24 10:00:00 to 2026-11-24 10:00:00",
        "[10:00] Queue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]",
        "[10:00] Queue [1] MAIL FROM: <> SIZE=3798 (Pmg1F7B.tmp, Priority: High)",
        "[10:00] Queue [1] Rcpt To: <somebody@somedomain.com>",
        "[10:00] Queue [1] Subject: A sample message",
        "[10:00] Queue [1] Connection closed.",
        "[10:00] Send: Connecting to smtprelay.isp.com...Login successful...done. (ESMTP, Max size: 21000000, DSN)",
        "[10:00] Send: MAIL FROM: <> (Pmg1F7B.tmp, 7.4 kb, queued: 2026-11-24 09:59:54)",
        "[10:00] Send: Rcpt To: <somebody@somedomain.com>",
        "[10:00] Send: Subject: A sample message",
        "[10:00] Send: Message sent (7.4 kb).",
        "[10:00] Send: Outbound connection closed.",
        "[10:00] SMTP trace for sending outgoing mail activated.",
        "[10:00] Session 12 started (1 account).",
        "[10:00] POP3 [sales] Connecting to pop.isp.com...Login successful...done. (1 message, 7.4 kb)",
        "[10:00] POP3 [sales] Message 1 (7.4 kb) From: <a@b.c> Subject: A sample message",
        "[10:00] POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued)",
        "[10:00] Session 12 finished: 1 message, 0 errors.",
      ]
    `);
  });

  test('S47, S111: in French with French words, numbers and dates, save in the lines of S100 and S110', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { language: 'fr' });
    world.run.tell(...between, ...goodSession(12));
    await logging.log.idle();
    const [mail] = await mails(world.sink, 1);
    expect((await parsed(mail)).subject).toBe('[MailGate] Session 12 : 1 message, 0 erreur');
    expect(await linesIn(mail)).toMatchInlineSnapshot(`
      [
        "Journal de session de la passerelle de messagerie gw.company.com",
        "Session 12 : du 24/11/2026 10:00:00 au 24/11/2026 10:00:00",
        "[10:00] Queue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]",
        "[10:00] Queue [1] MAIL FROM: <> SIZE=3798 (Pmg1F7B.tmp, Priority: High)",
        "[10:00] Queue [1] Rcpt To: <somebody@somedomain.com>",
        "[10:00] Queue [1] Subject: A sample message",
        "[10:00] Queue [1] Connection closed.",
        "[10:00] Send: Connecting to smtprelay.isp.com...Login successful...done. (ESMTP, Max size: 21000000, DSN)",
        "[10:00] Send: MAIL FROM: <> (Pmg1F7B.tmp, 7,4 kb, queued: 24/11/2026 09:59:54)",
        "[10:00] Send: Rcpt To: <somebody@somedomain.com>",
        "[10:00] Send: Subject: A sample message",
        "[10:00] Send: Message sent (7,4 kb).",
        "[10:00] Send: Outbound connection closed.",
        "[10:00] Trace SMTP pour l'envoi du courrier sortant activée.",
        "[10:00] Session 12 démarrée (1 compte).",
        "[10:00] POP3 [sales] Connexion à pop.isp.com...Identification réussie...terminé. (1 message, 7,4 kb)",
        "[10:00] POP3 [sales] Message 1 (7,4 kb) De : <a@b.c> Objet : A sample message",
        "[10:00] POP3 [sales] Remis à : <sales@company.com> (250 2.6.0 Queued)",
        "[10:00] Session 12 terminée : 1 message, 0 erreur.",
      ]
    `);
  });

  test('S36: to nobody when nobody wants it', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    world.run.tell(...goodSession(1), ...badSession(2));
    await logging.log.idle();
    expect(world.sink.received).toEqual([]);
    expect(world.run.of('report.failed')).toEqual([]);
  });

  test('traces and commands are no part of it', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world);
    world.run.tell(
      { type: 'trace.line', trace: 'pop3', scope: 'sales', direction: '>', line: 'STAT' },
      { type: 'command.done', method: 'trigger', by: 'uid 0', what: 'all accounts', result: 'ok' },
      ...goodSession(1),
    );
    await logging.log.idle();
    const lines = await linesIn((await mails(world.sink, 1))[0]);
    expect(lines.filter((line) => /STAT|trigger/.test(line))).toEqual([]);
  });

  test('MSG01: what a stranger wrote cannot break a line of it, nor steer a screen', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { toDisk: true });
    const evil = 'x\u001b[2J\r\nBcc: evil@evil.example\u202e<b>&amp;';
    world.run.tell(facts.started(1, 'sales'), facts.fetched(1, 'sales', 1, evil), facts.finished(1, 1, 0));
    await logging.log.idle();

    const [mail] = await mails(world.sink, 1);
    const line =
      '[10:00] POP3 [sales] Message 1 (7.4 kb) From: <a@b.c> Subject: x\\x1b[2J\\x0d\\x0aBcc: evil@evil.example\\u202e<b>&amp;';
    expect(await linesIn(mail)).toContain(line);
    expect((await parsed(mail)).html).toContain(
      line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    );
    expect(await textOf(join(logging.folder, '2026-11-24 100000 Session 1.txt'))).toContain(`${line}\n`);
  });
});

/** What the queue told between two sessions (S47). */
const between: Fact[] = [
  { type: 'queue.connected', connection: 1, peer: 'your-mail-server [192.168.1.5]', esmtp: true },
  {
    ...{ type: 'queue.accepted', connection: 1, id: 'Pmg1F7B', sender: '', size: 3_798, priority: 'high' },
    ...{ recipients: ['somebody@somedomain.com'], subject: 'A sample message', bytes: 3_798 },
  },
  { type: 'queue.disconnected', connection: 1, peer: 'your-mail-server [192.168.1.5]', messages: 1 },
  { type: 'transfer.connected', relay: 'smtprelay.isp.com', login: true, esmtp: true, maxSize: 21_000_000, dsn: true },
  {
    ...{ type: 'transfer.started', id: 'Pmg1F7B', relay: 'smtprelay.isp.com', sender: '', bytes: 7_578 },
    ...{ queuedAt: '2026-11-24T09:59:54.000Z', recipients: ['somebody@somedomain.com'], subject: 'A sample message' },
  },
  {
    ...{ type: 'transfer.sent', id: 'Pmg1F7B', relay: 'smtprelay.isp.com', bytes: 7_578, final: true },
    recipients: [{ address: 'somebody@somedomain.com', reply: '250 ok' }],
  },
  { type: 'transfer.closed', relay: 'smtprelay.isp.com' },
  { type: 'trace.activated', trace: 'smtp-out', session: 12, account: null },
];

describe('S39: the mailed log stays readable', () => {
  test('in clients that take out line breaks: a tabulator ends each line of the plain text, and the HTML is preformatted', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { language: 'fr' });
    world.run.tell(...goodSession(12));
    await logging.log.idle();

    const { text, html } = await parsed((await mails(world.sink, 1))[0]);
    const lines = (text ?? '').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(6);
    expect(lines.slice(0, -1).filter((line) => !line.endsWith('\t'))).toEqual([]);
    const [, pre = ''] = /<pre>\s*([\s\S]*)<\/pre>/.exec(html || '') ?? [];
    expect(pre.trimEnd().split(/\r?\n/)).toHaveLength(lines.length);
  });

  test.runIf(peersInstalled(['python3']))("as Python's email package reads it, without a defect", async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { language: 'fr' });
    world.run.tell(
      facts.started(12, 'été'),
      facts.fetched(12, 'été', 1, `é ${'x'.repeat(3_000)}`),
      facts.finished(12, 1, 0),
    );
    await logging.log.idle();

    const [mail] = await mails(world.sink, 1);
    const { headers, parts, defects } = readByPython(mail?.bytes ?? Buffer.alloc(0));
    expect(defects).toEqual([]);
    expect(Object.fromEntries(headers)).toMatchObject({
      Subject: '[MailGate] Session 12 : 1 message, 0 erreur',
      'Auto-Submitted': 'auto-generated',
      To: 'postmaster@company.com',
    });
    expect(parts.map(({ type }) => type)).toEqual(['text/plain', 'text/html']);
    expect(parts[0]?.text).toContain(`Objet : é ${'x'.repeat(3_000)}\t\r\n`);
    const longest = Math.max(...(mail?.bytes.toString('latin1') ?? '').split('\r\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(998); // RFC 5322 §2.1.1
  });

  test('and stays small: of a log of a million octets it carries the beginning and the end', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world);
    const many = Array.from({ length: 12_000 }, (_, n) => facts.fetched(12, 'sales', n + 1));
    world.run.tell(facts.started(12, 'sales'), ...many, facts.finished(12, 12_000, 0));
    await logging.log.idle();

    const [mail] = await mails(world.sink, 1);
    const lines = await linesIn(mail);
    expect(mail?.bytes.length).toBeLessThan(1_000_000);
    expect(lines.find((line) => line.startsWith('...'))).toMatch(
      /^\.\.\. \d+ lines are left out here: see mailgate logs show 12/,
    );
    expect(lines[2]).toBe('[10:00] Session 12 started (1 account).');
    expect(lines.at(-1)).toBe('[10:00] Session 12 finished: 12000 messages, 0 errors.');
  });
});

describe('S37: only on error', () => {
  const onlyOnError = { onlyOnError: true };

  test('a session without errors is not mailed, one with an error is', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, onlyOnError);
    world.run.tell(...goodSession(1), ...badSession(2), ...goodSession(3));
    await logging.log.idle();
    expect(world.sink.received).toHaveLength(1);
    expect((await parsed(world.sink.received[0])).subject).toBe('[MailGate] Session 2: 0 messages, 1 error');
  });

  test('a message that the internal server refuses counts at once, whatever the threshold', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { ...onlyOnError, threshold: 5 });
    const refused = facts.messageFailed(1, 'sales', 1, '550 5.7.1 Message rejected');
    world.run.tell(facts.started(1, 'sales'), refused, facts.done(1, 'sales', 0, 1), facts.finished(1, 0, 1));
    await logging.log.idle();
    const [mail] = await mails(world.sink, 1);
    expect(await linesIn(mail)).toContain(
      '[10:00] POP3 [sales] *** Error: Message 1 stays on the POP3 server: <sales@company.com> 550 5.7.1 Message rejected',
    );
  });

  test('S116: an error outside the session counts, and the subject says where it is', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, onlyOnError);
    const unreported: Fact = {
      ...{ type: 'queue.unreported', id: 'Pmg1', sender: 'unexped@votredom.fr', subject: 'objet du message' },
      why: 'unknown sender',
    };
    world.run.tell(unreported, ...goodSession(1));
    await logging.log.idle();
    const [mail] = await mails(world.sink, 1);
    expect((await parsed(mail)).subject).toBe(
      '[MailGate] Session 1: 1 message, 0 errors; outside the session: 1 error',
    );
    expect(await linesIn(mail)).toContain(
      "[10:00] Queue: *** Error: No notification to: <unexped@votredom.fr> (objet du message). Sender's address unknown.",
    );
  });

  test('what will be tried again by itself is no error: a greylisted transfer, a report on a null sender', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, onlyOnError);
    world.run.tell(
      {
        ...{ type: 'transfer.deferred', id: 'Pmg1', relay: 'r', recipients: ['a@b.c'], reason: '451 greylisted' },
        nextAttemptAt: '2026-11-24T10:05:00.000Z',
      },
      { type: 'queue.unreported', id: 'Pmg1', sender: '', subject: '', why: 'null sender' },
      ...goodSession(1),
    );
    await logging.log.idle();
    expect(world.sink.received).toEqual([]);
  });
});

describe('S38, S40: the threshold of the error counter', () => {
  test('2 means: mailed once the same mailbox has failed in two consecutive sessions', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { onlyOnError: true, threshold: 2 });
    const other = [facts.started(3, 'info'), facts.failed(3, 'info'), facts.finished(3, 0, 1)];
    world.run.tell(...badSession(1), ...goodSession(2), ...other, ...badSession(4));
    await logging.log.idle();
    expect(world.sink.received).toEqual([]); // two mailboxes failed once each

    world.run.tell(...badSession(5));
    await logging.log.idle();
    expect((await parsed(world.sink.received[0])).subject).toBe('[MailGate] Session 5: 0 messages, 1 error');
  });

  test('the count outlives a restart', async () => {
    await using world = await reportsWorld();
    const first = await startLog(world, { onlyOnError: true, threshold: 2 });
    world.run.tell(...badSession(1));
    await first.close();
    await world.restart();
    await using second = await startLog(world, { onlyOnError: true, threshold: 2 });
    world.run.tell(...badSession(2));
    await second.log.idle();
    expect(world.sink.received).toHaveLength(1);
  });

  test('a relay that cannot be reached is counted in the same way', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { onlyOnError: true, threshold: 2 });
    const unconnected: Fact = { type: 'transfer.unconnected', relay: 'smtprelay', login: false, reason: 'timed out' };
    world.run.tell(unconnected, ...goodSession(1));
    await logging.log.idle();
    expect(world.sink.received).toEqual([]);
    world.run.tell(unconnected, unconnected, ...goodSession(2));
    await logging.log.idle();
    expect((await parsed(world.sink.received[0])).subject).toContain('outside the session: 1 error');
  });
});

describe('S41: NoWarning', () => {
  test('connection faults of such an account are no reason to mail, those of its messages are', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { onlyOnError: true, quiet: new Set(['sales']) });
    world.run.tell(...badSession(1), ...badSession(2));
    await logging.log.idle();
    expect(world.sink.received).toEqual([]);

    const refused = facts.messageFailed(3, 'sales', 1, '550 no');
    world.run.tell(facts.started(3, 'sales'), refused, facts.finished(3, 0, 1));
    await logging.log.idle();
    expect(world.sink.received).toHaveLength(1);
  });
});

describe('S42-S46: the log on disk', () => {
  test('S42, S43, S44: each session has a file of its own in Log/, for its owner alone, and its name sorts by time', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { toDisk: true, recipients: [] });
    world.run.tell(...goodSession(9));
    await world.clock.advance(minutes(10));
    world.run.tell(...goodSession(10));
    await logging.log.idle();

    const names = ['2026-11-24 100000 Session 9.txt', '2026-11-24 101000 Session 10.txt'];
    expect(await filesIn(logging.folder)).toEqual(names);
    expect((await stat(join(logging.folder, names[0] ?? ''))).mode & 0o777).toBe(0o600);
    expect((await stat(logging.folder)).mode & 0o777).toBe(0o700);
    expect((await textOf(join(logging.folder, names[1] ?? ''))).split('\n').map((line) => line.trimEnd())).toEqual([
      'Session log of the mail gateway gw.company.com',
      'Session 10: 2026-11-24 10:10:00 to 2026-11-24 10:10:00',
      '[10:10] Session 10 started (1 account).',
      '[10:10] POP3 [sales] Connecting to pop.isp.com...Login successful...done. (1 message, 7.4 kb)',
      '[10:10] POP3 [sales] Message 1 (7.4 kb) From: <a@b.c> Subject: A sample message',
      '[10:10] POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued)',
      '[10:10] Session 10 finished: 1 message, 0 errors.',
      '',
    ]);
    expect(world.run.of('session.logged')).toMatchObject([
      { session: 9, file: names[0] },
      { session: 10, file: names[1] },
    ]);
  });

  test('S43: without the key nothing of a good session stays on disk', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world);
    world.run.tell(...goodSession(1));
    await logging.log.idle();
    expect(await filesIn(logging.folder)).toEqual([]);
    expect(world.run.of('session.logged')).toEqual([]);
  });

  test('S45: one with an error is written in any case', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [], quiet: new Set(['sales']) });
    world.run.tell(...badSession(2));
    await logging.log.idle();
    expect(await filesIn(logging.folder)).toEqual(['2026-11-24 100000 Session 2.txt']);
    expect(await textOf(join(logging.folder, '2026-11-24 100000 Session 2.txt'))).toContain('*** Error: Unexpected');
  });

  test("S46: it is deleted after its days, also at the start; a person's own files stay", async () => {
    await using world = await reportsWorld();
    const first = await startLog(world, { toDisk: true, recipients: [] });
    world.run.tell(...goodSession(1));
    await first.log.idle();
    await writeFile(join(first.folder, 'notes of mine.txt'), 'x');
    await world.clock.advance(days(29));
    await first.log.idle();
    expect(await filesIn(first.folder)).toContain('2026-11-24 100000 Session 1.txt');
    await world.clock.advance(days(1) + hours(1));
    await first.log.idle();
    expect(await filesIn(first.folder)).toEqual(['notes of mine.txt']);

    world.run.tell(...goodSession(2));
    await first.close();
    await world.restart();
    await world.clock.advance(days(31));
    await using second = await startLog(world, { toDisk: true, recipients: [] });
    await second.log.idle();
    expect(await filesIn(second.folder)).toEqual(['notes of mine.txt']);
  });

  test('a gentle stop leaves it to the next run, which goes on with it', async () => {
    await using world = await reportsWorld();
    const first = await startLog(world, { toDisk: true });
    world.run.tell({ type: 'queue.unreported', id: 'Pmg1', sender: 'x@y.z', subject: 's', why: 'unknown sender' });
    await first.close();
    expect(await filesIn(first.folder)).toEqual(['2026-11-24 100000 1.rest']);

    await world.restart();
    await using second = await startLog(world, { toDisk: true, onlyOnError: true });
    world.run.tell(...goodSession(7));
    await second.log.idle();
    expect(await filesIn(second.folder)).toEqual(['2026-11-24 100000 Session 7.txt']);
    const lines = await linesIn((await mails(world.sink, 1))[0]); // the error before the stop counts
    expect(lines.slice(0, 4)).toEqual([
      'Session log of the mail gateway gw.company.com',
      'Session 7: 2026-11-24 10:00:00 to 2026-11-24 10:00:00',
      "[10:00] Queue: *** Error: No notification to: <x@y.z> (s). Sender's address unknown.",
      '[10:00] Session 7 started (1 account).',
    ]);
    const [row] = (await second.answers.list({ offset: 0, limit: 10 })).sessions;
    expect(row).toMatchObject({ session: 7, file: '2026-11-24 100000 Session 7.txt' });
  });

  test('a crash in the middle of a session leaves an interrupted log, and the session is listed', async () => {
    await using world = await reportsWorld();
    const crashed = await startLog(world);
    world.run.tell(facts.started(5, 'sales'), facts.fetched(5, 'sales', 1), facts.delivered(5, 'sales', 1));
    await world.clock.advance(minutes(1)); // long enough for the lines to be on disk
    await until('the lines on disk', async () => {
      const [part = ''] = await filesIn(crashed.folder);
      return (await textOf(join(crashed.folder, part))).includes('Delivered to') ? part : undefined;
    });

    await world.restart(); // nobody closes the log
    await using second = await startLog(world, { recipients: [] });
    await second.log.idle();
    const [name] = await filesIn(second.folder);
    expect(name).toBe('2026-11-24 100000 Interrupted 1.txt');
    expect(await textOf(join(second.folder, name ?? ''))).toContain(
      'Session 5: begun 2026-11-24 10:00:00, interrupted',
    );
    const { session, lines } = await second.answers.show({ session: 5, offset: 0, limit: 100 });
    expect(session).toMatchObject({ session: 5, messages: 1, errors: 1, file: name });
    expect(lines).toContain('[10:00] POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued)');
    await crashed.close(); // what a crash leaves to the system: its file descriptor
  });

  test('a log without measure keeps its beginning and its end, on disk and in memory', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { toDisk: true, recipients: [] });
    world.run.tell(facts.started(1, 'sales'));
    const long = 'x'.repeat(3_000);
    for (let n = 1; n <= 7_000; n += 1) world.run.bus.tell(facts.fetched(1, 'sales', n, long));
    world.run.tell(facts.finished(1, 7_000, 0));
    await logging.log.idle();

    const file = await readFile(join(logging.folder, '2026-11-24 100000 Session 1.txt'), 'utf8');
    const lines = file.trimEnd().split('\n');
    expect(file.length).toBeLessThan(20_000_000);
    expect(lines[2]).toContain('Session 1 started');
    expect(lines.at(-1)).toContain('Session 1 finished: 7000 messages');
    const leftOut = Number(/^\.\.\. (\d+) lines are left out/.exec(lines.at(-501) ?? '')?.[1]);
    expect(lines.length + leftOut).toBe(7_000 + 2 + 2 + 1);
  });

  test('a disk that refuses it is a problem until it does not, and the log is mailed all the same', async () => {
    await using world = await reportsWorld();
    await writeFile(world.home.file('Log'), 'a file where the folder should be');
    await using logging = await startLog(world, { toDisk: true });
    world.run.tell(...badSession(1));
    await logging.log.idle();

    expect(await linesIn((await mails(world.sink, 1))[0])).toContain(
      '[10:00] Session 1 finished: 0 messages, 1 error.',
    );
    expect(world.run.of('problem.raised')).toMatchObject([
      { key: 'session-log', message: expect.stringMatching(/^Session logs cannot be written: E\w+: /) as string },
    ]);
    await rm(world.home.file('Log'));
    await mkdir(world.home.file('Log'));
    await chmod(world.home.file('Log'), 0o700);
    world.run.tell(...badSession(2));
    await logging.log.idle();
    expect(world.run.of('problem.cleared')).toMatchObject([{ key: 'session-log' }]);
    expect(await filesIn(logging.folder)).toContain('2026-11-24 100000 Session 2.txt');
  });
});

describe('an internal server that does not take the log', () => {
  test('is told once; the log lies on disk, and goes after the next session that the server hears of', async () => {
    await using world = await reportsWorld();
    let away = true;
    const deliver: typeof world.deliver = async (mail) =>
      away ? { results: [], unreached: 'The internal server cannot be reached' } : await world.deliver(mail);
    await using logging = await startLog(world, {}, { deliver });
    world.run.tell(...goodSession(1), ...goodSession(2));
    await logging.log.idle();
    expect(world.run.of('report.failed')).toMatchObject([
      { report: 'session log', to: 'postmaster@company.com', reason: 'The internal server cannot be reached' },
      { report: 'session log' },
    ]);
    expect(await filesIn(logging.folder)).toHaveLength(2);

    away = false;
    world.run.tell(...goodSession(3));
    await logging.log.idle();
    const subjects = await Promise.all(world.sink.received.map(async (mail) => (await parsed(mail)).subject));
    expect(subjects).toEqual([3, 1, 2].map((n) => `[MailGate] Session ${n}: 1 message, 0 errors`));
    expect(world.run.of('report.failed')).toHaveLength(2);

    world.run.tell(...goodSession(4));
    await logging.log.idle();
    expect(world.sink.received).toHaveLength(4);
  });

  test('who is refused for good is told once and not tried again; who is put off has it later', async () => {
    const replies: Record<string, string> = {
      'gone@company.com': '550 5.1.1 gone',
      'later@company.com': '450 4.2.1 later',
    };
    await using world = await reportsWorld({ sink: { replies } });
    await using logging = await startLog(world, {
      recipients: ['gone@company.com', 'later@company.com', 'a@company.com'],
    });
    world.run.tell(...goodSession(1));
    await logging.log.idle();
    expect(world.run.of('report.failed').map(({ to, reason }) => [to, reason.slice(0, 3)])).toEqual([
      ['gone@company.com', '550'],
      ['later@company.com', '450'],
    ]);
    delete replies['later@company.com'];
    world.run.tell(...goodSession(2));
    await logging.log.idle();
    const of1 = world.sink.received.filter(({ bytes }) => bytes.includes('Message-ID: <session-1.'));
    expect(of1.map(({ recipients }) => recipients)).toEqual([['a@company.com'], ['later@company.com']]);
  });
});

describe('S117: a log is sent when somebody asks for it', () => {
  test('at once with the lines so far; more reasons within ten minutes become one mail', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { onlyOnError: true });
    world.run.tell(...between);
    logging.log.mailNow('Unknown sender: x@y.z');
    await world.clock.advance(minutes(1));
    await logging.log.idle();
    const [first] = await mails(world.sink, 1);
    expect((await parsed(first)).subject).toBe('[MailGate] Unknown sender: x@y.z');
    expect(await linesIn(first)).toContain('[10:00] Queue [1] Connection closed.');

    for (const n of [1, 2, 3]) logging.log.mailNow(`Unknown sender: ${n}@y.z`);
    await world.clock.advance(minutes(5));
    await logging.log.idle();
    expect(world.sink.received).toHaveLength(1);
    await world.clock.advance(minutes(5));
    await logging.log.idle();
    expect((await parsed((await mails(world.sink, 2))[1])).subject).toBe(
      '[MailGate] Unknown sender: 1@y.z, and 2 more',
    );
  });
});

/** Real programs that hand mail over to the listener: Postfix with us as its smart host, Exim, swaks, smtp-source. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/daemon/base/secret.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { startPostfix } from '../kit/postfix.ts';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { swaks } from '../kit/swaks.ts';
import { until } from '../kit/until.ts';
import { opened, textOf } from '../outbound/listening.ts';
import { network } from '../outbound/world.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const ODD_BODY = `From: Anna <anna@pytheas.com>\r\nSubject: odd\r\nMessage-ID: <odd@pytheas.com>\r\n\r\n.\r\n..two\r\n.three\r\n${'z'.repeat(900)}\r\n`;

describe.runIf(peersInstalled(['postfix', 'swaks']))('Postfix as the mail server whose smart host we are', () => {
  test('S99, S100: what it takes it hands over in pipelined sessions, with the octets as they were, and nothing stays with it', async () => {
    await using world = await opened();
    await using postfix = await startPostfix({ mode: 'client', smartHost: world.port });
    const to = ['b@kunde.example', 'c@kunde.example', 'd@other.example'];
    const sent = await swaks({ port: postfix.port, from: 'anna@pytheas.com', to, content: Buffer.from(ODD_BODY) });
    expect(sent).toMatchObject({ code: 0 });
    expect(
      await swaks({ port: postfix.port, from: '<>', to: ['b@kunde.example'], content: Buffer.from(ODD_BODY) }),
    ).toMatchObject({ code: 0 });

    await world.heard('queue.accepted', 2);
    await until('both sessions to end', () => world.of('queue.disconnected').length > 1 || undefined);
    expect(world.of('queue.refused')).toEqual([]);
    const recipients = world.of('queue.accepted').flatMap((accepted) => accepted.recipients);
    expect(recipients.toSorted()).toEqual(['b@kunde.example', ...to]);
    const first = world.of('queue.accepted').find(({ sender }) => sender === 'anna@pytheas.com');
    expect(first).toMatchObject({ subject: 'odd', size: expect.any(Number) });
    const text = await textOf(world, first?.id ?? '');
    expect(text.slice(text.indexOf('From: Anna'))).toBe(ODD_BODY);
    expect(text).toMatch(
      /^Received: from postfix\.test \(\[127\.0\.0\.1\]\)\r\n\tby gw\.pytheas\.com with ESMTP id Pmg/,
    );
  });
});

describe.runIf(peersInstalled(['swaks with TLS']))('swaks', () => {
  test('S99: STARTTLS and AUTH let in who is not listed, and a wrong password does not', async () => {
    await using made = await makeCertificate();
    const tls = { certificate: await readFile(made.certFile, 'utf8'), key: await readFile(made.keyFile, 'utf8') };
    const users = new Map([['anna', new Secret('pa ss')]]);
    await using world = await opened({ acceptFrom: network('192.168.1.1'), tls, users });
    const mail = {
      port: world.port,
      from: 'anna@pytheas.com',
      to: ['b@kunde.example'],
      content: Buffer.from(ODD_BODY),
    };
    const secure = { tls: { mode: 'starttls' as const, caFile: made.caFile } };
    expect(await swaks(mail)).toMatchObject({ code: 23 }); // MAIL is refused
    const kept_out = await swaks({ ...mail, ...secure, auth: { user: 'anna', password: 'wrong' } });
    expect(kept_out, kept_out.output).toMatchObject({ code: 28 });
    const let_in = await swaks({ ...mail, ...secure, auth: { user: 'anna', password: 'pa ss' } });
    expect(let_in, let_in.output).toMatchObject({ code: 0 });
    const [entry] = await world.entries();
    const text = await textOf(world, entry?.id ?? '');
    expect(text).toContain('with ESMTPSA id');
    expect(text.slice(text.indexOf('From: Anna'))).toBe(ODD_BODY);
  });
});

describe.runIf(peersInstalled(['postfix']))('smtp-source', () => {
  test.each([
    ['a session for each message', []],
    ['sessions kept', ['-d']],
  ])(
    '300 messages from twenty sessions side by side, %s: every one of them is there, and whole',
    async (_how, more) => {
      await using world = await opened();
      const load = ['-s', '20', '-m', '300', '-l', '20000', '-f', 'a@pytheas.com', '-t', 'b@kunde.example'];
      const ended = await run(['smtp-source', '-4', ...more, ...load, `inet:127.0.0.1:${world.port}`], {
        within: 120_000,
      });
      expect(ended, ended.output).toMatchObject({ code: 0 });
      const entries = await world.entries();
      expect(entries).toHaveLength(300);
      expect(new Set(entries.map(({ bytes }) => bytes < 20_000))).toEqual(new Set([false]));
      expect(world.of('queue.refused')).toEqual([]);
    },
  );
});

describe.runIf(peersInstalled(['exim']))('Exim as the mail server whose smart host we are', () => {
  test('hands over in one go what it was given, 8-bit octets and all', async () => {
    await using world = await opened();
    await using scratch = await scratchFolder('exim');
    await mkdir(scratch.file('spool'));
    for (const folder of [scratch.path, scratch.file('spool')]) await chmod(folder, 0o777); // it runs as nobody
    const program = (await run(['sh', '-c', 'command -v exim4'])).output.trim();
    const configuration = scratch.file('exim.conf');
    await writeFile(configuration, eximText(program, scratch.path, world.port), { mode: 0o644 });
    const body = ODD_BODY.replace('Subject: odd', 'Subject: caf\u00e9');
    const command = ['exim4', '-C', configuration, '-odi', '-f', 'anna@pytheas.com', 'b@kunde.example'] as const;
    const ended = await run(command, { within: 60_000, input: Buffer.from(body.replaceAll('\r\n', '\n')) });
    expect(ended, ended.output).toMatchObject({ code: 0 });
    const accepted = await world.heard('queue.accepted');
    expect(accepted).toMatchObject({
      sender: 'anna@pytheas.com',
      recipients: ['b@kunde.example'],
      subject: 'caf\u00e9',
    });
    expect((await world.entries())[0]).toMatchObject({ eightBit: true });
  });
});

/** An Exim that only hands on. */
function eximText(program: string, folder: string, port: number): string {
  return `primary_hostname = exim.test
exim_path = ${program}
spool_directory = ${folder}/spool
log_file_path = ${folder}/spool/%slog
exim_user = nobody
exim_group = nogroup
local_interfaces = 127.0.0.1
keep_environment =
begin routers
all:
  driver = manualroute
  transport = smart_host
  route_list = * 127.0.0.1 byname
  self = send
begin transports
smart_host:
  driver = smtp
  port = ${port}
  allow_localhost
  hosts_try_fastopen =
begin retry
* * F,1h,1m
`;
}

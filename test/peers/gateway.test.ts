/** The main job on real servers: a hundred letters in, a hundred out, each byte for byte, and none of them twice. */
import { createTransport } from 'nodemailer';
import { describe, expect, test, vi } from 'vitest';
import { makeCertificate } from '../kit/certificate.ts';
import { startDovecot } from '../kit/dovecot.ts';
import { ini, startGateway } from '../kit/gateway.ts';
import { fingerprint, largeLetter, letter, type Letter } from '../kit/letters.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { swaks } from '../kit/swaks.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const FROM = 'joerg@kunde.example';

interface Expected {
  readonly recipient: string;
  readonly bytes: Buffer;
}

/** A letter on its way into a mailbox, and who is to have it, with which bytes. */
interface Inbound {
  readonly account: 'forwarded' | 'named' | 'leftover';
  readonly letter: Letter;
  readonly expected: readonly Expected[];
}

/** Letter `n`, put into one of three mailboxes: one that goes to one recipient whole, and two where To and Cc decide. */
function inbound(n: number): Inbound {
  const write = n === 50 ? largeLetter : letter;
  const [anna, bert, carl] = ['anna@firma.example', 'bert@firma.example', 'carl@firma.example'];
  switch (n % 3) {
    case 0: {
      const one = write(n, { from: FROM, to: ['whoever@elsewhere.example'] });
      return { account: 'forwarded', letter: one, expected: [{ recipient: 'office@firma.example', bytes: one.bytes }] };
    }
    case 1: {
      const cc = n % 2 === 0 ? ['BERT@Firma.Example', 'nobody@elsewhere.example'] : [];
      const one = write(n, { from: FROM, to: ['info@firma.example', 'nobody@elsewhere.example'], cc });
      const recipients = n % 2 === 0 ? [anna, bert] : [anna];
      return {
        account: 'named',
        letter: one,
        expected: recipients.map((recipient) => ({ recipient, bytes: one.bytes })),
      };
    }
    default: {
      const known = n % 5 !== 0;
      const one = write(n, { from: FROM, to: [known ? carl : 'list@elsewhere.example'] });
      const marked = Buffer.from(one.bytes.toString('latin1').replace('Subject: ', 'Subject: [Man.Distr] '), 'latin1');
      const expected = known
        ? { recipient: carl, bytes: one.bytes }
        : { recipient: 'postmaster@firma.example', bytes: marked };
      return { account: 'leftover', letter: one, expected: [expected] };
    }
  }
}

/** Short enough to be read where it differs; sorted, for accounts and connections go side by side. */
function told(all: readonly { readonly recipient: string; readonly bytes: Buffer }[]): string[] {
  return all.map(({ recipient, bytes }) => `${recipient}: ${fingerprint(bytes)}`).toSorted();
}

describe.runIf(peersInstalled(['dovecot', 'postfix', 'openssl']))('a hundred letters from Dovecot', () => {
  test('arrive at the internal server byte for byte, once for each recipient, and leave the mailboxes empty (S61, S82, S89, S90)', async () => {
    const passwords = { forwarded: 'pw: {forwarded}', named: 'pw;named#', leftover: 'pw "leftover"' };
    await using tls = await makeCertificate();
    await using dovecot = await startDovecot({ users: passwords, tls });
    await using postfix = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    const letters = Array.from({ length: 100 }, (_, n) => inbound(n));
    for (const {
      account,
      letter: { bytes },
    } of letters)
      await dovecot.deliver(account, bytes);

    const server = { Host: '127.0.0.1', 'CA file': tls.caFile };
    await using gateway = await startGateway({
      ini: ini({
        Options: { 'Poll every minutes': 0, 'Gateway name': 'gw1.firma.example' },
        'Mail server': { Host: '127.0.0.1', Port: postfix.port },
        'Outgoing mail': { Enabled: 0 },
        'POP3 account: forwarded': {
          ...server,
          Port: dovecot.port,
          Security: 'none',
          User: 'forwarded',
          Password: passwords.forwarded,
        },
        'POP3 account: named': {
          ...server,
          Port: dovecot.port,
          Security: 'stls',
          User: 'named',
          Password: passwords.named,
        },
        'POP3 account: leftover': {
          ...server,
          Port: dovecot.tlsPort,
          Security: 'tls',
          User: 'leftover',
          Password: passwords.leftover,
        },
        'Recipient: office': {
          'SMTP address': 'office@firma.example',
          'POP3 accounts': 'forwarded',
          'Forward all messages': 1,
        },
        'Recipient: Anna': {
          'SMTP address': 'anna@firma.example',
          'Other SMTP addresses': 'info@firma.example',
          'POP3 accounts': 'named',
        },
        'Recipient: Bert': { 'SMTP address': 'bert@firma.example', 'POP3 accounts': 'named' },
        'Recipient: Carl': { 'SMTP address': 'carl@firma.example' },
        'Recipient: postmaster': { 'SMTP address': 'postmaster@firma.example', 'Unroutable messages': 1 },
      }),
    });
    expect(await gateway.json('trigger', '--wait')).toMatchObject([{ messages: 100, errors: [] }]);

    const expected = letters.flatMap((one) => one.expected);
    const delivered = await postfix.delivered(expected.length, { within: 60_000 });
    expect(told(delivered.map(({ recipient, content }) => ({ recipient, bytes: content })))).toEqual(told(expected));
    expect(new Set(delivered.map(({ sender }) => sender))).toEqual(new Set([FROM]));
    for (const account of Object.keys(passwords)) expect(await dovecot.count(account)).toBe(0);

    expect(await gateway.json('trigger', '--wait')).toMatchObject([{ messages: 0, bytes: 0, errors: [] }]);
    expect(await gateway.json('status')).toMatchObject([
      { gateway: { health: 'ok' }, counters: { downloaded: 100, delivered: 100, refused: 0 } },
    ]);
    expect(await postfix.deliveries()).toHaveLength(expected.length);
    expect(await gateway.stop()).toBe(0);
  });
});

/** Hands over on one connection, one after the other, by an SMTP client that is not ours. */
async function handOver(port: number, letters: readonly Outbound[]): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    name: 'exch1.firma.example',
    ignoreTLS: true,
    pool: true,
    maxConnections: 1,
  });
  try {
    for (const {
      envelope,
      letter: { bytes },
    } of letters)
      await transport.sendMail({ envelope, raw: bytes });
  } finally {
    transport.close();
  }
}

interface Outbound {
  readonly envelope: { readonly from: string; readonly to: string[] };
  readonly letter: Letter;
}

function outbound(n: number): Outbound {
  const from = `sender${n % 7}@firma.example`;
  const to = Array.from({ length: 1 + (n % 3) }, (_, index) => `kunde${n}.${index}@kunde.example`);
  return { envelope: { from, to }, letter: (n === 50 ? largeLetter : letter)(n, { from, to }) };
}

/** Cuts off the field that the gateway is to put on top, and no more than that one. */
function withoutOurReceived(content: Buffer): Buffer {
  const text = content.toString('latin1');
  const [field] =
    /^Received: from \S+ \(\[127\.0\.0\.1\]\)\r\n\tby gw1\.firma\.example \(MailGate [0-9a-f]{32}\)\r\n\twith E?SMTP\S* id Pmg\w+(?:\r\n\tfor <\S+>)?;\r\n\t.*\r\n/.exec(
      text,
    ) ?? [];
  if (field === undefined) throw new Error(`No Received field of ours:\n${text.slice(0, 1_000)}`);
  return Buffer.from(text.slice(field.length), 'latin1');
}

describe.runIf(peersInstalled(['postfix', 'dovecot', 'openssl', 'swaks']))(
  'a hundred letters handed over to the gateway',
  () => {
    test('leave through a relay that asks for STARTTLS and AUTH, byte for byte below our Received field (S51, S100, S107, S108, S110)', async () => {
      const auth = { user: 'mailgate', password: 'relay: pass=word' };
      await using tls = await makeCertificate();
      await using relay = await startPostfix({ mode: 'relay', tls, auth });
      const port = await freePort();
      await using gateway = await startGateway({
        ini: ini({
          Options: { 'Poll every minutes': 0, 'Gateway name': 'gw1.firma.example' },
          'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port },
          Relay: {
            Host: '127.0.0.1',
            Port: relay.port,
            Security: 'starttls',
            'CA file': tls.caFile,
            User: auth.user,
            Password: auth.password,
          },
        }),
      });
      const letters = Array.from({ length: 100 }, (_, n) => outbound(n));

      const bySwaks = letters.slice(0, 10).map(async ({ envelope, letter: { bytes } }) => {
        expect(await swaks({ port, ...envelope, content: bytes })).toMatchObject({ code: 0 });
      });
      const shares = [0, 1, 2, 3, 4].map((share) => letters.slice(10).filter((_, n) => n % 5 === share));
      await Promise.all([...bySwaks, ...shares.map((share) => handOver(port, share))]);

      const expected = letters.flatMap(({ envelope: { to }, letter: { bytes } }) =>
        to.map((recipient) => ({ recipient, bytes })),
      );
      const delivered = await relay.delivered(expected.length, { within: 90_000 });
      const bare = delivered.map(({ recipient, content }) => ({ recipient, bytes: withoutOurReceived(content) }));
      expect(told(bare)).toEqual(told(expected));

      await until('every letter to be sent', async () => (await gateway.status()).counters.sent >= 100 || undefined);
      expect(await gateway.status()).toMatchObject({
        gateway: { health: 'ok' },
        counters: { accepted: 100, sent: 100, returned: 0, dropped: 0 },
        queue: { waiting: 0, sending: 0, deferred: 0, held: 0, bytes: 0 },
      });
      expect(await gateway.json('queue', 'list')).toEqual([]);

      // What was kept open for the next letter is closed first, so that the log shows a transfer from its first line to its last.
      const count = (what: RegExp) => [...gateway.log().matchAll(what)].length;
      await until(
        'its connections to end',
        () => count(/\.\.\.done\. /g) === count(/Outbound connection closed/g) || undefined,
      );
      const before = gateway.log().length;
      const content = Buffer.from('Subject: A sample message\r\nX-Priority: 1\r\n\r\nHello\r\n');
      const by = { port, from: 'webmaster@firma.example', to: ['somebody@kunde.example', 'else@kunde.example'] };
      await swaks({ ...by, content, more: ['--ehlo', 'your-mail-server'] });
      await until(
        'the whole transfer',
        () => /Send: Outbound connection closed/.test(gateway.log().slice(before)) || undefined,
      );

      const lines = plainly(gateway.log().slice(before));
      expect(lines.filter((line) => line.includes('Queue'))).toEqual([
        '[HH:MM] Queue [N] ESMTP Connection accepted from: your-mail-server [127.0.0.1]',
        '[HH:MM] Queue [N] Mail From: <webmaster@firma.example> (PmgX.tmp, Priority: High)',
        '[HH:MM] Queue [N] Rcpt To: <somebody@kunde.example>',
        '[HH:MM] Queue [N] Rcpt To: <else@kunde.example>',
        '[HH:MM] Queue [N] Subject: A sample message',
        '[HH:MM] Queue [N] Connection closed.',
      ]);
      expect(lines.filter((line) => line.includes('Send'))).toEqual([
        '[HH:MM] Send: Connecting to 127.0.0.1...Login successful...done. (ESMTP, Max size: 104857600, DSN)',
        '[HH:MM] Send: Mail From: <webmaster@firma.example> (PmgX.tmp, 0.2 kb, queued: DATE)',
        '[HH:MM] Send: Rcpt To: <somebody@kunde.example>',
        '[HH:MM] Send: Rcpt To: <else@kunde.example>',
        '[HH:MM] Send: Subject: A sample message',
        '[HH:MM] Send: Message sent (0.2 kb).',
        '[HH:MM] Send: Outbound connection closed.',
      ]);
      expect(plainly(gateway.log())).toContain(
        `[HH:MM] Now queuing outbound messages in ${gateway.home}/Outgoing; listening on TCP port ${port}.`,
      );
      expect(await gateway.stop()).toBe(0);
    });
  },
);

/** The lines of a log without what differs from run to run. */
function plainly(log: string): string[] {
  const masks: readonly [RegExp, string][] = [
    [/^\[\d\d:\d\d\]/, '[HH:MM]'],
    [/Queue \[\d+\]/, 'Queue [N]'],
    [/Pmg\w+\.tmp/, 'PmgX.tmp'],
    [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'DATE'],
  ];
  return log.split('\n').map((line) => masks.reduce((text, [what, mask]) => text.replace(what, mask), line));
}

/** The gateway is killed in the middle of its work, between two lines of a real dialogue, and started again: nothing is lost. */
import { createTransport } from 'nodemailer';
import { describe, expect, test, vi } from 'vitest';
import { startDovecot } from '../kit/dovecot.ts';
import { gatewayHome, ini, startGateway } from '../kit/gateway.ts';
import { fingerprint, letter } from '../kit/letters.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { type Line, startTap } from '../kit/tap.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const FROM = 'joerg@kunde.example';
const ANNA = 'anna@firma.example';

/** What Postfix says when it has taken a message. */
const TAKEN = /^250 2\.0\.0 Ok: queued as /;

interface Crash {
  readonly title: string;
  readonly letters: number;
  /** The wire that is listened in on, and the line that is waited for. */
  readonly on: 'POP3' | 'SMTP';
  readonly line: RegExp;
  /** The how manieth of such lines it is. */
  readonly nth: number;
  /** Whether that line still reaches the other end. */
  readonly then: 'pass' | 'hold';
  /** How many letters may be there twice. */
  readonly duplicates: readonly number[];
}

const crashes: readonly Crash[] = [
  {
    title: 'X01: before the final dot, and no letter is there twice',
    ...{ letters: 20, on: 'SMTP', line: /^354 /, nth: 10, then: 'hold', duplicates: [0] },
  },
  {
    title: 'X02: when thirty have arrived and the reply to the last is not read, and that one is there twice',
    ...{ letters: 100, on: 'SMTP', line: TAKEN, nth: 30, then: 'hold', duplicates: [1] },
  },
  {
    title: 'X03: when thirty have arrived or a few more, and one letter at most is there twice',
    ...{ letters: 100, on: 'SMTP', line: TAKEN, nth: 30, then: 'pass', duplicates: [0, 1] },
  },
  {
    title: 'X04: before anything is deleted, and no letter is there twice',
    ...{ letters: 20, on: 'POP3', line: /^DELE 10$/, nth: 1, then: 'hold', duplicates: [0] },
  },
  {
    title: 'X04: before QUIT is answered, and no letter is there twice',
    ...{ letters: 20, on: 'POP3', line: /^\+OK Logging out/, nth: 1, then: 'hold', duplicates: [0] },
  },
];

describe.runIf(peersInstalled(['dovecot', 'postfix']))('killed in a download session and started again', () => {
  test.for(crashes)('$title', async ({ letters: count, on, line, nth, then, duplicates }) => {
    await using dovecot = await startDovecot({ users: { anna: 'pw' } });
    await using postfix = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    const letters = Array.from({ length: count }, (_, n) => letter(n, { from: FROM, to: [ANNA] }).bytes);
    for (const bytes of letters) await dovecot.deliver('anna', bytes);

    let seen = 0;
    const hears = ({ text }: Line) => {
      if (!line.test(text)) return 'pass';
      seen += 1;
      return seen === nth ? then : 'pass';
    };
    const deaf = () => 'pass' as const;
    await using pop3 = await startTap(dovecot.port, on === 'POP3' ? hears : deaf);
    await using smtp = await startTap(postfix.port, on === 'SMTP' ? hears : deaf);
    await using home = await gatewayHome();
    const text = ini({
      Options: { 'Poll every minutes': 0 },
      'Mail server': { Host: '127.0.0.1', Port: smtp.port },
      'Outgoing mail': { Enabled: 0 },
      'POP3 account: anna': { Host: '127.0.0.1', Port: pop3.port, Security: 'none', User: 'anna', Password: 'pw' },
      'Recipient: anna': { 'SMTP address': ANNA },
    });
    {
      await using gateway = await startGateway({ ini: text, home });
      expect(await gateway.mailgate('trigger')).toMatchObject({ code: 0 });
      await until('the line to be said', () => seen >= nth || undefined, {
        otherwise: () => gateway.log().slice(-2_000),
      });
      await gateway.kill();
    }
    await using gateway = await startGateway({ ini: text, home });
    expect(await gateway.json('trigger', '--wait')).toMatchObject([{ errors: [] }]);
    expect(await gateway.json('trigger', '--wait')).toMatchObject([{ messages: 0, errors: [] }]);

    const delivered = (await postfix.delivered(count)).map(({ content }) => fingerprint(content));
    expect([...new Set(delivered)].toSorted()).toEqual(letters.map(fingerprint).toSorted());
    expect(duplicates).toContain(delivered.length - count);
    expect(await dovecot.count('anna')).toBe(0);
  });
});

describe.runIf(peersInstalled(['postfix']))('killed while letters are handed over and sent', () => {
  test('I01, X06, X07: what was acknowledged arrives, and no more letters twice than the relay has connections', async () => {
    await using relay = await startPostfix({ mode: 'relay' });
    const connections = 4;
    // From the twentieth on the relay takes letters, and nobody hears of it.
    let taken = 0;
    const relaying = Promise.withResolvers<void>();
    let alive = true;
    await using wire = await startTap(relay.port, ({ text }) => {
      if (!alive || !TAKEN.test(text)) return 'pass';
      taken += 1;
      if (taken < 20) return 'pass';
      relaying.resolve();
      return 'hold';
    });
    const port = await freePort();
    await using home = await gatewayHome();
    const text = ini({
      Options: { 'Poll every minutes': 0, 'Gateway name': 'gw1.firma.example' },
      'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port, 'Retry minutes': 0.001 },
      Relay: { Host: '127.0.0.1', Port: wire.port, Security: 'none', Connections: connections },
    });

    const letters = Array.from({ length: 100 }, (_, n) => letter(n, { from: ANNA, to: [`kunde${n}@kunde.example`] }));
    const acknowledged = new Set<string>();
    {
      await using gateway = await startGateway({ ini: text, home });
      const waiting = letters.entries();
      const client = async () => {
        const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
        for (const [n, { bytes }] of waiting) {
          if (acknowledged.size >= 50) await relaying.promise; // so that it is killed in the middle of both
          const to = `kunde${n}@kunde.example`;
          await transport.sendMail({ envelope: { from: ANNA, to: [to] }, raw: bytes });
          acknowledged.add(to);
          if (acknowledged.size === 60) process.kill(gateway.pid, 'SIGKILL');
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: 4 }, client));
      expect(ended.map(({ status }) => status)).toContain('rejected');
      await gateway.kill();
    }
    expect(acknowledged.size).toBeLessThan(letters.length);
    alive = false;

    await using gateway = await startGateway({ ini: text, home });
    await until('the queue to be empty', async () => (await gateway.json('queue', 'list')).length === 0 || undefined);
    const delivered = await relay.delivered(acknowledged.size);

    const recipients = delivered.map(({ recipient }) => recipient);
    expect([...acknowledged].filter((address) => !recipients.includes(address))).toEqual([]);
    expect(delivered.length - new Set(recipients).size).toBeLessThanOrEqual(connections);
    for (const { recipient, content } of delivered) {
      const sent = letters[Number(/\d+/.exec(recipient)?.[0])]?.bytes ?? Buffer.alloc(0);
      expect(content.subarray(-sent.length)).toEqual(sent); // below our Received field
    }
  });
});

import { describe, expect, test } from 'vitest';
import { seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { createPool } from '../../src/daemon/smtp/pool.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { normalised } from './strict-reader.ts';
import { envelopeTo, failureOf, never, openTo, peerAt, summary, writtenDialogue } from './world.ts';

/** Everything that is easily spoilt on the way; Postfix must store just this. */
const MESSAGES = [
  'Subject: plain\r\n\r\nOne line.\r\n',
  'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.dot\r\n\r\n.\r\n',
  'Subject: bare line ends\r\n\r\na\nb\rc\n.\nd\r.\r\r\n.\n',
  `Subject: octets\r\n\r\n${String.fromCharCode(...Array.from({ length: 128 }, (_, n) => 128 + n))}\r\n`,
  'Subject: no end',
].map((text) => Buffer.from(text, 'latin1'));

describe.runIf(peersInstalled(['postfix', 'dovecot', 'openssl']))('with a real Postfix', () => {
  test('messages arrive octet for octet, and refusals are understood', async () => {
    await using postfix = await startPostfix({
      mode: 'internal',
      domains: ['firma.example'],
      rejectRecipients: ['gone@firma.example'],
      deferRecipients: ['later@firma.example'],
    });
    const conversation = await openTo(peerAt(postfix.port));
    for (const message of MESSAGES) {
      const envelope = envelopeTo(['anna@firma.example'], { eightBit: true });
      const { recipients } = await conversation.send(envelope, bodyOf(message), never);
      expect(recipients).toMatchObject([{ outcome: 'sent', code: 250 }]);
    }
    const { recipients } = await conversation.send(
      envelopeTo(['gone@firma.example', 'later@firma.example', 'x@elsewhere.example']),
      bodyOf(MESSAGES[0] as Buffer),
      never,
    );
    expect(recipients).toMatchObject([
      { outcome: 'failed', code: 550 },
      { outcome: 'deferred', code: 450 },
      { outcome: 'failed', code: 554 },
    ]);
    const after = await conversation.send(envelopeTo(['anna@firma.example']), bodyOf(MESSAGES[0] as Buffer), never);
    expect(after.recipients).toMatchObject([{ outcome: 'sent' }]);
    await conversation.quit();

    await postfix.delivered(MESSAGES.length + 1);
    const received = await postfix.received('anna@firma.example');
    // Postfix delivers several at a time: what came first need not be there first.
    expect(received.map(String).toSorted(byText)).toEqual(
      [...MESSAGES, MESSAGES[0] as Buffer].map((m) => String(normalised(m))).toSorted(byText),
    );
  });

  test.each(['starttls', 'tls'] as const)('a login over %s, and what TLS and the password guard', async (security) => {
    await using certificate = await makeCertificate();
    const auth = { user: 'anna', password: 'p;w#d €' };
    await using postfix = await startPostfix({ mode: 'relay', tls: certificate, auth });
    const port = security === 'tls' ? postfix.tlsPort : postfix.port;
    const login = { user: auth.user, password: new Secret(auth.password), mechanism: 'auto' as const };
    const good = peerAt(port, { security, caFile: certificate.caFile, login });

    const dialogue = writtenDialogue();
    const conversation = await openTo(good, { dialogue });
    expect(conversation.abilities).toMatchObject({ login: true, pipelining: true });
    const { recipients } = await conversation.send(
      envelopeTo(['x@kunde.example']),
      bodyOf(MESSAGES[1] as Buffer),
      never,
    );
    expect(summary(recipients)).toEqual([expect.stringMatching(/^sent 250 2\.0\.0 Ok: queued as /)]);
    await conversation.quit();

    expect(await failureOf({ ...good, caFile: null })).toMatchObject({ kind: 'tls' });
    expect(await failureOf({ ...good, login: { ...login, password: new Secret('wrong') } })).toMatchObject({
      kind: 'login',
    });
    expect(dialogue.lines.join('\n')).not.toContain(Buffer.from(`\0anna\0${auth.password}`).toString('base64'));
  });

  test('a pool of four hands a hundred messages over, each once', async () => {
    await using postfix = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    const open = (peer: ReturnType<typeof peerAt>, stop: AbortSignal) =>
      openSmtp(peer, { clock: systemClock, dialogue: writtenDialogue(), stop });
    const pool = createPool(open, { connections: 4, idle: seconds(10) }, systemClock);
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const results = await Promise.all(
      numbers.map((n) =>
        pool.use(peerAt(postfix.port), (conversation) =>
          conversation.send(
            envelopeTo(['anna@firma.example']),
            bodyOf(Buffer.from(`Subject: ${n}\r\n\r\n.\r\n`)),
            never,
          ),
        ),
      ),
    );
    expect(results.every((used) => used.ok && used.value.recipients[0]?.outcome === 'sent')).toBe(true);
    await pool.close();

    await postfix.delivered(100);
    const subjects = (await postfix.received('anna@firma.example')).map((m) =>
      Number(/Subject: (\d+)/.exec(String(m))?.[1]),
    );
    expect(subjects.toSorted((a, b) => a - b)).toEqual(numbers);
  });
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

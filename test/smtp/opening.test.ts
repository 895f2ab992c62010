import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { minutes, seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { manualClock } from '../kit/clock.ts';
import { answering, ehloReply, octetByOctet, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import { freePort } from '../kit/ports.ts';
import { until } from '../kit/until.ts';
import { envelopeTo, failureOf, never, openTo, peerAt, writtenDialogue } from './world.ts';

const STALL = { greeting: '220 hello', ehlo: 'stall' };

describe('REL01: a peer that cannot be reached', () => {
  test('refuses TCP', async () => {
    const port = await freePort();
    expect(await failureOf(peerAt(port))).toEqual({
      kind: 'unreachable',
      message: `Cannot connect to 127.0.0.1 port ${port} (127.0.0.1: connection refused).`,
      reply: null,
    });
  });

  test.each([
    ['ENOTFOUND', 'there is no such host. Check the name'],
    ['EAI_AGAIN', 'the name server has no answer for now'],
    ['ESERVFAIL', 'the name server has no answer for now'],
  ])('has no address: %s', async (code, words) => {
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code }));
    expect(await failureOf(peerAt(25, { host: 'relay.example' }), { lookup })).toMatchObject({
      kind: 'unreachable',
      message: `The host name relay.example cannot be resolved: ${words}.`,
    });
  });

  test('has a name without any address', async () => {
    const failure = await failureOf(peerAt(25, { host: 'relay.example' }), { lookup: async () => [] });
    expect(failure.message).toBe('The host name relay.example cannot be resolved: it has no address.');
  });

  test('has a name server that never answers', async () => {
    const clock = manualClock();
    const lookup = () => new Promise<string[]>(() => {});
    const failing = failureOf(peerAt(25, { host: 'relay.example' }), { lookup, clock });
    await clock.advance(seconds(30));
    expect(await failing).toMatchObject({ kind: 'timeout' });
    expect(clock.pending).toBe(0);
  });

  test('on its first address is reached on the next', async () => {
    await using server = await startMisbehavingSmtp(answering({}));
    const conversation = await openTo(peerAt(server.port, { host: 'relay.example' }), {
      lookup: async () => ['127.0.0.2', '::1', '127.0.0.1'],
    });
    expect(conversation.usable).toBe(true);
    await conversation.quit();
  });

  test('on any address names each of them', async () => {
    const port = await freePort();
    const lookup = async () => ['127.0.0.2', '127.0.0.3'];
    expect((await failureOf(peerAt(port, { host: 'relay.example' }), { lookup })).message).toBe(
      `Cannot connect to relay.example port ${port} (127.0.0.2: connection refused; 127.0.0.3: connection refused).`,
    );
  });
});

describe('REL02: the greeting', () => {
  test.each(['554 5.7.1 Go away', '421 4.3.2 Not now', '450 later', '250 odd'])(
    '%s is a refusal of ours, with its text',
    async (greeting) => {
      await using server = await startMisbehavingSmtp(answering({ greeting }));
      expect(await failureOf(peerAt(server.port))).toMatchObject({ kind: 'refused', reply: greeting });
      await server.quiet();
      expect(server.heard).toBe('QUIT\r\n');
    },
  );

  test.each(['SSH-2.0-OpenSSH_9.2', 'HTTP/1.1 400 Bad Request', '+OK POP3 ready'])(
    '%s is no SMTP',
    async (greeting) => {
      await using server = await startMisbehavingSmtp(answering({ greeting }));
      const failure = await failureOf(peerAt(server.port));
      expect(failure).toMatchObject({ kind: 'protocol', reply: null });
      expect(failure.message).toContain(greeting);
    },
  );

  test('of 1 MB costs neither memory nor time', async () => {
    await using server = await startMisbehavingSmtp((client) => client.send('220 hello '.repeat(100_000)));
    expect(await failureOf(peerAt(server.port))).toMatchObject({ kind: 'protocol' });
  });

  test('of several lines, in packets of one octet, is a greeting', async () => {
    await using server = await startMisbehavingSmtp(answering({ greeting: '220-one\r\n220 two' }), {
      packets: octetByOctet,
    });
    const conversation = await openTo(peerAt(server.port));
    expect(conversation.abilities).toMatchObject({ esmtp: true, maxSize: 10_000_000, dsn: true, login: false });
    await conversation.quit();
    expect(server.heard).toBe('EHLO gateway.example\r\nQUIT\r\n');
  });

  test.each(['close', 'reset'])('that never comes because the peer does %s', async (greeting) => {
    await using server = await startMisbehavingSmtp(answering({ greeting }));
    expect(await failureOf(peerAt(server.port))).toMatchObject({ kind: 'unreachable' });
  });
});

describe('I18: a peer that stalls', () => {
  test.each([
    ['before its greeting', { greeting: 'stall' }, '', minutes(5)],
    ['after EHLO', STALL, 'EHLO', minutes(5)],
    ['after AUTH', { ehlo: ['AUTH LOGIN'] }, 'AUTH', minutes(5)],
  ])('%s is given up when its time is over, not before', async (_where, answers, reached, patience) => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(async (client, n) => {
      if (reached !== 'AUTH') return await answering(answers)(client, n);
      await client.say('220 hello');
      await client.line();
      await client.say(ehloReply(['AUTH PLAIN']));
    });
    const login = reached === 'AUTH' ? { user: 'u', password: new Secret('canary'), mechanism: 'auto' as const } : null;
    let failed = false;
    const failing = failureOf(peerAt(server.port, { login }), { clock }).finally(() => {
      failed = true;
    });
    await until(
      'the wait',
      () => (server.connections === 1 && server.heard.includes(reached) && clock.pending > 0) || undefined,
    );

    await clock.advance(patience - 1);
    expect(failed).toBe(false);
    await clock.advance(1);
    expect(await failing).toMatchObject({ kind: 'timeout' });
    await server.quiet();
    expect(clock.pending).toBe(0);
  });

  test('is left at once when we are stopped', async () => {
    await using server = await startMisbehavingSmtp(answering(STALL));
    const stopping = new AbortController();
    const clock = manualClock();
    const failing = failureOf(peerAt(server.port), { stop: stopping.signal, clock });
    await until('EHLO', () => server.heard.includes('EHLO') || undefined);

    stopping.abort();
    expect(await failing).toEqual({ kind: 'stopped', message: 'Stopped.', reply: null });
    await server.quiet();
    expect(clock.pending).toBe(0);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  });

  test('is not even dialled when we had been stopped before', async () => {
    const server = await startMisbehavingSmtp(answering({}));
    expect(await failureOf(peerAt(server.port), { stop: AbortSignal.abort() })).toMatchObject({ kind: 'stopped' });
    await server[Symbol.asyncDispose]();
  });
});

describe('REL03: EHLO', () => {
  test.each(['502 5.5.1 What?', '500 What?'])('answered %s is followed by HELO', async (ehlo) => {
    await using server = await startMisbehavingSmtp(answering({ ehlo }));
    const conversation = await openTo(peerAt(server.port));
    expect(conversation.abilities).toMatchObject({ esmtp: false, pipelining: false, maxSize: null });
    await conversation.quit();
    expect(server.heard).toBe('EHLO gateway.example\r\nHELO gateway.example\r\nQUIT\r\n');
  });

  test('answered 502 is the end where TLS is required', async () => {
    await using server = await startMisbehavingSmtp(answering({ ehlo: '502 5.5.1 What?' }));
    expect(await failureOf(peerAt(server.port, { security: 'starttls' }))).toMatchObject({ kind: 'refused' });
    expect(server.heard).not.toContain('HELO');
  });

  test('answered 550 is a refusal', async () => {
    await using server = await startMisbehavingSmtp(answering({ ehlo: '550 5.7.1 I do not like your name' }));
    expect(await failureOf(peerAt(server.port))).toMatchObject({
      kind: 'refused',
      reply: '550 5.7.1 I do not like your name',
      message: 'The server refuses EHLO: 550 5.7.1 I do not like your name',
    });
  });

  test.each(['evil\r\nMAIL FROM:<a@b>', '', 'two words', 'nul\0', 'gäteway'])(
    'says our address instead of the name %j',
    async (ehloName) => {
      await using server = await startMisbehavingSmtp(answering({}));
      await (await openTo(peerAt(server.port, { ehloName }))).quit();
      expect(server.heard).toBe('EHLO [127.0.0.1]\r\nQUIT\r\n');
    },
  );

  test('announces abilities in any case and order; a SIZE of 0 or of nonsense is none', async () => {
    await using server = await startMisbehavingSmtp(
      answering({ ehlo: ['size 0', 'Pipelining', 'dsn', 'AUTH=LOGIN', 'X-ODD y'] }),
    );
    const conversation = await openTo(peerAt(server.port));
    expect(conversation.abilities).toEqual({
      esmtp: true,
      login: false,
      maxSize: null,
      dsn: true,
      pipelining: true,
      eightBitMime: false,
      smtpUtf8: false,
    });
    conversation.destroy();
  });
});

describe('REL15: a peer that answers before it was asked', () => {
  const flood = ['220 hi', '250 ok', '250 ok', '250 ok', '354 go', '250 sent', '221 bye'];

  test('all at once is found out at the greeting, and nothing is said to it', async () => {
    await using server = await startMisbehavingSmtp((client) =>
      client.send(flood.map((line) => `${line}\r\n`).join('')),
    );
    expect(await failureOf(peerAt(server.port))).toMatchObject({
      kind: 'protocol',
      message: 'The server answered before it was asked (synchronisation error): 250 ok',
    });
    await server.quiet();
    expect(server.heard).toBe('');
  });

  test('with half a line is found out, too', async () => {
    await using server = await startMisbehavingSmtp((client) => client.send('220 hi\r\n25'));
    expect(await failureOf(peerAt(server.port))).toMatchObject({ kind: 'protocol' });
  });

  test('in packets of one octet gets no message either', async () => {
    await using server = await startMisbehavingSmtp(
      (client) => client.send(flood.map((line) => `${line}\r\n`).join('')),
      { packets: octetByOctet },
    );
    const opened = await openSmtp(peerAt(server.port), {
      clock: systemClock,
      dialogue: writtenDialogue(),
      stop: never,
    });
    if (opened.ok) {
      // EHLO was said while its "answer" was on the way, which nobody can tell; the next one lies there before MAIL.
      const { recipients } = await opened.conversation.send(
        envelopeTo(['a@b.example']),
        bodyOf(Buffer.from('x\r\n')),
        never,
      );
      expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
    }
    await server.quiet();
    expect(server.heard).not.toContain('DATA');
  });
});

describe('what is told', () => {
  test('the dialogue is the conversation, line by line, from the connection to the end', async () => {
    await using server = await startMisbehavingSmtp(answering({ greeting: '220 \x1b[31mred', ehlo: ['DSN'] }));
    const dialogue = writtenDialogue();
    await (await openTo(peerAt(server.port), { dialogue })).quit();
    expect(dialogue.lines).toEqual([
      `* Connected to 127.0.0.1 [127.0.0.1] port ${server.port}.`,
      '< 220 \x1b[31mred',
      '> EHLO gateway.example',
      '< 250-misbehaving',
      '< 250 DSN',
      '> QUIT',
      '< 221 2.0.0 Bye',
    ]);
  });

  test('a peer that hangs up instead of answering QUIT is as good as one that answers', async () => {
    await using server = await startMisbehavingSmtp(answering({ quit: 'close' }));
    const conversation = await openTo(peerAt(server.port));
    await conversation.quit();
    expect(conversation.usable).toBe(false);
  });

  test('one that never answers QUIT holds nobody up for long', async () => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(answering({ quit: 'stall' }));
    const conversation = await openTo(peerAt(server.port), { clock, stop: never });
    const ending = conversation.quit();
    await until('QUIT', () => server.heard.includes('QUIT') || undefined);
    await clock.advance(seconds(5));
    await ending;
    await server.quiet();
    expect(clock.pending).toBe(0);
  });
});

import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import type { Envelope, SendResult } from '../../src/daemon/smtp/conversation.ts';
import { manualClock } from '../kit/clock.ts';
import { type Answers, answering, type Heard, octetByOctet, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import { until } from '../kit/until.ts';
import { normalised, unstuffed } from './strict-reader.ts';
import { envelopeTo, never, openTo, peerAt, summary, writtenDialogue } from './world.ts';

const MESSAGE = bodyOf(Buffer.from('Subject: x\r\n\r\n.dots\r\nand text\r\n'));
const A = 'a@kunde.example';
const B = 'b@kunde.example';
const C = 'c@kunde.example';

const unpipelined = { ehlo: ['SIZE 10000000', '8BITMIME'] };
/** Every reply means the same with and without pipelining (RFC 2920). */
const bothWays: [string, Answers][] = [
  ['pipelined', {}],
  ['one by one', unpipelined],
];

interface Sent extends SendResult {
  readonly heard: Heard;
  readonly usable: boolean;
}

async function send(answers: Answers, envelope: Envelope, body = MESSAGE): Promise<Sent> {
  const heard: Heard = { commands: [], messages: [] };
  await using server = await startMisbehavingSmtp(answering(answers, heard));
  const conversation = await openTo(peerAt(server.port));
  const result = await conversation.send(envelope, body, never);
  const { usable } = conversation;
  conversation.destroy();
  return { ...result, heard, usable };
}

describe.each(bothWays)('a message, %s', (_way, way) => {
  test('reaches every recipient by one DATA', async () => {
    const { recipients, outcomeUnknown, heard, usable } = await send(way, envelopeTo([A, B]));
    expect(recipients).toEqual([
      { address: A, outcome: 'sent', reply: '250 2.0.0 Ok: queued', code: 250 },
      { address: B, outcome: 'sent', reply: '250 2.0.0 Ok: queued', code: 250 },
    ]);
    expect({ outcomeUnknown, usable }).toEqual({ outcomeUnknown: false, usable: true });
    expect(heard.commands.slice(1)).toEqual([
      `MAIL FROM:<anna@firma.example> SIZE=${MESSAGE.bytes}`,
      `RCPT TO:<${A}>`,
      `RCPT TO:<${B}>`,
      'DATA',
    ]);
    expect(heard.messages.map(String)).toEqual(['Subject: x\r\n\r\n..dots\r\nand text\r\n']);
  });

  test('REL07: refused or deferred recipients have their own replies, the others get it', async () => {
    const rcpt = { [B]: '450 4.2.1 Greylisted', [C]: '550-5.1.1 No\r\n550 5.1.1 such user' };
    const { recipients, heard } = await send({ ...way, rcpt }, envelopeTo([A, B, C]));
    expect(summary(recipients)).toEqual([
      'sent 250 2.0.0 Ok: queued',
      'deferred 450 4.2.1 Greylisted',
      'failed 550 5.1.1 No such user',
    ]);
    expect(recipients.map(({ code }) => code)).toEqual([250, 450, 550]);
    expect(heard.messages).toHaveLength(1);
  });

  test.each([
    ['450 4.7.1 later', 'deferred'],
    ['550 5.7.1 never', 'failed'],
  ])('REL07: MAIL answered %s decides for all', async (mail, outcome) => {
    const { recipients, heard } = await send(
      { ...way, mail, rcpt: '503 5.5.1 MAIL first', data: '503 5.5.1 No' },
      envelopeTo([A, B]),
    );
    expect(summary(recipients)).toEqual([`${outcome} ${mail}`, `${outcome} ${mail}`]);
    expect(heard.messages).toEqual([]);
  });

  test('REL07: all recipients refused: nothing is sent', async () => {
    const answers = { ...way, rcpt: '550 5.1.1 no', data: '554 5.5.1 No valid recipients' };
    const { recipients, heard, usable } = await send(answers, envelopeTo([A, B]));
    expect(summary(recipients)).toEqual(['failed 550 5.1.1 no', 'failed 550 5.1.1 no']);
    expect(heard.messages).toEqual([]);
    expect(usable).toBe(true);
  });

  test.each([
    ['451 4.3.0 later', 'deferred'],
    ['554 5.7.1 never', 'failed'],
  ])('DATA answered %s decides for the accepted ones', async (data, outcome) => {
    const { recipients, heard } = await send({ ...way, data, rcpt: { [B]: '550 5.1.1 no' } }, envelopeTo([A, B]));
    expect(summary(recipients)).toEqual([`${outcome} ${data}`, 'failed 550 5.1.1 no']);
    expect(heard.messages).toEqual([]);
  });

  test.each([
    ['451 4.3.0 later', 'deferred'],
    ['552 5.2.2 full', 'failed'],
    ['554 5.7.1 spam', 'failed'],
  ])('REL12: the final dot answered %s decides for the accepted ones', async (dot, outcome) => {
    const { recipients, outcomeUnknown, usable } = await send(
      { ...way, dot, rcpt: { [B]: '450 4.2.1 no' } },
      envelopeTo([A, B]),
    );
    expect(summary(recipients)).toEqual([`${outcome} ${dot}`, 'deferred 450 4.2.1 no']);
    expect({ outcomeUnknown, usable }).toEqual({ outcomeUnknown: false, usable: true });
  });

  test.each([
    [
      'RCPT',
      { rcpt: { [A]: '550 5.1.1 no', [B]: '421 4.3.2 Shutting down' } },
      ['failed 550 5.1.1 no', 'deferred 421 4.3.2 Shutting down'],
    ],
    [
      'DATA',
      { data: '421 4.3.2 Shutting down' },
      ['deferred 421 4.3.2 Shutting down', 'deferred 421 4.3.2 Shutting down'],
    ],
    [
      'the final dot',
      { dot: '421 4.3.2 Shutting down' },
      ['deferred 421 4.3.2 Shutting down', 'deferred 421 4.3.2 Shutting down'],
    ],
  ])('REL12, REL19: 421 to %s ends the conversation', async (_where, answers, results) => {
    const { recipients, usable, outcomeUnknown } = await send({ ...way, ...answers }, envelopeTo([A, B]));
    expect(summary(recipients)).toEqual(results);
    expect({ usable, outcomeUnknown }).toEqual({ usable: false, outcomeUnknown: false });
    expect(recipients[1]?.code).toBe(421);
  });

  test('a 552 to RCPT is a recipient too many (RFC 5321 §4.5.3.1.10), and waits', async () => {
    const { recipients } = await send({ ...way, rcpt: { [B]: '552 5.5.3 Too many recipients' } }, envelopeTo([A, B]));
    expect(recipients).toMatchObject([{ outcome: 'sent' }, { outcome: 'deferred', code: 552 }]);
  });

  test.each(['530 5.7.0 Authentication required', '503 5.5.1 AUTH first', '535 5.7.8 Who are you?'])(
    'REL06: MAIL answered %s is about us: nobody gets the mail back',
    async (mail) => {
      const { recipients } = await send({ ...way, mail }, envelopeTo([A]));
      expect(recipients).toMatchObject([{ outcome: 'deferred', reply: mail }]);
    },
  );

  test('REL18: greylisted, then taken: RSET is said between, and it is delivered once', async () => {
    const heard: Heard = { commands: [], messages: [] };
    const answers = {
      ...way,
      rcpt: ['450 4.7.1 Greylisted', '250 2.1.5 Ok'],
      data: way.ehlo ? '354 go' : ['554 5.5.1 no', '354 go'],
    };
    await using server = await startMisbehavingSmtp(answering(answers, heard));
    const conversation = await openTo(peerAt(server.port));
    const first = await conversation.send(envelopeTo([A]), MESSAGE, never);
    const second = await conversation.send(envelopeTo([A]), MESSAGE, never);
    const third = await conversation.send(envelopeTo([A]), MESSAGE, never);
    await conversation.quit();

    expect([first, second, third].map(({ recipients }) => recipients[0]?.outcome)).toEqual([
      'deferred',
      'sent',
      'sent',
    ]);
    expect(heard.commands.filter((line) => line === 'RSET')).toHaveLength(1);
    expect(heard.messages).toHaveLength(2);
  });

  test('RSET is not forgotten over a message that was refused here', async () => {
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering({ ...way, mail: ['450 later', '250 Ok'] }, heard));
    const conversation = await openTo(peerAt(server.port));
    await conversation.send(envelopeTo([A]), MESSAGE, never);
    await conversation.send(envelopeTo(['not an address']), MESSAGE, never);
    await conversation.send(envelopeTo([A]), MESSAGE, never);
    conversation.destroy();
    expect(heard.commands.filter((line) => /^(RSET|MAIL)/.test(line)).map((line) => line.slice(0, 4))).toEqual([
      'MAIL',
      'RSET',
      'MAIL',
    ]);
  });

  test('RSET refused is the end: what is left of one message must not mix with the next', async () => {
    const answers = { ...way, mail: '450 later', rset: '500 What?' };
    await using server = await startMisbehavingSmtp(answering(answers));
    const conversation = await openTo(peerAt(server.port));
    await conversation.send(envelopeTo([A]), MESSAGE, never);
    const { recipients } = await conversation.send(envelopeTo([A]), MESSAGE, never);
    expect(recipients).toMatchObject([{ outcome: 'deferred', reply: 'The server refused RSET: 500 What?' }]);
    expect(conversation.usable).toBe(false);
  });

  test.each([
    ['MAIL', { mail: '220 hello again' }],
    ['RCPT', { rcpt: { [B]: '354 go' } }],
    ['DATA', { data: '250 Ok' }],
    ['the final dot', { dot: '354 more' }],
    ['the final dot', { dot: '221 Bye' }],
  ])(
    'REL17: a reply to %s that fits another command is not believed, nor what came before it',
    async (_where, answers) => {
      const rcpt = { [A]: '550 5.1.1 no', ...('rcpt' in answers ? answers.rcpt : {}) };
      const { recipients, usable } = await send({ ...way, ...answers, rcpt }, envelopeTo([A, B]));
      expect(recipients).toMatchObject([
        { outcome: 'deferred', code: null },
        { outcome: 'deferred', code: null },
      ]);
      expect(usable).toBe(false);
    },
  );

  test.each(['hello', '2 50 ok', '999 ok', '250\0ok', '250-a\r\n550 b'])(
    'REL13: the final dot answered %j is no success',
    async (dot) => {
      const { recipients, outcomeUnknown } = await send({ ...way, dot }, envelopeTo([A]));
      expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
      expect(outcomeUnknown).toBe(true);
    },
  );

  test('REL14: a refusal full of control characters is kept on one safe line', async () => {
    const { recipients } = await send({ ...way, rcpt: `550 \x1b]0;evil\x07 ${'é'.repeat(500)}` }, envelopeTo([A]));
    expect(recipients[0]?.reply).toMatch(/^550 \\x1b\]0;evil\\x07 é/);
  });
});

describe('REL08: all recipients refused, and 354 all the same', () => {
  test('gets a lone dot, and nothing counts as sent', async () => {
    const { recipients, heard } = await send({ rcpt: '550 5.1.1 no' }, envelopeTo([A, B]));
    expect(summary(recipients)).toEqual(['failed 550 5.1.1 no', 'failed 550 5.1.1 no']);
    expect(heard.messages).toEqual([Buffer.alloc(0)]);
  });

  test('after MAIL was refused, too', async () => {
    const { recipients, heard } = await send({ mail: '450 later' }, envelopeTo([A]));
    expect(summary(recipients)).toEqual(['deferred 450 later']);
    expect(heard.messages).toEqual([Buffer.alloc(0)]);
  });
});

describe('REL10: the final dot answered 250', () => {
  test.each([
    ['and then closed', { dot: '250 2.0.0 Ok' }, undefined],
    ['in packets of one octet', { dot: '250 2.0.0 Ok' }, octetByOctet],
    ['in several lines', { dot: '250-2.0.0 Ok\r\n250 2.0.0 queued' }, octetByOctet],
  ])('%s is a success', async (_how, answers, packets) => {
    const script = answering(answers);
    await using server = await startMisbehavingSmtp(script, packets ? { packets } : {});
    const conversation = await openTo(peerAt(server.port));
    const { recipients, outcomeUnknown } = await conversation.send(envelopeTo([A]), MESSAGE, never);
    expect(recipients).toMatchObject([{ outcome: 'sent', code: 250 }]);
    expect(outcomeUnknown).toBe(false);
  });

  test('with FIN right behind it is a success, and the end of the conversation', async () => {
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hi');
      for (const reply of ['250 hi', '250 ok', '250 ok', '354 go']) {
        await client.line();
        await client.say(reply);
      }
      await client.message();
      await client.say('250 2.0.0 Ok');
      client.close();
    });
    const conversation = await openTo(peerAt(server.port));
    const { recipients } = await conversation.send(envelopeTo([A]), MESSAGE, never);
    expect(summary(recipients)).toEqual(['sent 250 2.0.0 Ok']);
    await until('the FIN', () => !conversation.usable || undefined);
  });
});

describe('REL11: the final dot without an answer', () => {
  test('is deferred after ten minutes, with the outcome unknown (X02, X06)', async () => {
    const clock = manualClock();
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering({ dot: 'stall' }, heard));
    const conversation = await openTo(peerAt(server.port), { clock });
    let done = false;
    const sending = conversation.send(envelopeTo([A]), MESSAGE, never).finally(() => {
      done = true;
    });
    await until('the message', () => heard.messages.length === 1 || undefined);

    await clock.advance(minutes(10) - 1);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(await sending).toEqual({
      recipients: [{ address: A, outcome: 'deferred', reply: 'The server did not answer within 600 s.', code: null }],
      outcomeUnknown: true,
    });
    await server.quiet();
    expect(clock.pending).toBe(0);
  });

  test.each(['close', 'reset'])('but a %s is deferred at once, with the outcome unknown', async (dot) => {
    const { recipients, outcomeUnknown } = await send({ dot }, envelopeTo([A]));
    expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
    expect(outcomeUnknown).toBe(true);
  });

  test.each([
    ['MAIL', { mail: 'stall' }, 'MAIL', minutes(5)],
    ['RCPT', { rcpt: 'stall' }, 'RCPT', minutes(5)],
    ['DATA', { data: 'stall' }, 'DATA', minutes(2)],
  ])('%s without an answer is deferred, with the outcome known', async (_what, answers, reached, patience) => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(answering({ ...unpipelined, ...answers }));
    const conversation = await openTo(peerAt(server.port), { clock });
    const sending = conversation.send(envelopeTo([A]), MESSAGE, never);
    await until(reached, () => server.heard.includes(reached) || undefined);
    await clock.advance(patience);
    expect(await sending).toMatchObject({ recipients: [{ outcome: 'deferred' }], outcomeUnknown: false });
  });
});

describe('REL15, REL17: replies that nobody asked for, or too few of them', () => {
  test('an early 250 to the message, right behind the 354, marks nothing as sent', async () => {
    const { recipients, outcomeUnknown, heard } = await send(
      { data: '354 go\r\n250 2.0.0 Ok: queued' },
      envelopeTo([A]),
    );
    expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
    expect(recipients[0]?.reply).toContain('answered before it was asked');
    expect({ outcomeUnknown, messages: heard.messages }).toEqual({ outcomeUnknown: false, messages: [] });
  });

  test('nor does one that lies there before the message goes out, in a packet of its own', async () => {
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hi');
      for (const reply of ['250 hi', '250 ok', '250 ok', '354 go']) {
        await client.line();
        await client.say(reply);
      }
      await turn();
      await turn(); // the client has read the 354 by now
      await client.say('250 2.0.0 Ok: queued');
    });
    const conversation = await openTo(peerAt(server.port));
    const { recipients, outcomeUnknown } = await conversation.send(envelopeTo([A]), MESSAGE, never);
    expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
    expect(outcomeUnknown).toBe(false);
  });

  test('one reply too many to RCPT ends it', async () => {
    const { recipients } = await send({ rcpt: '250 Ok\r\n250 Ok' }, envelopeTo([A, B]));
    expect(recipients).toMatchObject([{ outcome: 'deferred' }, { outcome: 'deferred' }]);
  });

  test('one reply too few to a pipelined group is waited for, and then deferred', async () => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hi');
      await client.line();
      await client.say('250-hi\r\n250 PIPELINING');
      for (let n = 0; n < 3; n += 1) await client.line();
      await client.say('250 Ok');
      await client.say('250 Ok');
    });
    const conversation = await openTo(peerAt(server.port), { clock });
    const sending = conversation.send(envelopeTo([A]), MESSAGE, never);
    await until('DATA', () => server.heard.includes('DATA') || undefined);
    await clock.advance(minutes(12));
    expect(await sending).toMatchObject({ recipients: [{ outcome: 'deferred' }], outcomeUnknown: false });
  });

  test('a 250 in the middle of a long message ends it', async () => {
    const big = bodyOf(Buffer.alloc(30_000_000, 'x\r\n'));
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hi');
      await client.line();
      await client.say('250-hi\r\n250 PIPELINING');
      for (const reply of ['250 ok', '250 ok', '354 go']) {
        await client.line();
        await client.say(reply);
      }
      await client.octets(1_000);
      await client.say('250 2.0.0 Ok: queued');
      client.deafen();
    });
    const conversation = await openTo(peerAt(server.port));
    expect(await conversation.send(envelopeTo([A]), big, never)).toMatchObject({
      recipients: [{ outcome: 'deferred', code: null }],
      outcomeUnknown: false,
    });
  });
});

describe('what is refused here, without a word to the peer', () => {
  async function refusedHere(envelope: Envelope, answers: Answers = {}, body = MESSAGE): Promise<string[]> {
    const { recipients, heard, usable } = await send(answers, envelope, body);
    expect(heard.commands).toHaveLength(1);
    expect(usable).toBe(true);
    return summary(recipients);
  }

  test('REL16: a message larger than SIZE', async () => {
    const refusal = `failed 552 5.3.4 The message has ${MESSAGE.bytes} octets, and the server takes 10 at most`;
    expect(await refusedHere(envelopeTo([A, B]), { ehlo: ['SIZE 10'] })).toEqual([refusal, refusal]);
  });

  test('REL16: one of exactly SIZE is sent', async () => {
    const { recipients } = await send({ ehlo: [`SIZE ${MESSAGE.bytes}`] }, envelopeTo([A]));
    expect(recipients).toMatchObject([{ outcome: 'sent' }]);
  });

  test('CLI28: 8-bit text to a server without 8BITMIME', async () => {
    expect(await refusedHere(envelopeTo([A], { eightBit: true }), { ehlo: ['SIZE 1000'] })).toEqual([
      'failed 554 5.6.3 The message has 8-bit text, and the server takes none (no 8BITMIME)',
    ]);
  });

  test('CLI14: international addresses to a server without SMTPUTF8', async () => {
    const refusal =
      'failed 553 5.6.7 The message needs international addresses, and the server knows none (no SMTPUTF8)';
    expect(await refusedHere(envelopeTo([A], { smtpUtf8: true }), unpipelined)).toEqual([refusal]);
    expect(await refusedHere(envelopeTo([A], { sender: 'zoë@firma.example' }), unpipelined)).toEqual([refusal]);
    const { recipients } = await send(unpipelined, envelopeTo(['zoë@kunde.example', A]));
    expect(summary(recipients)).toEqual([refusal, 'sent 250 2.0.0 Ok: queued']);
  });

  test.each([
    'a\r\nRCPT TO:<evil@x.example>@b',
    'a\n@b',
    'a\r@b',
    'a\0@b',
    '<a@b>',
    'a>b@c',
    'a b@c',
    'a\u00a0b@c',
    'a\u0085@b',
    'a\ud800@b',
    '',
    `${'x'.repeat(320)}@b`,
  ])('the recipient %j', async (address) => {
    expect(await refusedHere(envelopeTo([address]))).toEqual([
      'failed 501 5.1.3 The recipient address is malformed; it was not passed on',
    ]);
  });

  test('a malformed sender, for all', async () => {
    const refusal = 'failed 501 5.1.7 The sender address is malformed; it was not passed on';
    expect(await refusedHere(envelopeTo([A, B], { sender: 'a@b> SIZE=1\r\nRSET' }))).toEqual([refusal, refusal]);
  });

  test('a malformed recipient among good ones: those get it', async () => {
    const { recipients, heard } = await send({}, envelopeTo(['a b@c', A]));
    expect(recipients).toMatchObject([{ outcome: 'failed', code: 501 }, { outcome: 'sent' }]);
    expect(heard.commands.filter((line) => line.startsWith('RCPT'))).toEqual([`RCPT TO:<${A}>`]);
  });
});

describe('parameters', () => {
  test('are said when they are offered (RFC 3461, 6152, 6531, 1870)', async () => {
    const envelope = envelopeTo([], {
      sender: '',
      ret: 'HDRS',
      envid: 'QQ 1+2=3',
      eightBit: true,
      smtpUtf8: true,
      recipients: [
        { address: A, notify: ['SUCCESS', 'failure'], orcpt: 'rfc822;a+b=c@kunde.example' },
        { address: B, notify: ['NEVER'], orcpt: 'b@kunde.example' },
        { address: 'zoë@kunde.example', notify: [], orcpt: 'utf-8;zoë@kunde.example' },
      ],
    });
    const { heard } = await send({}, envelope);
    expect(heard.commands.slice(1, 5)).toEqual([
      `MAIL FROM:<> SIZE=${MESSAGE.bytes} BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+201+2B2+3D3`,
      `RCPT TO:<${A}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb+3Dc@kunde.example`,
      `RCPT TO:<${B}> NOTIFY=NEVER ORCPT=rfc822;b@kunde.example`,
      `RCPT TO:<${Buffer.from('zoë').toString('latin1')}@kunde.example>`,
    ]);
  });

  test('are not said when they are not offered', async () => {
    const recipients = [{ address: A, notify: ['SUCCESS'], orcpt: 'rfc822;a@b' }];
    const { heard } = await send({ ehlo: ['PIPELINING'] }, envelopeTo([], { ret: 'FULL', envid: 'x', recipients }));
    expect(heard.commands.slice(1, 3)).toEqual(['MAIL FROM:<anna@firma.example>', `RCPT TO:<${A}>`]);
  });

  test('with control characters in them are left out', async () => {
    const recipients = [{ address: A, notify: ['SUCCESS\r\nRSET'], orcpt: 'rfc822;a\r\nRSET' }];
    const { heard } = await send({}, envelopeTo([], { envid: 'x\r\nRSET', recipients }));
    expect(heard.commands.slice(1, 3)).toEqual([
      `MAIL FROM:<anna@firma.example> SIZE=${MESSAGE.bytes}`,
      `RCPT TO:<${A}>`,
    ]);
  });
});

describe('the dialogue of a message', () => {
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`);
  const body = bodyOf(Buffer.from(lines.map((line) => `${line}\r\n`).join('')));

  async function told(bodies: 'none' | 'head' | 'whole', message = body): Promise<string[]> {
    await using server = await startMisbehavingSmtp(answering({ ehlo: ['PIPELINING'] }));
    const dialogue = writtenDialogue(bodies);
    const conversation = await openTo(peerAt(server.port), { dialogue });
    await conversation.send(envelopeTo([A]), message, never);
    conversation.destroy();
    return dialogue.lines.slice(5);
  }
  const said = [
    '> MAIL FROM:<anna@firma.example>',
    `> RCPT TO:<${A}>`,
    '> DATA',
    '< 250 2.1.0 Ok',
    '< 250 2.1.5 Ok',
    '< 354 Go ahead',
  ];
  const taken = ['> .', '< 250 2.0.0 Ok: queued'];

  test('has no line of the body, its first lines, or all of it (S94)', async () => {
    expect(await told('none')).toEqual([...said, `* (${body.bytes} octets of message)`, ...taken]);
    expect(await told('head')).toEqual([
      ...said,
      ...lines.slice(0, 12).map((line) => `> ${line}`),
      `* (… ${body.bytes} octets of message)`,
      ...taken,
    ]);
    expect(await told('whole')).toEqual([...said, ...lines.map((line) => `> ${line}`), ...taken]);
  });

  test('shows the octets as they go out, and a line of megabytes cut', async () => {
    expect(await told('whole', bodyOf(Buffer.from('.a\nb')))).toEqual([...said, '> ..a', '> b', ...taken]);
    const [long] = (await told('whole', bodyOf(Buffer.alloc(3_000_000, 'x')))).filter((line) =>
      line.startsWith('> xx'),
    );
    expect(long).toHaveLength(2_050);
  });
});

describe('I21: octet for octet', () => {
  test('random messages come out of a strict reader as they went in, bare line ends made CRLF', async () => {
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering({}, heard));
    const conversation = await openTo(peerAt(server.port));
    const octets = fc.array(fc.oneof(fc.constantFrom(13, 10, 46, 0), fc.nat(255)), { maxLength: 500 });

    await fc.assert(
      fc.asyncProperty(octets, fc.integer({ min: 1, max: 100 }), async (message, size) => {
        const whole = Buffer.from(message);
        const body = {
          bytes: whole.length,
          async *chunks() {
            for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
          },
        };
        const { recipients } = await conversation.send(envelopeTo([A]), body, never);
        expect(recipients).toMatchObject([{ outcome: 'sent' }]);
        const wire = Buffer.concat([heard.messages.at(-1) ?? Buffer.alloc(0), Buffer.from('.\r\n')]);
        expect(unstuffed(wire)).toEqual(normalised(whole));
      }),
      { numRuns: 300 },
    );
    await conversation.quit();
  });
});

describe('a stop while a message is being sent', () => {
  test('defers it at once, and leaves no listener', async () => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(answering({ data: 'stall' }));
    const conversation = await openTo(peerAt(server.port), { clock });
    const stopping = new AbortController();
    const sending = conversation.send(envelopeTo([A]), MESSAGE, stopping.signal);
    await until('DATA', () => server.heard.includes('DATA') || undefined);
    stopping.abort();
    expect(await sending).toEqual({
      recipients: [{ address: A, outcome: 'deferred', reply: 'Stopped.', code: null }],
      outcomeUnknown: false,
    });
    await server.quiet();
    expect([clock.pending, getEventListeners(stopping.signal, 'abort')]).toEqual([0, []]);
  });

  test('and one that was sent leaves neither listener nor timer', async () => {
    const clock = manualClock();
    const stopping = new AbortController();
    await using server = await startMisbehavingSmtp(answering({}));
    const conversation = await openTo(peerAt(server.port), { clock, stop: stopping.signal });
    await conversation.send(envelopeTo([A]), MESSAGE, stopping.signal);
    expect([clock.pending, getEventListeners(stopping.signal, 'abort')]).toEqual([0, []]);
    await conversation.quit();
    expect(clock.pending).toBe(0);
  });
});

describe('RFC 2920 §3.1: a message whose envelope leaves behind the last one’s dot', () => {
  /** Two messages in one conversation, the second begun as soon as that can be. */
  async function two(answers: Answers) {
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering(answers, heard));
    const conversation = await openTo(peerAt(server.port));
    const [first, second] = [writtenDialogue(), writtenDialogue()];
    const passed = Promise.withResolvers<void>();
    const one = conversation.send(envelopeTo([A]), MESSAGE, never, { dialogue: first, passed: passed.resolve });
    const early = await Promise.race([passed.promise.then(() => true), one.then(() => false)]);
    const other = conversation.send(envelopeTo([B]), MESSAGE, never, { dialogue: second });
    const results = [summary((await one).recipients), summary((await other).recipients)];
    const { usable } = conversation;
    conversation.destroy();
    return { results, early, usable, heard, lines: [first.lines, second.lines] };
  }

  test('gets its own answers, in order, and its own dialogue', async () => {
    const { results, early, usable, heard, lines } = await two({ dot: ['451 4.2.0 later', '250 2.0.0 ok'] });
    expect(results).toEqual([['deferred 451 4.2.0 later'], ['sent 250 2.0.0 ok']]);
    expect({ early, usable, messages: heard.messages.length }).toEqual({ early: true, usable: true, messages: 2 });
    expect(lines[0]).toContain('< 451 4.2.0 later');
    expect(lines[0]?.join('|')).not.toContain(B);
    expect(lines[1]?.filter((line) => line.startsWith('> RCPT'))).toEqual([`> RCPT TO:<${B}>`]);
    expect(lines[1]?.join('|')).not.toContain('451');
  });

  test('is not begun before the answer at a peer that does not pipeline', async () => {
    const { results, early } = await two(unpipelined);
    expect(early).toBe(false);
    expect(results).toEqual([['sent 250 2.0.0 Ok: queued'], ['sent 250 2.0.0 Ok: queued']]);
  });

  test('REL17: an answer too many to the first is none to the second: nothing of that is counted as sent', async () => {
    const { results } = await two({ dot: '250 2.0.0 ok\r\n250 2.0.0 ok\r\n250 2.0.0 ok' });
    expect(results[0]).toEqual(['sent 250 2.0.0 ok']);
    expect(results[1]?.[0]).toMatch(/^deferred /);
  });

  test('X06: when the peer hangs up at the dot, the first is in doubt, and of the second nothing was heard', async () => {
    const { results } = await two({ dot: 'close' });
    expect(results.map(([line]) => line?.slice(0, 8))).toEqual(['deferred', 'deferred']);
  });
});

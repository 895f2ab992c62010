import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { minutes, systemClock } from '../../src/daemon/base/clock.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { BODY_UNREADABLE } from '../../src/daemon/smtp/transaction.ts';
import { manualClock } from '../kit/clock.ts';
import { answering, ehloReply, type Heard, type Script, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import { until } from '../kit/until.ts';
import { envelopeTo, never, openTo, peerAt, writtenDialogue } from './world.ts';

const A = 'a@kunde.example';
const MESSAGE = bodyOf(Buffer.from('Subject: x\r\n\r\n.one\r\ntwo\n'));
const ON_THE_WIRE = 'Subject: x\r\n\r\n..one\r\ntwo\r\n.\r\n';

/** Up to the 354, and then what the test wants. */
function goesAhead(then: Script): Script {
  return async (client, n) => {
    await client.say('220 hi');
    await client.line();
    await client.say(ehloReply(['PIPELINING']));
    for (const reply of ['250 ok', '250 ok', '354 go']) {
      await client.line();
      await client.say(reply);
    }
    await then(client, n);
  };
}

describe('REL09: a connection that ends at each octet of a short message', () => {
  test.each(['close', 'reset'] as const)('by %s: deferred, never counted as sent', async (end) => {
    let at = 0;
    await using server = await startMisbehavingSmtp(
      goesAhead(async (client) => {
        await client.octets(at);
        client[end]();
      }),
    );
    for (; at <= ON_THE_WIRE.length; at += 1) {
      const conversation = await openTo(peerAt(server.port));
      const { recipients } = await conversation.send(envelopeTo([A]), MESSAGE, never);
      expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
      expect(conversation.usable).toBe(false);
    }
    expect(server.connections).toBe(ON_THE_WIRE.length + 1);
  });

  test('the outcome is known while the final dot has not left us', async () => {
    const long = bodyOf(Buffer.alloc(20_000_000, 'x\r\n'));
    await using server = await startMisbehavingSmtp(
      goesAhead(async (client) => {
        await client.octets(1_000);
        client.reset();
      }),
    );
    const conversation = await openTo(peerAt(server.port));
    const { recipients, outcomeUnknown } = await conversation.send(envelopeTo([A]), long, never);
    expect(recipients).toMatchObject([{ outcome: 'deferred' }]);
    expect(outcomeUnknown).toBe(false);
  });
});

test('REL09, REL10: a peer whose words end at each octet has the message only if its last 250 came whole', async () => {
  const words = [
    '220-hi\r\n220 there\r\n',
    '250-hi\r\n250 PIPELINING\r\n',
    '250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n',
    '250-2.0.0 Ok\r\n250 2.0.0 queued\r\n',
  ];
  const whole = words.join('').length;
  let left = 0;
  await using server = await startMisbehavingSmtp(async (client) => {
    let budget = left;
    const say = async (text: string) => {
      await client.send(text.slice(0, budget));
      budget -= text.length;
      if (budget > 0) return;
      client.close();
      await client.octets(1_000_000); // it has gone by then
    };
    await say(words[0] ?? '');
    await client.line();
    await say(words[1] ?? '');
    for (let n = 0; n < 3; n += 1) await client.line();
    await say(words[2] ?? '');
    await client.message();
    await say(words[3] ?? '');
  });

  for (; left <= whole; left += 1) {
    const opened = await openSmtp(peerAt(server.port), {
      clock: systemClock,
      dialogue: writtenDialogue(),
      stop: never,
    });
    if (!opened.ok) {
      expect(opened.failure.kind).toBe('unreachable');
      continue;
    }
    const { recipients, outcomeUnknown } = await opened.conversation.send(envelopeTo([A]), MESSAGE, never);
    opened.conversation.destroy();
    const wentAhead = words.slice(0, 3).join('').length;
    expect({ left, outcome: recipients[0]?.outcome }).toEqual({ left, outcome: left === whole ? 'sent' : 'deferred' });
    // A FIN right behind the 354 may be seen before the message goes out, or after.
    if (left === wentAhead) continue;
    expect({ left, outcomeUnknown }).toEqual({ left, outcomeUnknown: left > wentAhead && left < whole });
  }
});

describe('a message that cannot be read to its end', () => {
  const start = 'Subject: x\r\n\r\nbegins\r\n';
  const breaking: Body = {
    bytes: 1_000,
    async *chunks() {
      yield Buffer.from(start);
      throw new Error('chunk 2 of Pmg1F7B is\r\ndamaged');
    },
  };

  test.each([
    ['throws', breaking, 'chunk 2 of Pmg1F7B is\\x0d\\x0adamaged'],
    ['ends too early', { ...bodyOf(Buffer.from(start)), bytes: 1_000 }, 'it has 22 octets where there should be 1000.'],
    ['goes on too long', { ...bodyOf(Buffer.from(start)), bytes: 3 }, 'it has 22 octets where there should be 3.'],
  ] as [string, Body, string][])(
    'because it %s is cut before the dot, and deferred with the reason',
    async (_how, body, why) => {
      const heard: Heard = { commands: [], messages: [] };
      await using server = await startMisbehavingSmtp(answering({}, heard));
      const dialogue = writtenDialogue();
      const conversation = await openTo(peerAt(server.port), { dialogue });
      expect(await conversation.send(envelopeTo([A]), body, never)).toEqual({
        recipients: [{ address: A, outcome: 'deferred', reply: `${BODY_UNREADABLE} ${why}`, code: null }],
        outcomeUnknown: false,
      });
      expect(conversation.usable).toBe(false);
      await server.quiet();
      expect(heard.messages).toEqual([]);
      expect(dialogue.lines.at(-1)).toMatch(/^\* \(cut off after \d+ of [\d,]+ octets of message\)$/);
    },
  );

  test('that hangs is left when we are stopped, and its source is closed', async () => {
    const stopping = new AbortController();
    let closed = false;
    let hangs = (): void => {};
    const body: Body = {
      bytes: 10,
      chunks: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => hangs()),
          return: async () => {
            closed = true;
            return { done: true, value: undefined };
          },
        }),
      }),
    };
    const hanging = new Promise<void>((resolve) => {
      hangs = resolve;
    });
    await using server = await startMisbehavingSmtp(answering({}));
    const conversation = await openTo(peerAt(server.port));
    const sending = conversation.send(envelopeTo([A]), body, stopping.signal);
    await hanging;
    stopping.abort();
    expect(await sending).toMatchObject({ recipients: [{ outcome: 'deferred', reply: 'Stopped.' }] });
    expect(closed).toBe(true);
  });

  test('and one that no peer wants is not even opened', async () => {
    const body: Body = {
      bytes: 10,
      chunks: () => {
        throw new Error('It was opened.');
      },
    };
    await using server = await startMisbehavingSmtp(answering({ data: '451 4.3.0 later' }));
    const conversation = await openTo(peerAt(server.port));
    const { recipients } = await conversation.send(envelopeTo([A]), body, never);
    expect(recipients).toMatchObject([{ reply: '451 4.3.0 later' }]);
    conversation.destroy();
  });
});

describe('I18, I20: a peer that stops reading', () => {
  /** Large chunks, made as they are asked for. */
  function largeBody(octets: number, asked: (sofar: number) => void): Body {
    const chunk = Buffer.alloc(250_000, 'x'.repeat(70) + '\n.');
    return {
      bytes: octets,
      async *chunks() {
        for (let sofar = 0; sofar < octets; sofar += chunk.length) {
          asked(sofar);
          yield chunk;
        }
      },
    };
  }

  test('is given up after three minutes, and then the message is read no further', async () => {
    const clock = manualClock();
    let read = 0;
    await using server = await startMisbehavingSmtp(goesAhead(async (client) => client.deafen()));
    const conversation = await openTo(peerAt(server.port), { clock });
    const sending = conversation.send(
      envelopeTo([A]),
      largeBody(100_000_000, (sofar) => (read = sofar)),
      never,
    );
    let before = -1;
    await until('the buffers to be full', () => {
      const stuck = before === read && read > 0 && clock.pending === 1;
      before = read;
      return stuck || undefined;
    });

    expect(read).toBeLessThan(20_000_000);
    await clock.advance(minutes(3));
    expect(await sending).toMatchObject({ recipients: [{ outcome: 'deferred' }], outcomeUnknown: false });
    expect(clock.pending).toBe(0);
  });

  test('and reads on again gets all of a 50 MB message, in flat memory', async () => {
    let taken = 0;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const memory = () => {
      collect(); // what is left is what somebody holds
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    await using server = await startMisbehavingSmtp(
      goesAhead(async (client) => {
        let tail = '';
        while (!tail.endsWith('\r\n.\r\n')) {
          const part = await client.some();
          taken += part.length;
          tail = (tail + part.subarray(-5).toString('latin1')).slice(-5);
        }
        await client.say('250 2.0.0 Ok');
      }),
      { forgetful: true },
    );
    const conversation = await openTo(peerAt(server.port));
    const before = memory();
    const held: number[] = [];
    const body = largeBody(50_000_000, (sofar) => {
      if (sofar > 25_000_000 && sofar % 2_500_000 === 0) held.push(memory() - before);
    });
    const { recipients } = await conversation.send(envelopeTo([A]), body, never);
    expect(recipients).toMatchObject([{ outcome: 'sent' }]);
    expect(taken).toBeGreaterThan(50_000_000);
    // Buffers are given back a little after they were let go of: the lowest look is what is truly held.
    expect(held).toHaveLength(9);
    expect(Math.min(...held)).toBeLessThan(5_000_000);
    await conversation.quit();
  });
});

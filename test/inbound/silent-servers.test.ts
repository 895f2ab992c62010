/** Servers that keep us waiting, on a manual clock: each wait ends, the mail stays, and others are served meanwhile (I18, I19). */
import { expect, test } from 'vitest';
import { minutes, seconds } from '../../src/daemon/base/clock.ts';
import { manualClock } from '../kit/clock.ts';
import { type Act, hears, says, sends, stalls, startMisbehavingPop3, waits } from '../kit/misbehaving-pop3.ts';
import { until } from '../kit/until.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const ONE = mail(anna, 'one').toString('latin1');

/** A promise that is kept as soon as somebody waits for it: tells the test how far the server has come. */
function milestone() {
  const reached = Promise.withResolvers<void>();
  const act = waits({ then: (done: () => void) => (reached.resolve(), done()) } as unknown as Promise<unknown>);
  return { act, reached: reached.promise };
}

const inside: Act[] = [
  ...[says('+OK ready'), hears('CAPA'), says('-ERR'), hears('USER slow'), says('+OK')],
  ...[hears('PASS secret-1'), says('+OK'), hears('STAT'), says('+OK 1 100')],
  ...[hears('LIST'), sends(`+OK\r\n1 ${ONE.length}\r\n.\r\n`), hears('UIDL'), sends('+OK\r\n1 u\r\n.\r\n')],
];
const whole: Act[] = [
  ...[...inside, hears('RETR 1'), sends(`+OK\r\n${ONE}.\r\n`)],
  ...[hears('DELE 1'), says('+OK'), hears('QUIT'), says('+OK')],
];

/** A slow server beside two accounts of a good one; the clock moves when the test says so. */
async function slowWorld(first: Act[], keys = 'Security=none') {
  await using stack = new AsyncDisposableStack();
  const clock = manualClock();
  const pop3 = stack.use(await startMisbehavingPop3([first, whole]));
  const world = stack.use(
    await inboundWorld({
      mailboxes: { good: [mail(anna, 'good')], better: [mail(anna, 'better')] },
      ini: `${recipient('anna')}[POP3 account: slow]\nHost=127.0.0.1\nPort=${pop3.port}\n${keys}\nUser=slow\nPassword=secret-1\nPoll every minutes=0\nSession timeout seconds=180\n`,
      clock,
    }),
  );
  const everything = stack.move();
  return { clock, pop3, world, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

const offering: Act[] = [says('+OK ready'), hears('CAPA'), sends('+OK\r\nSTLS\r\nUSER\r\n.\r\n'), hears('STLS')];
const half: Act[] = [...inside, hears('RETR 1'), sends(`+OK\r\n${ONE.slice(0, -3)}`)];

test.each<[string, Act[], number, RegExp, string?]>([
  ['POP01: never greets', [], 60, /did not send its greeting within 60 s/],
  ['POP09: stalls in the TLS handshake', [], 30, /its part of the TLS handshake within 30 s/, 'Security=tls'],
  [
    'POP09: stalls in the handshake after STLS',
    [...offering, says('+OK')],
    30,
    /its part of the TLS handshake within 30 s/,
    'Security=stls',
  ],
  ['I18: says nothing to STLS', offering, 60, /the reply to STLS within 60 s/, 'Security=stls'],
  ['I18: says nothing to LIST', inside.slice(0, -3), 60, /the reply to LIST within 60 s/],
  ['POP18: sends no final dot', half, 60, /the rest of message 1 within 60 s/],
])('%s: given up after its time, the mail stays, and the others were served meanwhile', async (...row) => {
  const [, acts, wait, reason, keys] = row;
  const { act, reached } = milestone();
  await using it = await slowWorld([...acts, act, stalls], keys);
  const session = it.world.session();
  await reached;
  await it.world.inside.waitFor(2, 30_000); // nobody waits for the slow one
  await until('the wait to be given up', async () => {
    await it.clock.advance(seconds(wait)); // again, if the client had not begun to wait yet
    return it.world.told('mailbox.failed').length > 0 || undefined;
  });

  expect((await session).errors).toMatchObject([{ account: 'slow', message: expect.stringMatching(reason) as string }]);
  expect(it.world.told('mailbox.failed')).toMatchObject([{ account: 'slow', locked: false }]);
  expect(it.world.told('message.deleted').map(({ account }) => account)).not.toContain('slow');
  expect(it.world.inside.received).toHaveLength(2);
  expect(it.pop3.problems).toEqual([]);

  // The next session has it, once, and nothing was left over of the half one.
  if (keys !== undefined) return;
  expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(it.world.inside.received).toHaveLength(3);
  expect(it.world.inside.received.at(-1)?.bytes.toString('latin1')).toBe(ONE);
});

test('POP27: an octet each 20 s ends with the time of its session, and the others were served meanwhile', async () => {
  const ticks = Array.from({ length: 40 }, () => Promise.withResolvers<void>());
  const drip = ticks.flatMap(({ promise }) => [waits(promise), sends('x')]);
  await using it = await slowWorld([...inside, hears('RETR 1'), says('+OK'), ...drip, stalls]);
  let over = false;
  const session = it.world.session().finally(() => (over = true));
  await it.world.inside.waitFor(2, 30_000);
  await until('RETR', () => it.pop3.heard.includes('RETR 1') || undefined);

  let passed = 0;
  for (const tick of ticks) {
    const before = it.pop3.sent;
    tick.resolve();
    await until('the octet', () => over || it.pop3.sent > before || undefined);
    if (over) break;
    await it.clock.advance(seconds(20));
    passed += 20;
  }
  expect((await session).errors).toMatchObject([
    { account: 'slow', message: expect.stringContaining('too slow') as string },
  ]);
  expect(seconds(passed)).toBeLessThanOrEqual(minutes(5));
  expect(it.world.inside.received).toHaveLength(2);
  expect(it.world.told('message.deleted').map(({ account }) => account)).not.toContain('slow');
});

/** What the session log must not leave out (S47): what was refused, left where it was, dropped, or sent by nobody. */
import { expect, test } from 'vitest';
import type { Fact } from '../../../src/protocol/events.ts';
import { facts, linesIn, mails, reportsWorld } from '../world.ts';
import { startLog } from './session-logs.ts';

const REFUSAL = '550 5.7.1 Message rejected as spam by Content Filtering.';
const between: Fact[] = [
  { type: 'queue.silenced', id: 'Pmg1F7B', sender: 'a@company.com', subject: 'Not read: minutes', prefix: 'Not read:' },
  { type: 'queue.unreported', id: 'Pmg5C47', sender: 'x@y.z', subject: 'Offer', why: 'unknown sender' },
];
const during: Fact[] = [
  { type: 'trace.activated', trace: 'pop3', session: 12, account: null },
  facts.fetched(12, 'sales', 1),
  facts.messageFailed(12, 'sales', 1, REFUSAL),
  {
    ...{ type: 'message.oversize', session: 12, account: 'sales', number: 2, uidl: 'u2', bytes: 20_971_520 },
    ...{ limit: 10_485_760, setBy: 'mail server', from: 'a@b.c', subject: 'Plans', told: ['sales@company.com'] },
  },
];

test('S47: refusals in the words of the server, what is too large (S64), silent drops (S119), S116 and the remarks on traces (S52)', async () => {
  await using world = await reportsWorld();
  await using logging = await startLog(world);
  world.run.tell(...between, facts.started(12, 'sales'), facts.connected(12, 'sales', 2), ...during);
  world.run.tell(facts.done(12, 'sales', 0, 1), facts.finished(12, 0, 1));
  await logging.log.idle();

  const lines = await linesIn((await mails(world.sink, 1))[0]);
  expect(lines.slice(2).filter((line) => !/Session 12|Connecting|Message 1 \(/.test(line))).toMatchInlineSnapshot(`
    [
      "[10:00] Queue: Pmg1F7B.tmp from <a@company.com> dropped silently: its subject begins with "Not read:" (Not read: minutes).",
      "[10:00] Queue: *** Error: No notification to: <x@y.z> (Offer). Sender's address unknown.",
      "[10:00] POP3 trace activated.",
      "[10:00] POP3 [sales] *** Error: Message 1 stays on the POP3 server: <sales@company.com> 550 5.7.1 Message rejected as spam by Content Filtering.",
      "[10:00] POP3 [sales] Warning: Message 2 (20.0 Mb) From: <a@b.c> is larger than 10.0 Mb, what the internal server takes: it is not downloaded and stays on the POP3 server.",
      "[10:00] POP3 [sales] Notice on message 2 to: <sales@company.com>",
    ]
  `);
});

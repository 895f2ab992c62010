/** What an internal server does wrong: the message stays on the POP3 server, and is handed over once when it is well again (REL, I03, I04). */
import { expect, test } from 'vitest';
import { type Answers, answering, type Heard, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const ONE = mail(anna, 'one');
const FLOOD = ['220 misbehaving ESMTP', '250 ok', '250 ok', '250 ok', '354 go', '250 ok'].join('\r\n');

test.each<[string, Answers]>([
  ['REL02: greets with 554', { greeting: '554 5.3.2 No service' }],
  ['REL02: greets with 421', { greeting: '421 4.3.2 Shutting down' }],
  ['REL02: greets in no words of SMTP', { greeting: '+OK POP3 ready' }],
  ['REL07: does not take the sender for now', { mail: '451 4.3.0 Later' }],
  ['REL07: does not take the sender at all', { mail: '550 5.1.8 Bad sender' }],
  ['REL08: refuses the recipient, and wants the message all the same', { rcpt: '550 5.1.1 Unknown' }],
  ['REL12: refuses the message for now', { dot: '451 4.3.0 Later' }],
  ['REL12: refuses the message at all', { dot: '554 5.6.0 No' }],
  ['REL12: leaves at the end of the message', { dot: '421 4.3.2 Shutting down' }],
  ['REL13: answers with half a code', { dot: '2 50 ok' }],
  ['REL13: answers with a code that there is not', { dot: '999 ok' }],
  ['REL15: says yes to everything before it was asked', { greeting: FLOOD }],
  ['REL09: hangs up instead of taking a message', { data: 'close' }],
])('%s: nothing is deleted, and the next session delivers it once', async (_what, answers) => {
  let well = false;
  const heard: Heard = { commands: [], messages: [] };
  const [bad, good] = [answering(answers), answering({}, heard)];
  await using smtp = await startMisbehavingSmtp((client, connection) => (well ? good : bad)(client, connection));
  await using world = await inboundWorld({
    mailboxes: { office: [ONE] },
    ini: recipient('anna'),
    insidePort: smtp.port,
  });

  const { messages, errors } = await world.session();
  expect([messages, errors.length > 0]).toEqual([0, true]);
  expect(world.pop3.messages('office')).toHaveLength(1);
  expect(world.told('message.delivered')).toEqual([]);
  expect(world.told('message.deleted')).toEqual([]);

  well = true;
  await world.reconfigure({}); // no conversation of before is left
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(heard.messages.map((octets) => octets.toString('latin1'))).toEqual([ONE.toString('latin1')]);
  expect(world.pop3.messages('office')).toEqual([]);
});

test('REL11, X02: hangs up instead of answering the final dot: it may have it, so that it has it once more, and never a third time', async () => {
  const heard: Heard = { commands: [], messages: [] };
  const script = answering({ dot: ['close', '250 2.0.0 Ok'] }, heard);
  await using smtp = await startMisbehavingSmtp(script);
  await using world = await inboundWorld({
    mailboxes: { office: [ONE] },
    ini: recipient('anna'),
    insidePort: smtp.port,
  });
  expect((await world.session()).errors).toHaveLength(1);
  expect(world.pop3.messages('office')).toHaveLength(1);
  for (let n = 0; n < 2; n += 1) expect((await world.session()).errors).toEqual([]);
  expect(heard.messages).toHaveLength(2);
  expect(world.pop3.messages('office')).toEqual([]);
});

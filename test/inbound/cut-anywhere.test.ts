/**
 * The whole walk, with the POP3 server's octets cut after each of them in turn: what came whole is handed over, what did not is not,
 * and in the end everybody has everything once (POP19, X01, X04, I01, I02, I05).
 */
import { expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { until } from '../kit/until.ts';
import { startOctetCutter } from './octet-cutter.ts';
import { subjects } from './scripted.ts';
import { inboundWorld, recipient } from './world.ts';

/** Of few octets: each of them costs two sessions. */
const letter = (subject: string, body: string) =>
  Buffer.from(`To: anna@company.example\r\nSubject: ${subject}\r\n\r\n${body}`);

async function cutWorld() {
  await using stack = new AsyncDisposableStack();
  const pop3 = stack.use(await startPop3Server({ accounts: [{ name: 'office', password: 'secret-1', messages: [] }] }));
  const cutter = stack.use(await startOctetCutter(pop3.port));
  const elsewhere = { port: cutter.port, accounts: ['office'] };
  const world = stack.use(await inboundWorld({ elsewhere, ini: recipient('anna') }));
  const everything = stack.move();
  return {
    ...{ pop3, cutter, world },
    /** Two letters, one with a dot where it hurts. */
    put(name: string) {
      pop3.add('office', letter(`${name}a`, '.\r\n'));
      pop3.add('office', letter(`${name}b`, ''));
    },
    /** Sessions until one has nothing to complain of: the server may still be letting go of the mailbox. */
    async drained() {
      await until('a session without errors', async () => {
        const { errors } = await world.session();
        return errors.length === 0 || undefined;
      });
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

test('POP19, X01, X04, I02, I05: cut after any octet, each message is delivered once, and the mailbox is empty in the end', {
  timeout: 240_000,
}, async () => {
  await using it = await cutWorld();
  it.put('whole ');
  it.cutter.cutNextAfter(Number.POSITIVE_INFINITY);
  await it.drained();
  const octets = it.cutter.passed;
  expect(octets).toBeGreaterThan(250);

  let cut = 0;
  for (let after = 0; after < octets; after += 1) {
    it.put(`${after} `);
    it.cutter.cutNextAfter(after);
    const { errors } = await it.world.session();
    cut += errors.length > 0 ? 1 : 0;
    // What is not there any more was delivered: nothing is deleted unseen.
    const gone = 2 - it.pop3.messages('office').length;
    expect(it.world.inside.received.length, `cut at ${after}`).toBeGreaterThanOrEqual(2 + 2 * after + gone);
    await it.drained();
    expect(it.pop3.messages('office'), `cut at ${after}`).toHaveLength(0);
  }

  expect(cut).toBe(octets);
  const names = Array.from({ length: octets }, (_, after) => [`${after} a`, `${after} b`]);
  expect(subjects(it.world.inside.received)).toEqual(['whole a', 'whole b', ...names.flat()]);
  expect(it.world.told('message.stuck')).toEqual([]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { until } from '../kit/until.ts';
import { client, message, opened, startMessage, textOf, wrapped } from './listening.ts';
import { openWorld } from './world.ts';

describe('I07: 250 is a promise', () => {
  test('it is not said before the message is durable', async () => {
    await using world = await openWorld();
    let release = (): void => {};
    const durable = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = wrapped(world.queue, (incoming) => ({
      ...incoming,
      commit: async (entry) => {
        await durable;
        return await incoming.commit(entry);
      },
    }));
    await using here = await opened({}, { ...world, queue: slow });
    await using smtp = await client(here.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    await smtp.ask('RCPT TO:<b@kunde.example>');
    await smtp.ask('DATA');
    await smtp.send('Subject: x\r\n\r\n.\r\nNOOP\r\n');

    let answered = false;
    const reply = smtp.reply().finally(() => {
      answered = true;
    });
    await (await client(here.port)).ask('NOOP'); // the server had every chance to answer the first one
    expect([answered, world.of('queue.accepted').length]).toEqual([false, 0]);
    release();
    expect(await reply).toMatch(/^250 2\.0\.0 Queued as Pmg/);
    expect(await smtp.reply()).toMatch(/^250 /); // the NOOP waited for its turn
  });

  test.each([
    ['full', true, '452 4.3.1'],
    ['failing', false, '451 4.3.0'],
  ])('CLI29: a %s disk is no promise, at the body and at the commit', async (_what, full, code) => {
    for (const step of ['write', 'commit'] as const) {
      await using world = await openWorld();
      const failing = wrapped(world.queue, (incoming) => ({
        ...incoming,
        [step]: async () => {
          throw new StoreFailure('the disk', full);
        },
      }));
      await using here = await opened({}, { ...world, queue: failing });
      await using smtp = await client(here.port);
      expect(await message(smtp, 'Subject: x\r\n\r\nHello.\r\n')).toMatch(new RegExp(`^${code} `));
      expect(await smtp.ask('NOOP')).toMatch(/^250 /);
      expect(await world.entries()).toEqual([]);
    }
  });
});

describe('the body', () => {
  test('gets one Received field of ours in front, and is otherwise what was sent', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    const text = 'Subject: x\r\n\r\n..two dots\r\n.\r\n...\r\n\xe9 8-bit, \0 and a long line '.concat(
      'z'.repeat(5_000),
      '\r\n',
    );
    await message(smtp, text.replace(/(^|\r\n)\./g, '$1..'));
    const [entry] = await world.entries();
    const stored = await textOf(world, entry?.id ?? '');
    expect(stored.slice(stored.indexOf('Subject:'))).toBe(text);
    expect(stored.slice(0, stored.indexOf('Subject:'))).toMatch(
      new RegExp(
        '^Received: from your-mail-server \\(\\[127\\.0\\.0\\.1\\]\\)\r\n' +
          `\tby gw\\.pytheas\\.com with ESMTP id ${entry?.id}\r\n\tfor <somebody@somedomain\\.com>;\r\n` +
          '\t\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d \\+0000\r\n$',
      ),
    );
    expect(entry?.eightBit).toBe(true);
  });

  test('CLI18: whatever mix of CR and LF comes over the wire, one message is stored, without a bare CR or LF', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    const parts = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '.',
      'a',
      '\n.\n',
      '\r.\r',
      '\n.\r\n',
      '\r\n.\r',
      '\n..\r\n',
      'MAIL FROM:<x@y.example>',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 30 }), fc.nat(40), async (pieces, cut) => {
        const text = `Subject: x\r\n\r\n${pieces.join('').replaceAll('\r\n.\r\n', '\r\n')}`;
        const before = (await world.entries()).length;
        await startMessage(smtp);
        const wire = `${text.replace(/\r\n\./g, '\r\n..')}\r\n.\r\n`;
        await smtp.send(wire.slice(0, cut), wire.slice(cut));
        expect(await smtp.reply()).toMatch(/^250 2\.0\.0 /);

        const entries = await world.entries();
        expect(entries).toHaveLength(before + 1);
        const stored = await textOf(world, entries.at(-1)?.id ?? '');
        expect(stored.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        expect(stored.slice(stored.indexOf('Subject:'))).toBe(`${text}\r\n`.replace(/\r\n|\r|\n/g, '\r\n'));
      }),
      { numRuns: 60 },
    );
    expect(await smtp.ask('NOOP')).toMatch(/^250 /);
  });

  test('CLI18: by setting, a bare CR or LF is refused, and the message after it is taken', async () => {
    await using world = await opened({ bareLineEnds: 'refuse' });
    await using smtp = await client(world.port);
    expect(await message(smtp, 'Subject: x\r\n\r\none\ntwo\r\n')).toMatch(/^550 5\.6\.11 /);
    expect(await message(smtp, 'Subject: x\r\n\r\none\rtwo\r\n')).toMatch(/^550 5\.6\.11 /);
    expect(await message(smtp, 'Subject: x\r\n\r\none\r\n')).toMatch(/^250 /);
  });

  test('CLI19: a client that leaves in the middle leaves nothing behind', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await startMessage(smtp);
    await smtp.send(`Subject: x\r\n\r\n${`${'y'.repeat(70)}\r\n`.repeat(20_000)}`);
    smtp.cut();
    await world.heard('queue.disconnected');
    expect(await world.entries()).toEqual([]);
    expect(await world.queue.recover(Date.now())).toMatchObject({ requeued: 0 });
  });

  test('X05: a client that leaves after its dot, before our 250: the message is kept, and said so', async () => {
    await using world = await openWorld();
    const warned: { what: string; details: unknown }[] = [];
    const log = {
      ...world.log,
      warn: (what: string, details?: Record<string, unknown>) => void warned.push({ what, details }),
    };
    let left = Promise.resolve();
    const waits = wrapped(world.queue, (incoming) => ({
      ...incoming,
      commit: async (entry) => {
        await left;
        return await incoming.commit(entry);
      },
    }));
    await using here = await opened({}, { ...world, log, queue: waits });
    await using smtp = await client(here.port);
    await startMessage(smtp);
    left = world.heard('queue.disconnected').then(() => {});
    await smtp.send('Message-ID: <5@pytheas.com>\r\n\r\n.\r\n');
    smtp.cut();
    const { id } = await world.heard('queue.accepted');
    expect((await world.entries()).map((entry) => entry.id)).toEqual([id]);
    await until('the warning', () => warned[0]);
    expect(warned[0]).toMatchObject({
      what: 'acknowledgement not delivered',
      details: { id, messageId: '<5@pytheas.com>' },
    });
  });

  test('CLI27: mail that is pipelined before QUIT is answered first', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.send('MAIL FROM:<a@pytheas.com>\r\nRCPT TO:<b@kunde.example>\r\nDATA\r\n');
    for (const code of [/^250/, /^250/, /^354/]) expect(await smtp.reply()).toMatch(code);
    await smtp.send('Subject: x\r\n\r\nHello.\r\n.\r\nMAIL FROM:<a@pytheas.com>\r\nQUIT\r\n');
    for (const code of [/^250 2\.0\.0 Queued/, /^250/, /^221/]) expect(await smtp.reply()).toMatch(code);
    expect(await world.entries()).toHaveLength(1);
  });

  test('RFC 3461: what the client wants to be told of travels with the message, decoded', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com> RET=HDRS ENVID=e+2B1 BODY=8BITMIME');
    await smtp.ask('RCPT TO:<b@xn--mller-kva.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+2Bx@kunde.example');
    await smtp.ask('DATA');
    await smtp.ask('Subject: x\r\n\r\n.');
    expect((await world.entries())[0]).toMatchObject({
      dsn: { ret: 'HDRS', envid: 'e+1' },
      eightBit: false,
      recipients: [
        {
          address: 'b@xn--mller-kva.example',
          notify: ['FAILURE', 'DELAY'],
          orcpt: 'rfc822;b+x@kunde.example',
          state: 'waiting',
        },
      ],
    });
  });

  test('"Hold all" accepts and keeps', async () => {
    await using world = await opened({ holdAll: true });
    await using smtp = await client(world.port);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 /);
    expect((await world.entries())[0]).toMatchObject({ state: 'held', hold: { reason: 'Hold all', until: null } });
  });
});

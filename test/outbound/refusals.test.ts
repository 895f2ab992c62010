import { describe, expect, test } from 'vitest';
import { client, message, opened, wrapped } from './listening.ts';
import { rawSmtp } from './raw-smtp.ts';
import { network, openWorld } from './world.ts';

describe('what is refused', () => {
  test('I23, CLI12: everything from a client that is not listed, whoever it says it is', async () => {
    await using world = await opened({ acceptFrom: network('192.168.1.0/24') });
    await using smtp = await client(world.port);
    expect(await smtp.ask('MAIL FROM:<webmaster@pytheas.com>')).toBe('550 5.7.1 Relaying denied');
    expect(await smtp.ask('MAIL FROM:<>')).toBe('550 5.7.1 Relaying denied');
    const tricks = [
      '<victim@other.example>',
      '<victim%other.example@pytheas.com>',
      '<@pytheas.com:victim@other.example>',
      '<other.example!victim>',
      '<"victim@other.example"@pytheas.com>',
      '<victim@[127.0.0.1]>',
      '<victim@pytheas.com>',
      '<victim@pythéas.com>',
      '<victim@other.example.>',
    ];
    for (const path of tricks) expect(await smtp.ask(`RCPT TO:${path}`)).toBe('550 5.7.1 Relaying denied');
    expect(await smtp.ask('DATA')).toMatch(/^503 5\.5\.1 /);
    expect(world.of('queue.refused')[0]).toMatchObject({
      connection: 1,
      peer: 'your-mail-server [127.0.0.1]',
      what: 'MAIL FROM:<webmaster@pytheas.com>',
      reply: '550 5.7.1 Relaying denied',
    });
    expect(await world.entries()).toEqual([]);
  });

  test('CLI12, CLI13: source routes and malformed paths from a listed client too', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    expect(await smtp.ask('RCPT TO:<@pytheas.com:victim@other.example>')).toMatch(/^554 5\.7\.1 /);
    expect(await smtp.ask('RCPT TO:<"victim@other.example"@pytheas.com>')).toMatch(/^501 5\.1\.3 /);
    expect(await smtp.ask('RCPT TO:<no-domain>')).toMatch(/^501 5\.1\.3 /);
    expect(await smtp.ask('RCPT TO:<élan@kunde.example>')).toMatch(/^553 5\.6\.7 /);
    expect(await smtp.ask('RCPT TO:<b@kunde.example>')).toMatch(/^250 2\.1\.5 /);
  });

  test('CLI05: commands out of order', async () => {
    await using world = await opened();
    await using smtp = await rawSmtp(world.port);
    await smtp.reply();
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toMatch(/^503 5\.5\.1 /);
    await smtp.ask('EHLO me');
    expect(await smtp.ask('RCPT TO:<b@kunde.example>')).toMatch(/^503 5\.5\.1 /);
    expect(await smtp.ask('DATA')).toMatch(/^503 5\.5\.1 /);
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toMatch(/^250 2\.1\.0 /);
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toMatch(/^503 5\.5\.1 /);
    expect(await smtp.ask('EXPN all')).toMatch(/^502 /);
    expect(await smtp.ask('VRFY a')).toMatch(/^252 /);
  });

  test('CLI15: recipients past the limit; those before it get their mail', async () => {
    await using world = await opened({ maxRecipients: 3 });
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    const replies = [];
    for (let i = 1; i <= 5; i++) replies.push((await smtp.ask(`RCPT TO:<r${i}@kunde.example>`)).slice(0, 9));
    expect(replies).toEqual(['250 2.1.5', '250 2.1.5', '250 2.1.5', '452 4.5.3', '452 4.5.3']);
    await smtp.ask('DATA');
    await smtp.ask('Subject: x\r\n\r\n.');
    expect((await world.entries())[0]?.recipients).toHaveLength(3);
  });

  test('CLI16: MAIL with parameters that are wrong, unknown or there twice', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    const mail = async (parameters: string) => (await smtp.ask(`MAIL FROM:<a@pytheas.com> ${parameters}`)).slice(0, 9);
    expect(await mail('SIZE=99999999999')).toBe('552 5.3.4');
    expect(await mail('SIZE=-1')).toBe('501 5.5.4');
    expect(await mail('SIZE=abc')).toBe('501 5.5.4');
    expect(await mail('BODY=FOO')).toBe('501 5.5.4');
    expect(await mail('SIZE=1 SIZE=1')).toBe('501 5.5.4');
    expect(await mail('FOO=1')).toBe('555 5.5.4');
    expect(await mail('SIZE=1')).toBe('250 2.1.0');
  });

  test('CLI17: a message larger than it said is read to its end, refused, and its disk use stopped at the limit', async () => {
    await using world = await openWorld();
    let written = 0;
    const counting = wrapped(world.queue, (incoming) => ({
      ...incoming,
      write: async (chunk) => {
        written += chunk.length;
        await incoming.write(chunk);
      },
    }));
    await using here = await opened({ maxMessageBytes: 100_000 }, { ...world, queue: counting });
    await using smtp = await client(here.port);
    expect(await message(smtp, `Subject: x\r\n\r\n${`${'y'.repeat(70)}\r\n`.repeat(20_000)}`)).toMatch(/^552 5\.3\.4 /);
    expect(written).toBeLessThanOrEqual(100_500); // with our Received field
    expect(await world.entries()).toEqual([]);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 2\.0\.0 /);
  });

  test('MSG14: a message of exactly the limit is taken, one octet more is not', async () => {
    await using world = await opened({ maxMessageBytes: 1_000 });
    await using smtp = await client(world.port);
    const of = (octets: number) => `Subject: x\r\n\r\n${'y'.repeat(octets - 16)}\r\n`;
    expect(of(1_000)).toHaveLength(1_000);
    expect(await message(smtp, of(1_000))).toMatch(/^250 /);
    expect(await message(smtp, of(1_001))).toMatch(/^552 5\.3\.4 /);
  });

  test('CLI24: a message that was relayed more than fifty times goes round in a loop', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    const hops = (count: number) => `${'Received: from a by b\r\n'.repeat(count)}Subject: x\r\n\r\n`;
    expect(await message(smtp, hops(50))).toMatch(/^250 /);
    expect(await message(smtp, hops(51))).toMatch(/^554 5\.4\.6 /);
    expect(await world.entries()).toHaveLength(1);
  });

  test('CLI21: more connections than one address may have', async () => {
    await using world = await opened({ maxConnectionsPerAddress: 2 });
    await using one = await client(world.port);
    await using two = await client(world.port);
    await using three = await rawSmtp(world.port);
    expect(await three.reply()).toMatch(/^421 4\.7\.0 /);
    await three.hungUp();
    expect(await one.ask('NOOP')).toMatch(/^250 /);
    expect(await two.ask('NOOP')).toMatch(/^250 /);
  });

  test('CLI25: a flood of refusals is answered, and told only up to a limit', async () => {
    await using world = await opened({ maxRecipients: 1 });
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    await smtp.ask('RCPT TO:<b@kunde.example>');
    await smtp.send('RCPT TO:<c@kunde.example>\r\n'.repeat(300));
    for (let i = 0; i < 300; i++) expect(await smtp.reply()).toMatch(/^452 /);
    expect(world.of('queue.refused')).toHaveLength(100);
  });
});

/** The policies of messages that pass, through the whole walk: client, listener, queue, sender, relay. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createReceive } from '../../../src/daemon/outbound/arrival.ts';
import { openListener } from '../../../src/daemon/outbound/listener.ts';
import { createReporter } from '../../../src/daemon/outbound/reporter.ts';
import { createLeaving } from '../../../src/daemon/outbound/rewrite/leaving.ts';
import type { PolicySettings } from '../../../src/daemon/outbound/rewrite/settings.ts';
import { peersInstalled } from '../../kit/require.ts';
import { scratchFolder } from '../../kit/scratch.ts';
import { client } from '../listening.ts';
import { type Script, startRelay } from '../scripted-relay.ts';
import { startSending } from '../sending.ts';
import { listenerSettings, openWorld, peerAt, sendingSettings } from '../world.ts';
import { policy, withDisclaimer, withNames } from './mail.ts';
import { type Signed, signedByDomain, signedByPgp, signedBySmime } from './signatures.ts';

async function openWalk(settings: Partial<PolicySettings>, script: Script = {}) {
  const all = { ...policy, ...settings };
  const world = await openWorld();
  const relay = await startRelay(script);
  const { queue, bus, clock, log } = world;
  const listener = await openListener(listenerSettings, { ...{ queue, bus, clock, log }, receive: createReceive(all) });
  const reports = { gatewayName: 'gw.pytheas.com', language: 'en', knownSender: all.knownSender } as const;
  const sending = startSending(world, sendingSettings(peerAt(relay.port)), {
    leaving: createLeaving({ settings: all, bus, log }),
    reporter: createReporter({ queue, bus, clock }, reports),
  });

  return {
    ...world,
    relay,
    sending,
    /** Hands a message over as the internal server does. */
    async submit(mail: string, sender = 'sales__fk@pytheas.com'): Promise<string> {
      const smtp = await client(listener.port ?? 0);
      await smtp.ask(`MAIL FROM:<${sender}>${/[\u0080-\u00ff]/.test(mail) ? ' BODY=8BITMIME' : ''}`);
      await smtp.ask('RCPT TO:<somebody@somedomain.com>');
      await smtp.ask('DATA');
      await smtp.send(Buffer.from(mail.replace(/^\./gm, '..'), 'latin1'));
      const reply = await smtp.ask(mail.endsWith('\r\n') ? '.' : '\r\n.');
      await smtp.ask('QUIT');
      return reply;
    },
    async [Symbol.asyncDispose]() {
      await sending.stop();
      await listener.close();
      await relay[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      if (sending.crashes.length > 0) throw new AggregateError(sending.crashes);
    },
  };
}

const MAIL = 'From: Fran\u00e7ois K <sales__fk@pytheas.com>\r\nTo: x@y.example\r\nSubject: Offer\r\n\r\n.Hello\r\n';

/** Without the Received field of the gateway. */
const withoutTrace = (text = ''): string => text.replace(/^Received:.*\r\n(?:\t.*\r\n)*/, '');

test('S112, S113: a shared sender leaves without its suffix and under its other name, and the size is what leaves', async () => {
  await using walk = await openWalk(withNames({ 'sales@pytheas.com': 'Service commercial' }));
  expect(await walk.submit(MAIL)).toMatch(/^250 /);
  await walk.heard('queue.removed');

  const [delivered] = walk.relay.delivered;
  expect(delivered?.from).toBe('sales@pytheas.com');
  expect(withoutTrace(delivered?.text)).toBe(
    'From: Service commercial <sales@pytheas.com>\r\nTo: x@y.example\r\nSubject: Offer\r\n\r\n.Hello\r\n',
  );
  expect(delivered?.text).not.toContain('__');
  const mail = walk.relay.commands.find((line) => line.startsWith('MAIL'));
  expect(mail).toContain(`SIZE=${delivered?.text.length}`);
  expect(walk.of('transfer.started')[0]?.sender).toBe('sales@pytheas.com');
});

test('S112, S114: a report on it goes to the address that wrote it', async () => {
  const known = (address: string) => address === 'sales__fk@pytheas.com';
  const answer = (line: string) => (line.startsWith('RCPT') ? '550 5.1.1 Nobody' : undefined);
  await using walk = await openWalk({ knownSender: known }, { answer });
  await walk.submit(MAIL);
  const { to } = await walk.heard('queue.returned');
  expect(to).toBe('sales__fk@pytheas.com');
  const [report] = (await walk.entries()).filter(({ reportOn }) => reportOn !== null);
  expect(report?.recipients.map(({ address }) => address)).toEqual(['sales__fk@pytheas.com']);
});

test('S118, S119: a message whose decoded subject begins so is taken, told, and lies in the trash', async () => {
  await using walk = await openWalk({ silentDropPrefixes: ['Not read: '] });
  const mail = 'From: a@pytheas.com\r\nSubject: =?utf-8?Q?NOT_READ=3A_caf=C3=A9?=\r\n\r\nx\r\n';
  expect(await walk.submit(mail)).toMatch(/^250 /);
  const { prefix } = await walk.heard('queue.silenced');
  expect(prefix).toBe('Not read: ');
  expect((await walk.heard('queue.removed')).result).toBe('dropped');
  expect(await walk.entries()).toMatchObject([{ state: 'dropped', drop: { by: 'configuration' } }]);

  await walk.submit('Subject: Re: Not read: x\r\n\r\nx\r\n');
  await walk.heard('transfer.sent');
  expect(walk.relay.delivered.map(({ text }) => /Subject: .*/.exec(text)?.[0])).toEqual(['Subject: Re: Not read: x']);
});

test('S117: a message of an unknown sender is told when it is taken, and sent all the same', async () => {
  await using walk = await openWalk({
    alertOnUnknownSender: true,
    knownSender: (address) => address !== 'x@votredom.fr',
  });
  await walk.submit(MAIL, 'x@votredom.fr');
  expect(await walk.heard('queue.unrecognised')).toMatchObject({ sender: 'x@votredom.fr', subject: 'Offer' });
  await walk.heard('transfer.sent');
  await walk.submit(MAIL);
  await walk.heard('transfer.sent', 2);
  expect(walk.of('queue.unrecognised')).toHaveLength(1);
});

test.each([
  [true, 'sales@pytheas.com'],
  [false, ''],
])('S120, S121: with "Avoid empty MAIL FROM" %s the null sender leaves as %j', async (avoidEmptyMailFrom, from) => {
  await using walk = await openWalk({ avoidEmptyMailFrom });
  await walk.submit(MAIL, '');
  await walk.heard('transfer.sent');
  expect(walk.relay.delivered.map((delivered) => delivered.from)).toEqual([from]);
});

test('the archive holds what the relay was given, once it has taken it', async () => {
  await using folder = await scratchFolder('archive');
  let refusals = 1;
  const answer = (line: string) => (line === '.' && refusals-- > 0 ? '550 5.7.1 No' : undefined);
  await using walk = await openWalk({ archiveFolder: folder.path, ...withDisclaimer('Us') }, { answer });
  await walk.submit(MAIL);
  await walk.heard('transfer.failed');
  await walk.submit(MAIL);
  const { id } = await walk.heard('transfer.sent');

  const [day = ''] = await readdir(folder.path);
  expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(await readdir(folder.file(day))).toEqual([`${id}.eml`]);
  expect(await readFile(folder.file(day, `${id}.eml`), 'latin1')).toBe(walk.relay.delivered.at(-1)?.text);
  expect(walk.relay.delivered.at(-1)?.text).toMatch(/\.Hello\r\n\r\nUs\r\n$/);
});

describe('MSG15: a signature that was made before the gateway holds behind it, with every policy on', () => {
  const everything = {
    ...withNames({ 'sales@pytheas.com': 'Service commercial' }),
    ...withDisclaimer('Destin\u00e9'),
    avoidEmptyMailFrom: true,
  };

  async function passes({ mail, holds }: Signed): Promise<string> {
    expect(await holds(mail)).toBe(true);
    expect(await holds(mail.replace('dots', 'dot'))).toBe(false);
    await using walk = await openWalk(everything);
    await walk.submit(mail, 'sales@pytheas.com');
    await walk.heard('transfer.sent');
    const text = withoutTrace(walk.relay.delivered[0]?.text);
    expect(await holds(text)).toBe(true);
    return text;
  }

  test('DKIM: header and body', async () => {
    const signed = await signedByDomain();
    expect(await signed.holds(signed.mail.replace('F <sales', 'G <sales'))).toBe(false);
    expect(await passes(signed)).toBe(signed.mail);
  });

  test.runIf(peersInstalled(['openssl']))('S/MIME, as OpenSSL verifies it', async () => {
    await using folder = await scratchFolder('smime');
    const signed = await signedBySmime(folder);
    expect(await passes(signed)).toBe(signed.mail.replace('From: F <', 'From: Service commercial <'));
  });

  test.runIf(peersInstalled(['gpg']))('PGP, as GnuPG verifies it', async () => {
    await using folder = await scratchFolder('pgp');
    const signed = await signedByPgp(folder);
    try {
      expect(await passes(signed)).toBe(signed.mail.replace('From: F <', 'From: Service commercial <'));
    } finally {
      await signed.stop();
    }
  });
});

/** What a relay will not take: for good, it comes back to its sender; for now, it waits and can be seen waiting. */
import { describe, expect, test, vi } from 'vitest';
import type { QueueDetail } from '../../src/protocol/commands.ts';
import { queueDetail } from '../../src/protocol/queue-methods.ts';
import { ini, type RunningGateway, startGateway } from '../kit/gateway.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { swaks } from '../kit/swaks.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const ANNA = 'anna@firma.example';
const GONE = 'gone@kunde.example';
const LATER = 'later@kunde.example';
const THERE = 'there@kunde.example';

const content = (subject: string): Buffer =>
  Buffer.from(`From: ${ANNA}\r\nSubject: ${subject}\r\nMessage-ID: <${subject.length}@firma.example>\r\n\r\nHello\r\n`);

/** The only message in the queue, once it is as wanted. */
async function queued(gateway: RunningGateway, wanted: (message: QueueDetail) => boolean): Promise<QueueDetail> {
  return await until('the message in the queue', async () => {
    const [listed] = (await gateway.json('queue', 'list')) as { id: string }[];
    if (listed === undefined) return undefined;
    const message = queueDetail.parse((await gateway.json('queue', 'show', listed.id))[0]);
    return wanted(message) ? message : undefined;
  });
}

describe.runIf(peersInstalled(['postfix', 'swaks']))('a relay that refuses', () => {
  test('S114, S115: one recipient for good returns a report to the known sender, for an unknown one S116 says so', async () => {
    await using inside = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    await using relay = await startPostfix({ mode: 'relay', rejectRecipients: [GONE] });
    const port = await freePort();
    await using gateway = await startGateway({ ini: configuration({ port, relay: relay.port, inside: inside.port }) });

    expect(await swaks({ port, from: ANNA, to: [GONE, THERE], content: content('Offer') })).toMatchObject({ code: 0 });
    const [report, ...others] = await inside.delivered(1);

    expect(others).toEqual([]);
    expect(report).toMatchObject({ sender: '', recipient: ANNA });
    const text = report?.content.toString() ?? '';
    expect(text).toMatch(/^Content-Type: multipart\/report;(?:\r\n)?[ \t]+report-type="?delivery-status"?/m);
    expect(text).toMatch(/^Content-Type: message\/delivery-status/m);
    expect(text).toContain(`Final-Recipient: rfc822; ${GONE}\r\nAction: failed\r\nStatus: 5.1.1\r\n`);
    expect(text).toMatch(/^Diagnostic-Code: smtp; 550 5\.1\.1 .*No such user here/m);
    expect(text).toMatch(/^Subject: Offer\r$/m); // of the original
    expect(await relay.received(THERE)).toHaveLength(1);

    const unknown = { from: 'unexped@firma.example', to: [GONE], content: content('Unknown') };
    expect(await swaks({ port, ...unknown })).toMatchObject({ code: 0 });
    await gateway.logged(
      /^\[..:..\] Queue: \*\*\* Error: No notification to: <unexped@firma\.example> \(Unknown\)\. Sender's address unknown\.$/m,
    );
    await until('the queue to be empty', async () => (await gateway.json('queue', 'list')).length === 0 || undefined);
    expect(await inside.deliveries()).toHaveLength(1);
    // The report itself was handed over by the queue, and counts as sent.
    expect(await gateway.status()).toMatchObject({ counters: { accepted: 2, returned: 1, dropped: 1 } });
    expect(gateway.log()).toMatch(/\] Queue: Pmg\w+\.tmp returned to <anna@firma\.example> \(Pmg\w+\.tmp\)\.$/m);
  });

  test('one recipient for now keeps it, deferred, with the dialogue of each attempt; a retry sends it (S62)', async () => {
    await using relay = await startPostfix({ mode: 'relay', deferRecipients: [LATER] });
    const port = await freePort();
    await using gateway = await startGateway({ ini: configuration({ port, relay: relay.port }) });
    expect(await swaks({ port, from: ANNA, to: [LATER, THERE], content: content('Offer') })).toMatchObject({ code: 0 });

    const deferred = await queued(gateway, ({ state }) => state === 'deferred');
    expect(deferred).toMatchObject({
      sender: ANNA,
      subject: 'Offer',
      recipients: [
        { address: LATER, state: 'deferred', reply: expect.stringMatching(/^450 4\.2\.0 .*Mailbox is busy/) },
        { address: THERE, state: 'sent', reply: expect.stringMatching(/^250 /) },
      ],
      attempts: [{ relay: expect.stringContaining('127.0.0.1') }],
      text: expect.stringContaining('Hello'),
      headers: expect.arrayContaining([['Subject', 'Offer']]),
    });
    const said = deferred.attempts[0]?.transcript ?? [];
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^< 220 postfix\.test ESMTP/),
        expect.stringMatching(/^> EHLO gw1\.firma\.example/),
        expect.stringMatching(/^> RCPT TO:<later@kunde\.example>/),
        expect.stringMatching(/^< 450 4\.2\.0 .*Mailbox is busy/),
      ]),
    );
    expect(await relay.received(THERE)).toHaveLength(1);

    await relay.refuse({});
    expect(await gateway.mailgate('queue', 'retry', deferred.id)).toMatchObject({ code: 0 });
    await relay.delivered(2);
    await until('the queue to be empty', async () => (await gateway.json('queue', 'list')).length === 0 || undefined);
    expect(await relay.received(LATER)).toHaveLength(1);
    expect(await relay.received(THERE)).toHaveLength(1); // not a second time
    expect(await gateway.status()).toMatchObject({ counters: { accepted: 1, sent: 1, returned: 0 } });
  });
});

describe.runIf(peersInstalled(['swaks']))('the port for outgoing mail', () => {
  test('S103 answers anybody, and I23 takes mail only from those in "Accept from"', async () => {
    const port = await freePort();
    const keys = { 'Listen on IP address': '127.0.0.1', 'Listen on port': port, 'Accept from': '127.0.0.1' };
    await using gateway = await startGateway({ ini: ini({ 'Outgoing mail': keys }) });
    const mail = { port, from: ANNA, to: [THERE] };
    const elsewhere = ['--local-interface', '127.0.0.2'];

    const hello = await swaks({
      ...mail,
      more: [...elsewhere, '--protocol', 'SMTP', '--quit-after', 'HELO', '--ehlo', 'your_machine'],
    });
    expect(hello.code).toBe(0);
    expect(hello.output).toContain(
      '<-  220 PYTHEAS MailGate ESMTP server ready\n -> HELO your_machine\n<-  250 PYTHEAS.MailGate\n -> QUIT\n<-  221',
    );

    const refused = await swaks({ ...mail, more: elsewhere });
    expect(refused.code).toBe(23); // at MAIL FROM
    expect(refused.output).toMatch(/^<\*\* 550 5\.7\.1 /m);
    expect(await swaks(mail)).toMatchObject({ code: 0 });

    expect(await gateway.json('queue', 'list')).toMatchObject([{ sender: ANNA, recipients: [{ address: THERE }] }]);
    await gateway.logged(
      /^\[..:..\] Queue \[\d+\] \*\*\* Error: MAIL FROM:<anna@firma\.example>.*: 550 5\.7\.1 Relaying denied$/m,
    );
    expect(await gateway.status()).toMatchObject({ counters: { accepted: 1, sent: 0 } });
  });
});

interface Ports {
  readonly port: number;
  readonly relay: number;
  readonly inside?: number;
}

function configuration({ port, relay, inside }: Ports): string {
  return ini({
    Options: { 'Poll every minutes': 0, 'Gateway name': 'gw1.firma.example' },
    ...(inside === undefined ? {} : { 'Mail server': { Host: '127.0.0.1', Port: inside } }),
    'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port },
    Relay: { Host: '127.0.0.1', Port: relay, Security: 'none' },
    'Recipient: Anna': { 'SMTP address': 'anna.other@firma.example', 'Other SMTP addresses': ANNA },
  });
}

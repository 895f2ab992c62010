/** The doctor's ladders (S70, S73, S104, S105, S109), on servers that are really there. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { createGate } from '../../src/daemon/base/gate.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openMailbox } from '../../src/daemon/pop3/client.ts';
import type { Pop3Server } from '../../src/daemon/pop3/mailbox.ts';
import { createDoctor, type DoctorParts } from '../../src/daemon/tools/doctor.ts';
import { judge } from '../../src/daemon/tools/doctor-message.ts';
import { isInside, mailServersOf } from '../../src/daemon/tools/doctor-names.ts';
import { addressStep, clientStep, relayStep, startStep } from '../../src/daemon/tools/doctor-outgoing.ts';
import { holderOf } from '../../src/daemon/tools/port-holder.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { startPop3Cutter } from './pop3-cutter.ts';

const run = 'doctor-test-1';
const long = Buffer.from(`Subject: long\r\n\r\n${'a line of the message\r\n'.repeat(400)}`);
const messages = [
  { uidl: 'small', bytes: Buffer.from('Subject: one\r\n\r\nhello\r\n') },
  { uidl: 'poison', bytes: long },
];
const accounts = [{ name: 'anna', password: 'geheim-4711', messages }];

const serverAt = (port: number): Pop3Server => ({
  ...{ host: '127.0.0.1', port, security: 'none', fingerprint: null, caFile: null },
  ...{ user: 'anna', password: new Secret('geheim-4711'), authentication: 'auto' },
});

async function surgery(port: number, more: Partial<DoctorParts> = {}) {
  const home = await scratchFolder('doctor');
  const events: GatewayEvent[] = [];
  const bus = createBus(systemClock, 0, () => {});
  bus.listen((event) => events.push(event));
  const server = serverAt(port);
  const stop = new AbortController().signal;
  const parts: DoctorParts = {
    accounts: () => [{ name: 'sales', server }],
    open: (_account, dialogue) =>
      openMailbox(server, { clock: systemClock, dialogue, stop, sessionTimeout: 20_000, scratch: home.path }),
    broken: async () => ['poison'],
    gate: createGate(),
    names: { called: 'a name server of the test', mx: async () => [], addresses: async () => [] },
    addresses: () => [],
    tryMailServer: async () => null,
    tryListener: async () => ({ ok: true, dialogue: [], advice: '' }),
    relays: [],
    lastReplies: async () => [],
    listening: () => ({
      listener: null,
      wanted: { address: null, port: 2500 },
      problem: '',
      accepted: 0,
      connected: 0,
    }),
    outgoing: false,
    ...{ bus, clock: systemClock, stop },
    ...more,
  };
  return { doctor: createDoctor(parts), parts, events, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

describe('the ladder of S73', () => {
  test('a message that comes whole: the fault was passing', async () => {
    await using server = await startPop3Server({ accounts });
    await using here = await surgery(server.port);

    const { steps, verdict, summary } = await here.doctor({ run, account: 'SALES' });

    expect(steps.map(({ step, verdict: said }) => `${step}: ${said}`)).toEqual([
      'mailbox sales: ok',
      '1 RETR here: ok',
    ]);
    expect({ verdict, summary }).toMatchObject({ verdict: 'ok', summary: expect.stringContaining('comes whole now') });
    expect(server.messages('anna')).toHaveLength(2); // it looks, and takes nothing
  });

  test('S73: cut for every client in clear: not our fault; a scanner, the firewall or the server', async () => {
    await using server = await startPop3Server({ accounts });
    await using cutter = await startPop3Cutter({ to: server.port, message: 2, after: 3_000 });
    await using here = await surgery(cutter.port);

    const { steps, verdict, summary } = await here.doctor({ run, account: 'sales', number: 2 });

    expect(steps.map(({ step }) => step)).toEqual([
      'mailbox sales',
      '1 RETR here',
      '1b RETR here, another client',
      '2 antivirus on this machine',
      '3 antivirus in the firewall',
      '4 another machine, the same line',
      '5 another Internet access',
    ]);
    expect(steps[1]?.saw).toContain('Unexpected disconnection from POP3 server: The server has closed the connection');
    expect(steps[2]).toMatchObject({ verdict: 'fault', saw: expect.stringMatching(/^After \d+ octets: /) });
    expect({ verdict, summary }).toMatchObject({ verdict: 'fault', summary: expect.stringContaining('Not our fault') });
    expect(JSON.stringify(steps)).not.toContain('geheim-4711');
  });

  test('S73: cut for our client only: our fault, and it says so', async () => {
    await using server = await startPop3Server({ accounts });
    await using cutter = await startPop3Cutter({ to: server.port, message: 2, after: 3_000, onlyWhoSays: 'CAPA\r\n' });
    await using here = await surgery(cutter.port);

    const { steps, summary } = await here.doctor({ run, account: 'sales' });

    expect(steps.at(-1)).toMatchObject({ step: '1b RETR here, another client', verdict: 'ok' });
    expect(summary).toContain('Our fault');
  });

  test('each step is told as an event of its own, marked with the call that asked', async () => {
    await using server = await startPop3Server({ accounts });
    await using here = await surgery(server.port);
    const { steps } = await here.doctor({ run, account: 'sales', number: 1 });

    const told = here.events.filter((event) => event.type === 'doctor.step');
    expect(told).toHaveLength(steps.length);
    expect(told[0]).toMatchObject({ run, ...steps[0] });
  });

  test('whoever is in the mailbox is left alone', async () => {
    await using server = await startPop3Server({ accounts });
    await using here = await surgery(server.port);
    here.parts.gate.enterForSession('sales');

    const { steps, verdict } = await here.doctor({ run, account: 'sales' });
    expect(steps[0]?.saw).toContain('is in this mailbox');
    expect(verdict).toBe('unknown');
  });

  test('a number that is not there is said; an account that is not there is not found', async () => {
    await using server = await startPop3Server({ accounts });
    await using here = await surgery(server.port);

    expect((await here.doctor({ run, account: 'sales', number: 9 })).steps.at(-1)?.saw).toContain(
      'no message of that number',
    );
    await expect(here.doctor({ run, account: 'nobody' })).rejects.toMatchObject({ reason: 'not_found' });
  });

  test('the verdicts, by what both clients saw', () => {
    const broken = { is: 'broken', failure: { kind: 'disconnected', message: 'cut' } } as const;
    const failed = { is: 'failed', octets: 3, why: 'cut' } as const;
    const verdicts = [
      judge({ is: 'refused', reply: '-ERR no' }, { is: 'impossible', why: '' }, false, []),
      judge(broken, { is: 'whole', octets: 9 }, false, []),
      judge(broken, failed, false, ['p3scan']),
      judge(broken, failed, true, []),
      judge(broken, failed, false, []),
      judge(broken, { is: 'impossible', why: 'no STLS' }, true, []),
    ].map(({ verdict, summary }) => `${verdict}: ${summary.slice(0, 40)}`);
    expect(verdicts).toMatchInlineSnapshot(`
      [
        "fault: The server's fault: it refuses this mess",
        "fault: Our fault: another client on this machin",
        "fault: Not our fault: both clients break on it.",
        "fault: The server's fault, or the line's: both ",
        "fault: Not our fault: both clients break on it.",
        "unknown: No second opinion could be had here: go ",
      ]
    `);
  });
});

describe('the doctor of the whole gateway', () => {
  test('S105: the tree for outgoing mail, with the port that another service holds (S104)', async () => {
    await using server = await startPop3Server({ accounts });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      await using here = await surgery(server.port, {
        outgoing: true,
        listening: () => ({
          ...{ listener: null, wanted: { address: '127.0.0.1', port }, accepted: 0, connected: 0 },
          problem: `Cannot listen on TCP port ${port}: another service uses it.`,
        }),
      });
      const { steps, verdict } = await here.doctor({ run });

      expect(verdict).toBe('fault');
      expect(steps.map(({ step }) => step)).toEqual([
        'mailbox sales',
        'A1 the listener answers',
        'A3 the listener has started',
        'B the listener is open to the mail server',
        "C the mail server's own settings",
      ]);
      expect(steps[2]?.saw).toContain(`(process ${process.pid})`);
      expect(await holderOf(port)).toContain(`(process ${process.pid})`);
    } finally {
      other.close();
    }
  });

  test('S105: what is in order says so, and what a person has to look at', () => {
    const listening = {
      ...{ listener: { address: '<any available>', port: 2500 }, wanted: { address: null, port: 2500 }, problem: '' },
      ...{ holder: null, accepted: 3, connected: 0 },
    };
    expect(startStep(listening)).toMatchObject({ verdict: 'ok', saw: 'It listens on TCP port 2500.' });
    expect(addressStep(listening).verdict).toBe('ok');
    expect(clientStep(listening).saw).toContain('3 messages were accepted');
    expect(clientStep({ ...listening, accepted: 0 }).advice).toContain('smart host');
  });

  test('S109: a relay that takes the login and denies relaying', () => {
    const tried = { ok: true, sizeLimit: 1_000, dialogue: [], advice: '' };
    const step = relayStep('', tried, ['450 4.2.0 later', '550 5.7.1 Relaying denied']);
    expect(step).toMatchObject({
      verdict: 'fault',
      saw: '550 5.7.1 Relaying denied',
      advice: expect.stringContaining('Internet provider'),
    });
    expect(relayStep('', tried, []).verdict).toBe('ok');
    expect(relayStep('', { ...tried, ok: false, advice: 'Correct it.' }, []).advice).toBe('Correct it.');
  });
});

describe('S70: the mail servers of a domain', () => {
  const names = (mx: { priority: number; exchange: string }[], at: string[]) => ({
    ...{ called: 'a name server', mx: async () => mx, addresses: async () => at },
  });

  test('by priority, with their addresses, and how to learn their limit', async () => {
    const step = await mailServersOf(
      'company.example',
      names(
        [
          { priority: 20, exchange: 'b.example' },
          { priority: 10, exchange: 'a.example' },
        ],
        ['203.0.113.7'],
      ),
    );
    expect(step).toMatchObject({
      verdict: 'ok',
      saw: '10 a.example (203.0.113.7); 20 b.example (203.0.113.7)',
      advice: 'How large a message it takes: mailgate test mail-server --host a.example',
    });
  });

  test('only servers of the own network: another name server is to be asked', async () => {
    const step = await mailServersOf(
      'company.example',
      names([{ priority: 10, exchange: 'exchange.lan' }], ['192.168.1.5']),
    );
    expect(step).toMatchObject({ verdict: 'unknown', advice: expect.stringContaining('name server outside') });
    expect(['10.0.0.1', '172.16.0.1', '::1', 'fd00::1', '127.0.0.1'].every(isInside)).toBe(true);
    expect(['172.32.0.1', '8.8.8.8', '2001:db8::1'].some(isInside)).toBe(false);
  });

  test('a null MX, no domain, no answer', async () => {
    const failing = (code: string) => ({
      ...names([], []),
      mx: async () => Promise.reject(Object.assign(new Error(code), { code })),
    });
    expect((await mailServersOf('a.example', names([{ priority: 0, exchange: '' }], []))).saw).toContain('null MX');
    expect((await mailServersOf('a.example', failing('ENOTFOUND'))).saw).toBe('There is no such domain.');
    expect((await mailServersOf('a.example', failing('ETIMEOUT'))).verdict).toBe('unknown');
  });
});

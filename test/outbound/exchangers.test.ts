import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { hostsOf, isOurselves } from '../../src/daemon/outbound/exchangers.ts';
import { createNames } from '../../src/daemon/outbound/names.ts';
import { noJitter } from '../../src/daemon/outbound/schedule.ts';
import type { ExchangerSettings } from '../../src/daemon/outbound/settings.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { manualClock } from '../kit/clock.ts';
import { type NameServer, startNameServer, type Zone } from '../kit/name-server.ts';
import { startRelay } from './scripted-relay.ts';
import { startSending } from './sending.ts';
import { openWorld, peerAt, sendingSettings } from './world.ts';

const never = new AbortController().signal;

async function hosts(zone: Zone | null, domain = 'kunde.example', chance = noJitter) {
  await using server = await startNameServer(zone === null ? {} : { 'kunde.example': zone });
  return await hostsOf(domain, { names: createNames([server.address]), chance, ownName: 'gw.pytheas.com' }, never);
}

describe('S107: which hosts take mail of a domain', () => {
  test('its mail exchangers, the most preferred first; those of the same preference by chance', async () => {
    const zone: Zone = {
      mx: [
        [20, 'c.example'],
        [10, 'a.example'],
        [10, 'b.example'],
        [5, 'first.example'],
      ],
    };
    expect(await hosts(zone)).toMatchObject({ hosts: ['first.example', 'a.example', 'b.example', 'c.example'] });
    const chances = [0.1, 0.9, 0.2, 0.5];
    const ordered = await hosts(zone, 'kunde.example', () => chances.shift() ?? 0);
    expect(ordered).toMatchObject({ hosts: ['first.example', 'b.example', 'a.example', 'c.example'] });
  });

  test('itself where it has no mail exchanger (RFC 5321 §5.1)', async () => {
    expect(await hosts({ a: ['127.0.0.1'] })).toEqual({ kind: 'hosts', hosts: ['kunde.example'] });
  });

  test('nobody, for good, where it says so (RFC 7505), or does not exist', async () => {
    expect(await hosts({ mx: [[0, '.']] })).toMatchObject({
      kind: 'failed',
      reply: expect.stringMatching(/^5\.1\.10 /),
    });
    expect(await hosts(null)).toMatchObject({ kind: 'failed', reply: expect.stringMatching(/^5\.1\.2 /) });
  });

  test.each(['SERVFAIL', 'REFUSED'] as const)('REL01: %s is for later', async (says) => {
    expect(await hosts({ says })).toMatchObject({ kind: 'deferred', reply: expect.stringMatching(/^4\.4\.3 /) });
  });

  test('never ourselves, nor anybody behind us in the order', async () => {
    const mx: Zone['mx'] = [
      [10, 'a.example'],
      [20, 'GW.pytheas.com'],
      [20, 'b.example'],
      [30, 'c.example'],
    ];
    expect(await hosts({ mx })).toMatchObject({ hosts: ['a.example'] });
    expect(await hosts({ mx: mx.slice(1) })).toMatchObject({
      kind: 'failed',
      reply: expect.stringMatching(/^5\.4\.6 /),
    });
    expect([isOurselves('127.0.0.1', 25), isOurselves('::1', 25), isOurselves('192.0.2.1', 25)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('the address that stands in place of a domain, which nobody is asked for', async () => {
    expect(await hosts(null, '[127.0.0.9]')).toEqual({ kind: 'hosts', hosts: ['127.0.0.9'] });
    expect(await hosts(null, '[IPv6:::1]')).toEqual({ kind: 'hosts', hosts: ['::1'] });
    expect(await hosts(null, '[no.address]')).toMatchObject({ kind: 'failed' });
  });

  test('a name outside ASCII is asked for in the form of DNS', async () => {
    await using server = await startNameServer({ 'xn--lan-9la.example': { mx: [[1, 'mx.example']] } });
    expect(await createNames([server.address]).exchangers('élan.example', never)).toMatchObject({ kind: 'found' });
  });

  test('a long answer comes over TCP; of a host IPv6 and IPv4 addresses come in turns', async () => {
    const mx = Array.from({ length: 40 }, (_, n): [number, string] => [n, `a-rather-long-name-of-a-host-${n}.example`]);
    const zones = { 'kunde.example': { mx }, 'mx.example': { a: ['127.0.0.1', '127.0.0.2'], aaaa: ['::1'] } };
    await using server = await startNameServer(zones);
    const names = createNames([server.address]);
    const answer = await names.exchangers('kunde.example', never);
    expect(answer.kind === 'found' && answer.found).toHaveLength(40);
    expect(await names.addresses('mx.example', never)).toEqual({
      kind: 'found',
      found: ['::1', '127.0.0.1', '127.0.0.2'],
    });
    expect(await names.addresses('gone.example', never)).toEqual({ kind: 'unknown' });
  });

  test('I18: a name server that is silent holds nothing up once the stop comes', async () => {
    await using server = await startNameServer({ 'kunde.example': { says: 'nothing' } });
    const stop = new AbortController();
    const asking = createNames([server.address]).exchangers('kunde.example', stop.signal);
    stop.abort();
    expect(await asking).toMatchObject({ kind: 'failed' });
  });
});

function directly(port: number, names: NameServer, more: Partial<ExchangerSettings> = {}) {
  const exchangers: ExchangerSettings[] = [
    {
      name: '',
      senderDomains: [],
      port,
      tls: 'none',
      caFile: null,
      connections: 4,
      ehloName: 'gw.pytheas.com',
      ...more,
    },
  ];
  return { ...sendingSettings(peerAt(1)), relays: [], exchangers, dnsServers: [names.address] };
}

describe('S107: a message leaves without a relay', () => {
  test('X07: to the mail exchanger of each of its domains; what one refuses is none of the others', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using relay = await startRelay({
      answer: (line) => (line === 'RCPT TO:<c@gone.example>' ? '550 5.1.1 unknown' : undefined),
    });
    await using names = await startNameServer({
      'kunde.example': { mx: [[10, 'mx.example']] },
      'firma.example': { a: ['127.0.0.1'] },
      'gone.example': { mx: [[10, 'mx.example']] },
      'null.example': { mx: [[0, '.']] },
      'later.example': { says: 'SERVFAIL' },
      'mx.example': { a: ['127.0.0.1'] },
    });
    const to = [
      'a@kunde.example',
      'b@firma.example',
      'c@gone.example',
      'd@null.example',
      'e@later.example',
      'f@kunde.example',
    ];
    const { id } = await world.put({ sender: 'stranger@pytheas.com', to });
    await using sending = startSending(world, directly(relay.port, names));
    await sending.sender.idle();

    const entry = await world.queue.get(id);
    expect(entry).toMatchObject({ state: 'deferred', relay: 'direct' });
    expect(entry?.recipients.map(({ state, reply }) => [state, reply?.slice(0, 6)])).toEqual([
      ...[
        ['sent', '250 2.'],
        ['sent', '250 2.'],
        ['failed', '550 5.'],
        ['failed', '5.1.10'],
        ['deferred', '4.4.3 '],
      ],
      ['sent', '250 2.'],
    ]);
    expect(relay.delivered.map(({ to: whom }) => whom).toSorted((a, b) => b.length - a.length)).toEqual([
      ['a@kunde.example', 'f@kunde.example'],
      ['b@firma.example'],
    ]);
    expect(world.of('transfer.sent').every(({ final }) => !final)).toBe(true);
    expect((await world.queue.attempts(id)).map(({ relay: host }) => host).toSorted()).toEqual([
      'firma.example',
      'later.example',
      'mx.example',
      'mx.example',
      'null.example',
    ]);

    names.zones['later.example'] = { a: ['127.0.0.1'] };
    await clock.advance(minutes(5));
    await sending.sender.idle();
    expect(relay.delivered.at(-1)?.to).toEqual(['e@later.example']);
    expect(await world.entries()).toEqual([]);
    expect(sending.crashes).toEqual([]);
  });

  test('REL01: to the next mail exchanger, and the next address, when one cannot be reached', async () => {
    await using world = await openWorld(manualClock());
    await using relay = await startRelay();
    await using names = await startNameServer({
      'kunde.example': {
        mx: [
          [10, 'dead.example'],
          [20, 'nowhere.example'],
          [30, 'alive.example'],
        ],
      },
      'dead.example': { a: ['127.0.0.77'] },
      'alive.example': { aaaa: ['::1'], a: ['127.0.0.78', '127.0.0.1'] },
    });
    await world.put({ to: ['a@kunde.example'] });
    await using sending = startSending(world, directly(relay.port, names));
    await sending.sender.idle();
    expect(relay.delivered).toHaveLength(1);
    expect(world.of('transfer.unconnected')).toMatchObject([{ relay: 'dead.example' }]);
    expect(world.of('transfer.sent')).toMatchObject([{ relay: 'alive.example', final: true }]);
    expect(world.of('problem.raised')).toEqual([]); // a stranger's server that is away is no problem of ours
  });

  test('a domain that cannot be reached is left in peace for a while, and its messages wait', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using names = await startNameServer({ 'kunde.example': { a: ['127.0.0.77'] } });
    for (let n = 0; n < 12; n += 1) await world.put({ to: ['a@kunde.example'] });
    await using sending = startSending(world, directly(1, names));
    await sending.sender.idle();
    expect(world.of('transfer.unconnected').length).toBeLessThanOrEqual(4);
    expect((await world.entries()).map(({ state }) => state)).toEqual(Array(12).fill('deferred'));
  });

  test('I19: a domain that is slow holds up no other, however much waits for it', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const go = Promise.withResolvers<undefined>();
    await using slow = await startRelay({ answer: (line) => (line === '.' ? go.promise : undefined) });
    await using quick = await startRelay();
    await using names = await startNameServer({
      'slow.example': { a: ['127.0.0.1'] },
      'quick.example': { a: ['127.0.0.1'] },
    });
    for (let n = 0; n < 60; n += 1) await world.put({ to: [`a${n}@slow.example`] });
    for (let n = 0; n < 20; n += 1) await world.put({ to: [`b${n}@quick.example`] });
    const settings = directly(quick.port, names);
    const open: typeof openSmtp = (peer, how) =>
      openSmtp(peer.host === 'slow.example' ? { ...peer, port: slow.port } : peer, how);
    await using sending = startSending(world, settings, { open });
    await world.heard('transfer.sent', 20);
    expect(quick.delivered).toHaveLength(20);
    expect(slow.delivered).toHaveLength(0);

    go.resolve(undefined);
    await world.heard('transfer.sent', 22);
    for (let pass = 0; pass < 8 && slow.delivered.length < 60; pass += 1) {
      await sending.sender.idle();
      await clock.advance(minutes(0.5));
    }
    expect(slow.delivered).toHaveLength(60);
    expect(sending.crashes).toEqual([]);
  });
});

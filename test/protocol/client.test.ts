/** The client of the link alone: against a gateway that is scripted frame by frame, with time in the test's hand. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ClientOptions, createClient, type LinkState, type Timers } from '../../src/protocol/client.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { encodeEvents, encodeHello, encodeResult, encodeSnapshot } from '../../src/protocol/frames.ts';
import { emptyState } from '../../src/protocol/state.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';

const hello = { protocol: 1, version: '0.1.0', name: 'gw1', language: 'en', role: 'admin', seq: 0, now: '' } as const;
const ready = (seq: number): GatewayEvent => ({ type: 'gateway.ready', seq, at: '2026-11-24T10:00:00.000Z' });
const eventsUpTo = (...seqs: number[]) =>
  encodeEvents(
    seqs.map((seq) => JSON.stringify(ready(seq))),
    seqs.at(-1) ?? 0,
  );

interface Asked {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

/** A gateway on a socket; `greet` says what each new connection gets. */
async function scripted(greet: (peer: WebSocket, number: number) => void) {
  const folder = await scratchFolder('client');
  const socket = folder.file('with : and ? in it.sock');
  const asked: Asked[] = [];
  const peers: WebSocket[] = [];
  const headers: Record<string, unknown>[] = [];
  let http: Server;
  async function start() {
    http = createServer();
    new WebSocketServer({ server: http }).on('connection', (peer, request) => {
      peers.push(peer);
      headers.push(request.headers);
      peer.on('message', (data) => asked.push(JSON.parse((data as Buffer).toString()) as Asked));
      greet(peer, peers.length);
    });
    http.listen(socket);
    await once(http, 'listening');
  }
  async function stop() {
    for (const peer of peers) peer.terminate();
    http.close();
    await once(http, 'close');
  }
  await start();
  return {
    socket,
    asked,
    peers,
    headers,
    start,
    stop,
    async call(number: number): Promise<Asked> {
      return await until(`request ${number}`, () => asked[number - 1]);
    },
    async [Symbol.asyncDispose]() {
      if (http.listening) await stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function handTimers(): Timers & { pass(delay: number): void } {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(delay, run) {
      const timer = { at: now + delay, run };
      timers.push(timer);
      return { cancel: () => (timers = timers.filter((one) => one !== timer)) };
    },
    pass(delay) {
      const end = now + delay;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

/** A client whose listener only remembers, in order. */
function listening(socket: string, options: ClientOptions = {}) {
  const heard: string[] = [];
  const states: LinkState[] = [];
  const client = createClient(
    { socket },
    {
      state(state) {
        states.push(state);
        heard.push(state.kind);
      },
      snapshot: (_state, seq) => heard.push(`snapshot ${seq}`),
      events: (events) => heard.push(`events ${events.map(({ seq }) => seq).join(' ')}`),
      dropped: (count) => heard.push(`dropped ${count}`),
    },
    options,
  );
  return {
    client,
    heard,
    states,
    async last(kind: LinkState['kind'], count = 1) {
      return await until(`${kind} the ${count}. time`, () => states.filter((state) => state.kind === kind)[count - 1], {
        otherwise: () => heard.join(', '),
      });
    },
    [Symbol.dispose]: () => client.close(),
  };
}

test('a snapshot, and the events behind it, arrive in their order although they came in one packet', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  using link = listening(gateway.socket);
  const { id, method, params } = await gateway.call(1);
  expect({ method, params }).toEqual({ method: 'subscribe', params: {} });

  const [peer] = gateway.peers as [WebSocket];
  peer.send(encodeResult(id, { seq: 5, snapshot: emptyState }));
  peer.send(eventsUpTo(6, 7));
  peer.send(eventsUpTo(6, 7, 8)); // told twice is heard once
  peer.send(encodeSnapshot(emptyState, 20));
  peer.send(eventsUpTo(19, 20, 21));
  await until('the last event', () => (link.heard.includes('events 21') ? true : undefined));

  expect(link.heard).toEqual([
    'connecting',
    'live',
    'snapshot 5',
    'events 6 7',
    'events 8',
    'snapshot 20',
    'events 21',
  ]);
});

test('after a cut it subscribes from the last event that it had', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  using link = listening(gateway.socket, { backoff: { first: 1, longest: 1 } });
  const first = await gateway.call(1);
  gateway.peers[0]?.send(encodeResult(first.id, { seq: 5, snapshot: emptyState }));
  gateway.peers[0]?.send(eventsUpTo(6, 9));
  await until('event 9', () => (link.heard.includes('events 6 9') ? true : undefined));
  gateway.peers[0]?.terminate();

  expect((await gateway.call(2)).params).toEqual({ since: 9 });
});

test('T33: it tries again for ever, later each time, with jitter, up to the longest pause', async () => {
  await using folder = await scratchFolder('away');
  const timers = handTimers();
  using link = listening(folder.file('control.sock'), { timers, random: () => 0 });
  const pauses: number[] = [];
  for (let n = 1; n <= 9; n++) {
    const lost = await link.last('lost', n);
    if (lost.kind === 'lost') pauses.push((lost.retryAt ?? 0) - timers.now());
    expect(lost).toMatchObject({
      cause: 'unreachable',
      reason: 'There is no control socket: the daemon does not run there.',
    });
    timers.pass(pauses.at(-1) ?? 0);
  }

  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('T33: jitter shortens a pause by at most a quarter', async () => {
  await using folder = await scratchFolder('away');
  using link = listening(folder.file('control.sock'), { timers: handTimers(), random: () => 1 });

  expect(await link.last('lost')).toMatchObject({ retryAt: 375 });
});

test('T33: retryNow does not wait, and finds the gateway that has come back', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  await gateway.stop();
  using link = listening(gateway.socket, { timers: handTimers(), subscribe: false });
  await link.last('lost');
  await gateway.start();
  link.client.retryNow();

  expect(await link.last('live')).toEqual({ kind: 'live', hello });
});

test('T34: another version of the protocol is final, names both, and is not tried again', async () => {
  const closes: number[] = [];
  await using gateway = await scripted((peer) => {
    peer.on('close', (code) => closes.push(code));
    peer.send(encodeHello({ ...hello, protocol: 3, version: '9.9.9' }));
  });
  const timers = handTimers();
  using link = listening(gateway.socket, { timers });

  expect(await link.last('lost')).toEqual({
    kind: 'lost',
    reason:
      'The gateway (MailGate 9.9.9) speaks version 3 of the control protocol, this program version 1: use the same MailGate on both sides.',
    retryAt: null,
    cause: 'version',
  });
  await until('the close', () => (closes.length > 0 ? true : undefined));
  timers.pass(10 * 60_000);
  expect(closes).toEqual([4400]);
  expect(gateway.peers).toHaveLength(1);
});

test('something else that speaks WebSocket is no gateway', async () => {
  await using gateway = await scripted((peer) => peer.send('Welcome!'));
  using link = listening(gateway.socket);

  expect(await link.last('lost')).toMatchObject({ reason: 'The other side is no MailGate gateway.', retryAt: null });
});

test('a greeting that does not come has a deadline', async () => {
  await using gateway = await scripted(() => {});
  const timers = handTimers();
  using link = listening(gateway.socket, { timers });
  await until('the connection', () => gateway.peers[0]);
  timers.pass(15_000);

  expect(await link.last('lost')).toMatchObject({ reason: 'The gateway does not answer.', cause: 'unreachable' });
});

test('a gateway that falls silent for a minute is given up', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  const timers = handTimers();
  using link = listening(gateway.socket, { timers, subscribe: false });
  await link.last('live');
  timers.pass(20_000 * 4);

  expect(await link.last('lost')).toMatchObject({ reason: 'Nothing has been heard of the gateway for a minute.' });
});

test('a call that is not answered in time is rejected, and its late answer does no harm', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  const timers = handTimers();
  using link = listening(gateway.socket, { timers, subscribe: false });
  await link.last('live');
  const call = link.client.call('trigger', {}, { timeout: 100 });
  const { id } = await gateway.call(1);
  timers.pass(100);
  await expect(call).rejects.toMatchObject({ reason: 'timeout', mayTryAgain: true });

  gateway.peers[0]?.send(encodeResult(id, {}));
  const status = link.client.call('status', {});
  gateway.peers[0]?.send(encodeResult((await gateway.call(2)).id, 'fine'));
  await expect(status).resolves.toBe('fine');
});

test('a call whose link is lost is rejected as unreachable, like one without a link', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  using link = listening(gateway.socket, { timers: handTimers(), subscribe: false });
  await expect(link.client.call('status', {})).rejects.toMatchObject({ reason: 'unreachable' });
  await link.last('live');
  const call = link.client.call('trigger', { wait: true }, { timeout: null });
  await gateway.call(1);
  gateway.peers[0]?.terminate();

  await expect(call).rejects.toMatchObject({ reason: 'unreachable', mayTryAgain: true });
});

test('a command tries once', async () => {
  await using folder = await scratchFolder('away');
  const timers = handTimers();
  using link = listening(folder.file('control.sock'), { reconnect: false, timers });

  expect(await link.last('lost')).toMatchObject({ retryAt: null, cause: 'unreachable' });
  timers.pass(10 * 60_000);
  expect(link.heard).toEqual(['connecting', 'lost']);
});

test.each([
  [4408, 'This client did not keep up with the events; the gateway closed the link.'],
  [1001, 'The gateway is stopping.'],
  [1011, 'The gateway closed the link.'],
])('a close with %i is told in words, and tried again', async (code, reason) => {
  await using gateway = await scripted((peer) => {
    peer.send(encodeHello(hello));
    peer.close(code);
  });
  using link = listening(gateway.socket, { timers: handTimers(), subscribe: false });

  expect(await link.last('lost')).toMatchObject({ reason, cause: 'closed', retryAt: expect.any(Number) });
});

test('nonsense in the middle ends the link and starts it anew', async () => {
  await using gateway = await scripted((peer, number) => {
    peer.send(encodeHello(hello));
    if (number === 1) peer.send('{');
  });
  using link = listening(gateway.socket, { subscribe: false, backoff: { first: 1, longest: 1 } });
  await link.last('live', 2);

  expect(await link.last('lost')).toMatchObject({ reason: 'The gateway sent nonsense: The frame is not JSON.' });
});

test('who it is, and how little it wants, stands in the handshake', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  using link = listening(gateway.socket, { user: 'zoé', role: 'viewer', subscribe: false });
  await link.last('live');

  expect(gateway.headers[0]).toMatchObject({
    'x-mailgate-user': 'zo%C3%A9',
    'x-mailgate-role': 'viewer',
    'sec-websocket-protocol': 'mailgate.1',
  });
});

test('closed by its owner it says nothing more, and tries nothing more', async () => {
  await using gateway = await scripted((peer) => peer.send(encodeHello(hello)));
  const timers = handTimers();
  using link = listening(gateway.socket, { timers, subscribe: false });
  await link.last('live');
  const said = link.heard.length;
  link.client.close();
  link.client.close();
  await until('the end', () => (gateway.peers[0]?.readyState === 3 ? true : undefined));
  timers.pass(10 * 60_000);

  expect(link.heard).toHaveLength(said);
  expect(gateway.peers).toHaveLength(1);
});

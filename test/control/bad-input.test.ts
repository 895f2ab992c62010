/** What strangers and broken clients send to the control socket (reliability.md, table WS). */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { type RawClient, rawClient, startControl, tellStart } from './world.ts';

/** Sends bytes as they are, and resolves with all that comes back until the end. */
async function spoken(socket: string, ...pieces: (string | Buffer)[]): Promise<string> {
  const peer = connect(socket);
  await once(peer, 'connect');
  let heard = '';
  peer.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  peer.on('error', () => {}); // a server that has heard enough resets
  const closed = new Promise((resolve) => peer.once('close', resolve));
  for (const piece of pieces) peer.write(piece);
  await closed;
  return heard;
}

const handshake = (headers: string[] = [], host = 'localhost') =>
  [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
    '',
    '',
  ].join('\r\n');

const request = (id: unknown, method: string, params: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

const errorOf = (reply: Record<string, unknown>) => reply['error'] as { code: number; message: string };

/** It still answers. */
async function alive(client: RawClient): Promise<void> {
  const reply = await client.ask(request(99, 'status', {}));
  expect(reply).toMatchObject({ id: 99, result: { gateway: { name: 'gw1' } } });
}

test.each(['https://evil.example', 'null'])('WS02: an upgrade with Origin %s is refused with 403', async (origin) => {
  await using world = await startControl();
  expect(await spoken(world.socket, handshake([`Origin: ${origin}`]))).toMatch(/^HTTP\/1\.1 403 /);
});

test('WS03: a Host of somebody else is refused with 403', async () => {
  await using world = await startControl();
  expect(await spoken(world.socket, handshake([], 'evil.example'))).toMatch(/^HTTP\/1\.1 403 /);
});

test.each(['GET', 'POST'])('WS04: a plain HTTP %s is answered 426', async (verb) => {
  await using world = await startControl();
  expect(await spoken(world.socket, `${verb} / HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(/^HTTP\/1\.1 426 /);
});

test.each([
  ['2,000 headers', Array.from({ length: 2_000 }, (_, n) => `X-${n}: y`)],
  ['a header of 64 KB', [`X-Long: ${'y'.repeat(65_536)}`]],
])('WS04: %s are answered 431, or the connection is cut over them', async (_what, headers) => {
  await using world = await startControl();
  // What it has not read makes the close a reset, and a reset may overtake the answer.
  expect(await spoken(world.socket, handshake(headers))).toMatch(/^(HTTP\/1\.1 431 |$)/);
  expect(world.control.clients).toBe(0);
  using _client = await rawClient(world.socket);
});

test('WS04: what is no HTTP at all is answered 400', async () => {
  await using world = await startControl();
  expect(await spoken(world.socket, '\x16\x03\x01\x00\xa5\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
});

test('WS05: a frame over 64 KiB closes the connection with 1009', async () => {
  await using world = await startControl();
  using client = await rawClient(world.socket);
  client.socket.send('x'.repeat(65_537));

  expect(await client.ended()).toBe(1009);
});

test('WS05: a message in a flood of one-byte fragments closes the connection with 1008', async () => {
  await using world = await startControl();
  using client = await rawClient(world.socket);
  for (let n = 0; n < 1_000; n++) client.socket.send('x', { fin: false });

  expect(await client.ended()).toBe(1008);
});

test('WS06: compression is not offered, whatever the client asks for', async () => {
  await using world = await startControl();
  const peer = connect(world.socket);
  peer.write(handshake(['Sec-WebSocket-Extensions: permessage-deflate']));
  const [answer] = (await once(peer, 'data')) as [Buffer];
  peer.destroy();

  expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
  expect(answer.toString('latin1')).not.toMatch(/permessage-deflate/i);
});

/** A masked client frame with an empty mask. */
const frame = (first: number, payload: Buffer, masked = true) =>
  Buffer.concat([
    Buffer.of(first, (masked ? 0x80 : 0) | payload.length),
    ...(masked ? [Buffer.alloc(4)] : []),
    payload,
  ]);

test.each([
  ['text that is no UTF-8', frame(0x81, Buffer.of(0xff, 0xfe)), 1007],
  ['a reserved opcode', frame(0x83, Buffer.from('x')), 1002],
  ['a frame that is not masked', frame(0x81, Buffer.from('x'), false), 1002],
])('WS07: %s ends the connection with its code', async (_what, bytes, code) => {
  await using world = await startControl();
  const heard = await spoken(world.socket, handshake(), bytes);
  const close = heard.slice(-4); // 88 02 and the code

  expect(close.charCodeAt(0)).toBe(0x88);
  expect(close.charCodeAt(2) * 256 + close.charCodeAt(3)).toBe(code);
});

test.each([
  ['not JSON', 'GET / HTTP/1.1', -32700],
  ['nothing', '', -32700],
  ['an array', '[]', -32600],
  ['a number', '12', -32600],
  ['null', 'null', -32600],
  ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"status"}', -32600],
  ['no id', '{"jsonrpc":"2.0","method":"status"}', -32600],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"status"}', -32600],
  ['an id beyond all numbers', '{"jsonrpc":"2.0","id":1e999,"method":"status"}', -32600],
  ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":7}', -32600],
  ['JSON 30,000 deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, -32600],
  ['__proto__', '{"jsonrpc":"2.0","id":1,"method":"status","params":{"__proto__":{"role":"admin"}}}', -32600],
  ['a method that nobody has', request(1, 'mail.read', {}), -32601],
  ['a method of every object', request(1, 'constructor', {}), -32601],
  ['parameters that are a list', request(1, 'status', []), -32602],
  ['a parameter that nobody knows', request(1, 'queue.drop', { all: true, sender: '*@a.com' }), -32602],
  ['a parameter of the wrong type', request(1, 'queue.list', { limit: 'many' }), -32602],
  ['a number out of range', request(1, 'queue.list', { limit: 1e308 }), -32602],
  ['an unknown trace', request(1, 'trace.set', { trace: 'imap', on: true }), -32602],
  ['no selection', request(1, 'queue.drop', {}), -32602],
  ['two selections', request(1, 'queue.drop', { all: true, ids: ['Pmg1F7B'] }), -32602],
  ['a filter with a mistake', request(1, 'queue.list', { filter: 'stat=held' }), -32602],
  ['an instant that is none', request(1, 'events.read', { since: 'yesterday' }), -32602],
])('WS08: %s gets an error reply, and the connection goes on', async (_what, text, code) => {
  await using world = await startControl();
  tellStart(world.bus);
  using client = await rawClient(world.socket);

  const reply = await client.ask(text);
  expect(errorOf(reply).code).toBe(code);
  await alive(client);
});

test('WS08: the reply to a bad request carries its id, where it has one', async () => {
  await using world = await startControl();
  using client = await rawClient(world.socket);

  expect(await client.ask(request('call-7', 'no.such', {}))).toMatchObject({ id: 'call-7' });
  expect(await client.ask('{')).toMatchObject({ id: null });
});

test('WS08: a binary frame gets an error reply', async () => {
  await using world = await startControl();
  using client = await rawClient(world.socket);
  client.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"status"}'));
  await client.next(2);

  expect(client.frames[1]).toMatchObject({ error: { code: -32600 } });
});

test('WS08: after many bad requests in a row the connection is closed with 1008; a good one in between starts the count anew', async () => {
  await using world = await startControl({ limits: { badRequests: 3 } });
  tellStart(world.bus);
  using client = await rawClient(world.socket);
  await client.ask('{');
  await client.ask('{');
  await alive(client);
  await client.ask('{');
  await client.ask('{');
  await alive(client);

  for (let n = 0; n < 3; n++) client.socket.send('{');
  expect(await client.ended()).toBe(1008);
});

test.each(['../../x', '%2e%2e', 'Pmg1F7B\u0000', 'pmg1f7b', 'Pmg12', '*', ''])(
  'WS11: a message of the name %j is not looked up: not found',
  async (id) => {
    await using world = await startControl();
    using client = await rawClient(world.socket);

    expect(errorOf(await client.ask(request(1, 'queue.drop', { ids: [id] }))).code).toBe(-32001);
    expect(errorOf(await client.ask(request(2, 'queue.show', { id }))).code).toBe(-32001);
    expect(world.gateway.asked).toEqual([]);
  },
);

test('WS13: one client too many gets 503, and those who left are forgotten', async () => {
  await using world = await startControl({ limits: { clients: 2 } });
  using first = await rawClient(world.socket);
  {
    using _second = await rawClient(world.socket);
    expect(await spoken(world.socket, handshake())).toMatch(/^HTTP\/1\.1 503 /);
  }
  await expect.poll(() => world.control.clients).toBe(1);
  using _third = await rawClient(world.socket);
  await expect.poll(() => world.control.clients).toBe(2);
  first.socket.close();
  await expect.poll(() => world.control.clients).toBe(1);
});

test('more calls at once than one connection may have are refused, and those under way are answered', async () => {
  await using world = await startControl({ limits: { calls: 2 } });
  let finish = () => {};
  const finished = new Promise<never>((_, reject) => {
    finish = () => reject(new Error('the test is over'));
  });
  world.gateway.triggered = { kind: 'running', session: 1, joined: false, finished };
  using client = await rawClient(world.socket);
  client.socket.send(request(1, 'trigger', { wait: true }));
  client.socket.send(request(2, 'trigger', { wait: true }));

  expect(errorOf(await client.ask(request(3, 'status', {}))).code).toBe(-32004);
  finish();
  await client.next(4);
});

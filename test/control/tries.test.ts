/** A message to try things on: in the call, or sent before in parts that are bounded in size and in time. */
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { samples } from './answers.ts';
import { caller, type ControlWorld, failure, startControl, tellStart, type Watcher } from './world.ts';

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const uploads = async ({ home }: ControlWorld) => (await readdir(home)).filter((name) => name.startsWith('upload-'));
const asked = ({ gateway }: ControlWorld) => gateway.asked.map((one) => one.with);

async function opened(options: Parameters<typeof startControl>[0] = {}) {
  const world = await startControl(options);
  tellStart(world.bus);
  const link = await caller(world.socket);
  return {
    world,
    link,
    call: link.client.call,
    async [Symbol.asyncDispose]() {
      link.client.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Parts, one after the other. */
async function send({ client }: Watcher, upload: string, octets: Uint8Array, size = 45_000): Promise<void> {
  for (let at = 0; at < octets.length; at += size) {
    const { bytes } = await client.call('upload', { upload, part: base64(octets.subarray(at, at + size)) });
    expect(bytes).toBe(Math.min(at + size, octets.length));
  }
}

describe('G07: route.try', () => {
  test.each([
    ['CRLF', 'To: a@b.c\r\nSubject: x\r\n\r\nHello.\r\n', 'To: a@b.c\r\nSubject: x'],
    ['LF', 'To: a@b.c\nSubject: x\n\nHello.\n', 'To: a@b.c\nSubject: x'],
    ['a header alone', 'To: a@b.c\r\nSubject: x\r\n', 'To: a@b.c\r\nSubject: x\r\n'],
    ['no header', '\r\nHello.\r\n\r\nMore.\r\n', ''],
    ['nothing', '', ''],
  ])('looks at the header block: %s', async (_what, message, header) => {
    await using gw = await opened();

    expect(await gw.call('route.try', { message: base64(message), account: 'sales' })).toEqual(samples['route.try']);
    expect(asked(gw.world)).toEqual([{ header, account: 'sales', by: 'anna' }]);
    expect(gw.world.audited).toEqual([]);
  });

  test('MSG05: of a header without an end it looks at 100 KB', async () => {
    await using gw = await opened();
    await send(gw.link, 'an-upload', Buffer.from(`X: ${'y'.repeat(300_000)}`));
    await gw.call('route.try', { upload: 'an-upload' });

    const [{ header, account }] = asked(gw.world) as [{ header: string; account: null }];
    expect(header).toHaveLength(102_400);
    expect(account).toBeNull();
  });

  test('of an account that there is not is not found, and the upload is still there', async () => {
    await using gw = await opened();
    await send(gw.link, 'an-upload', Buffer.from('To: a@b.c'));

    expect(await failure(gw.call('route.try', { upload: 'an-upload', account: 'nobody' }))).toMatchObject({
      reason: 'not_found',
    });
    await gw.call('route.try', { upload: 'an-upload', account: 'info' });
  });
});

describe('S81: rules.try', () => {
  test('gets the whole message that came with the call', async () => {
    await using gw = await opened();

    expect(await gw.call('rules.try', { message: base64('a\r\n\r\nb'), external: true })).toEqual(samples['rules.try']);
    expect(asked(gw.world)).toEqual([{ message: 'a\r\n\r\nb', external: true, by: 'anna' }]);
  });

  test('gets the whole message that was sent in parts before, to the octet, and its file is gone after it', async () => {
    await using gw = await opened();
    const octets = Buffer.from(randomBytes(200_000).toString('hex'));
    await send(gw.link, 'an-upload', octets);
    const [file = ''] = await uploads(gw.world);
    expect((await stat(`${gw.world.home}/${file}`)).mode & 0o777).toBe(0o600);

    await gw.call('rules.try', { upload: 'an-upload' });
    expect(asked(gw.world)).toEqual([{ message: octets.toString(), external: false, by: 'anna' }]);
    expect(await uploads(gw.world)).toEqual([]);
    expect(await failure(gw.call('rules.try', { upload: 'an-upload' }))).toMatchObject({ reason: 'not_found' });
  });

  test('uses the upload up when it fails, too', async () => {
    await using gw = await opened();
    gw.world.gateway.replies['rules.try'] = () => Promise.reject(new Error('spamd is away'));
    await send(gw.link, 'an-upload', Buffer.from('x'));

    expect(await failure(gw.call('rules.try', { upload: 'an-upload' }))).toMatchObject({ reason: 'internal' });
    expect(await uploads(gw.world)).toEqual([]);
  });
});

test.each([
  [{}, 'Give the message by "message" or by "upload".'],
  [{ message: '', upload: 'an-upload' }, 'Give the message by "message" or by "upload".'],
  [{ message: 'To: a@b.c' }, 'message: it is not base64.'],
  [{ message: 'x'.repeat(60_001) }, 'message: '],
])('a try of %j is refused', async (params, why) => {
  await using gw = await opened();

  for (const method of ['route.try', 'rules.try'] as const)
    expect(await failure(gw.call(method, params))).toMatchObject({
      reason: 'invalid_params',
      message: expect.stringContaining(why),
    });
  expect(asked(gw.world)).toEqual([]);
});

describe('an upload', () => {
  test('keeps its parts in the order in which they were sent, though nobody waited for the answers', async () => {
    await using gw = await opened();
    const parts = Array.from({ length: 12 }, (_, n) => `part ${n};`);
    await Promise.all(parts.map((part) => gw.call('upload', { upload: 'an-upload', part: base64(part) })));
    await gw.call('rules.try', { upload: 'an-upload' });

    expect(asked(gw.world)).toMatchObject([{ message: parts.join('') }]);
  });

  test('is a name, never a path (WS11)', async () => {
    await using gw = await opened();

    for (const upload of ['../../x', '....//..//x', 'short', 'x'.repeat(65)])
      expect(await failure(gw.call('upload', { upload, part: '' }))).toMatchObject({ reason: 'invalid_params' });
    await gw.call('upload', { upload: 'an-upload', part: base64('x') });
    expect((await uploads(gw.world))[0]).not.toContain('an-upload');
  });

  test('is forgotten ten minutes after its last part', async () => {
    const clock = manualClock();
    await using gw = await opened({ clock });
    await send(gw.link, 'an-upload', Buffer.from('x'));
    await clock.advance(9 * 60_000);
    expect(await gw.call('upload', { upload: 'an-upload', part: base64('y') })).toEqual({ bytes: 2 });
    await clock.advance(9 * 60_000);
    expect(await uploads(gw.world)).toHaveLength(1);

    await clock.advance(60_000);
    await until('its file to go', async () => ((await uploads(gw.world)).length === 0 ? true : undefined));
    expect(await failure(gw.call('rules.try', { upload: 'an-upload' }))).toMatchObject({ reason: 'not_found' });
  });

  test('goes with the link', async () => {
    await using gw = await opened();
    await send(gw.link, 'an-upload', Buffer.from('x'));
    await gw.world.stop();

    expect(await uploads(gw.world)).toEqual([]);
  });

  test('is no news: neither the trail nor the watchers hear of it', async () => {
    await using gw = await opened();
    const heard: GatewayEvent[] = [];
    gw.world.bus.listen((event) => heard.push(event));
    await send(gw.link, 'an-upload', Buffer.from('x'));

    expect({ audited: gw.world.audited, heard }).toEqual({ audited: [], heard: [] });
  });

  test('is one of sixteen at most', async () => {
    await using gw = await opened();
    const begin = (n: number) => gw.call('upload', { upload: `upload-${n}`, part: '' });
    for (let n = 0; n < 16; n++) await begin(n);
    expect(await failure(begin(16))).toMatchObject({ reason: 'refused' });

    await gw.call('rules.try', { upload: 'upload-3' });
    await begin(16);
  });
});

test('all uploads together are bounded: what would be more is refused, its upload dropped, its room free again', async () => {
  await using gw = await opened({ limits: { uploadOctets: 100_000 } });
  const part = base64(Buffer.alloc(45_000));
  const add = (upload: string) => gw.call('upload', { upload, part });
  await add('the-first');
  await add('the-second');
  expect(await failure(add('the-second'))).toMatchObject({ reason: 'refused', message: /100000 octets/ });
  expect(await uploads(gw.world)).toHaveLength(1);
  expect(await failure(gw.call('rules.try', { upload: 'the-second' }))).toMatchObject({ reason: 'not_found' });
  await add('the-third');

  await gw.call('rules.try', { upload: 'the-third' });
  await add('the-fourth');
});

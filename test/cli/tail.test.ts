/** `mailgate tail`: the log lines of the past and as they come. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { sinceOf } from '../../src/cli/tail.ts';
import { gatewayEvent } from '../../src/protocol/events.ts';
import { startControl, tellStart } from '../control/world.ts';
import { until } from '../kit/until.ts';
import { mailgate, start } from './mailgate.ts';

const connected = {
  type: 'queue.connected',
  connection: 1,
  peer: 'your-mail-server [192.168.1.5]',
  esmtp: true,
} as const;
const closed = {
  type: 'queue.disconnected',
  connection: 1,
  peer: 'your-mail-server [192.168.1.5]',
  messages: 0,
} as const;

const unstamped = (text: string) => text.replaceAll(/^\[\d\d:\d\d\] /gm, '');

test('tail --since 0 --no-follow prints the lines of all that the ring has, and ends', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  world.bus.tell(connected);
  world.bus.tell(closed);
  const { code, out } = await mailgate(['tail', '--since', '0', '--no-follow', '--home', world.home]);

  expect(code).toBe(0);
  expect(out).toMatch(/^\[\d\d:\d\d\] MailGate/);
  expect(unstamped(out)).toBe(
    'MailGate 0.1.0 started.\nQueue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]\nQueue [1] Connection closed.\n',
  );
});

test('tail --json is one event a line, with its number and its time', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  for (let n = 0; n < 1_500; n++) world.bus.tell(connected);
  const events = (await mailgate(['tail', '--no-follow', '--json', '--home', world.home])).json();

  expect(events).toHaveLength(1_503);
  expect(events.map((event) => (event as { seq: number }).seq)).toEqual(Array.from({ length: 1_503 }, (_, n) => n + 1));
  for (const event of events.slice(0, 5)) expect(gatewayEvent.parse(event)).toEqual(event);
});

test('tail --topic keeps to its topics, of the past and of what comes', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  world.bus.tell({ type: 'alert.raised', key: 'a', message: 'Look.', about: '' });
  world.bus.tell(connected);
  const args = ['tail', '--since', '1h', '--no-follow', '--home', world.home];

  expect(unstamped((await mailgate([...args, '--topic', 'alert'])).out)).toBe('Alert: Look.\n');
  expect(unstamped((await mailgate([...args, '--topic', 'alert,queue'])).out)).toBe(
    'Alert: Look.\nQueue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]\n',
  );
});

test('without --lang the lines are in the language of the gateway, as its session log has them', async () => {
  await using world = await startControl();
  world.bus.tell({ type: 'gateway.started', name: 'gw1', version: '0.1.0', pid: 1, home: '/h', language: 'fr' });
  const args = ['tail', '--no-follow', '--home', world.home];

  expect(unstamped((await mailgate(args)).out)).toBe('MailGate 0.1.0 démarré.\n');
  expect(unstamped((await mailgate([...args, '--lang', 'en'])).out)).toBe('MailGate 0.1.0 started.\n');
});

test('tail follows, and goes on through a restart of the daemon without losing or repeating a line', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  const child = start(['tail', '--since', '0', '--home', world.home]);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const lines = (count: number) =>
    until(`${count} lines`, () => (out.split('\n').length > count ? true : undefined), { otherwise: () => out + err });
  await lines(1);
  world.bus.tell(connected);
  await lines(2);
  await world.stop();
  await until('it to notice', () => (err.includes('Trying again') ? true : undefined));
  world.bus.tell(closed); // told while nobody could hear it
  await world.restart();
  await lines(3);
  world.bus.tell({ ...connected, connection: 2 });
  await lines(4);

  expect(unstamped(out)).toBe(
    [
      'MailGate 0.1.0 started.',
      'Queue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]',
      'Queue [1] Connection closed.',
      'Queue [2] ESMTP Connection accepted from: your-mail-server [192.168.1.5]',
      '',
    ].join('\n'),
  );
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});

test('a reader who leaves early ends it quietly', async () => {
  await using world = await startControl();
  for (let n = 0; n < 3_000; n++) world.bus.tell(connected);
  const child = start(['tail', '--since', '0', '--home', world.home]);
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const ended = once(child, 'close');
  const more = setInterval(() => world.bus.tell(connected), 20); // a line that nobody reads is what tells it
  const [code] = (await ended) as [number];
  clearInterval(more);

  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test.each([
  ['0', 0],
  ['12345', 12_345],
  ['2h', '2026-11-24T08:00:00.000Z'],
  ['1.5m', '2026-11-24T09:58:30.000Z'],
  ['2026-11-24T09:30:00Z', '2026-11-24T09:30:00.000Z'],
])('--since %s is %j', (text, since) => {
  expect(sinceOf(text, Date.parse('2026-11-24T10:00:00.000Z'))).toBe(since);
});

test('--since 10:30 is that time of today, by the clock on the wall', () => {
  const now = new Date(2026, 10, 24, 11, 0).getTime();
  expect(sinceOf('10:30', now)).toBe(new Date(2026, 10, 24, 10, 30).toISOString());
});

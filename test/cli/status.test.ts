/** `mailgate status`, and what needs no daemon: info, version, help. */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { statusResult } from '../../src/protocol/commands.ts';
import { startControl, tellStart } from '../control/world.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { atTerminal, inPipe, mailgate } from './mailgate.ts';

async function busyWorld() {
  const world = await startControl();
  const { bus } = world;
  tellStart(bus);
  bus.tell({ type: 'session.started', session: 11, accounts: ['sales', 'info'], trigger: 'schedule' });
  const counts = { messages: 0, left: 3, errors: 1, oversize: 2, stuck: 1 };
  bus.tell({ type: 'mailbox.finished', session: 11, account: 'info', ...counts });
  bus.tell({ type: 'account.noted', account: 'sales', note: 'token dies in 6 days' });
  bus.tell({
    type: 'mailbox.failed',
    session: 11,
    account: 'info',
    host: 'h',
    reason: 'Login refused: -ERR \u001b[2Jno',
    locked: true,
    cause: 'mailbox',
  });
  bus.tell({ type: 'session.finished', session: 11, messages: 3, bytes: 1, errors: 1 });
  bus.tell({ type: 'session.scheduled', nextAt: '2026-11-24T09:50:00.000Z' });
  bus.tell({ type: 'queue.counted', waiting: 12, sending: 1, deferred: 3, held: 2, bytes: 42_189, oldestAt: null });
  bus.tell({ type: 'problem.raised', key: 'listener', message: 'Cannot listen on TCP port 2500.' });
  return world;
}

test('S11: status --json is the document of commands.md, field by field', async () => {
  await using world = await busyWorld();
  const { code, json } = await mailgate(['status', '--json', '--home', world.home]);
  const [status] = json();

  expect(code).toBe(0);
  expect(statusResult.parse(status)).toEqual(status);
  expect(status).toEqual({
    gateway: {
      name: 'gw1',
      version: '0.1.0',
      pid: 4711,
      home: '/var/lib/mailgate',
      startedAt: expect.any(String),
      health: 'degraded',
      problems: ['Cannot listen on TCP port 2500.'],
    },
    session: {
      running: null,
      last: { id: 11, startedAt: expect.any(String), finishedAt: expect.any(String), messages: 3, errors: 1 },
      nextAt: '2026-11-24T09:50:00.000Z',
    },
    accounts: [
      {
        name: 'sales',
        ...{ state: 'never', lastSuccessAt: null, consecutiveErrors: 0, lastError: null },
        ...{ left: 0, oversize: 0, stuck: 0, note: 'token dies in 6 days' },
      },
      {
        name: 'info',
        state: 'locked',
        lastSuccessAt: null,
        consecutiveErrors: 2,
        lastError: 'Login refused: -ERR \u001b[2Jno',
        ...{ left: 3, oversize: 2, stuck: 1, note: '' },
      },
    ],
    queue: { waiting: 12, sending: 1, deferred: 3, held: 2, bytes: 42_189, oldestAt: null },
    counters: { downloaded: 0, delivered: 0, refused: 0, accepted: 0, sent: 0, returned: 0, dropped: 0 },
    traces: {
      pop3: expect.objectContaining({ on: false }),
      'smtp-in': expect.objectContaining({ on: false }),
      'smtp-out': expect.objectContaining({ on: false }),
    },
  });
});

test('S06: status is one screen, in English and French; what a server said cannot steer it', async () => {
  await using world = await busyWorld();
  const english = await mailgate(['status', '--home', world.home]);
  const french = await mailgate(['--lang', 'fr', 'status', '--gateway', world.socket]);
  const dated = (text: string) =>
    text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d/g, 'DATE');

  expect(dated(english.out)).toBe(
    `MailGate 0.1.0  gw1  degraded  pid 4711  since DATE  /var/lib/mailgate
Session           11 finished DATE: 3 messages, 1 error. Next 10:50.
Accounts          sales  not yet  token dies in 6 days
                  info   locked  (2 sessions in a row)  3 left on the server (2 too large, 1 stuck)  Login refused: -ERR \\x1b[2Jno
Queue             12 waiting, 1 sending, 3 deferred, 2 held, 41.2 kb
Since start       0 downloaded, 0 delivered, 0 refused, 0 accepted, 0 sent, 0 returned, 0 dropped
Traces            pop3 off
                  smtp-in off
                  smtp-out off
Problems          Cannot listen on TCP port 2500.
`,
  );
  expect(dated(french.out)).toContain('Session           11 terminée DATE : 3 messages, 1 erreur. Prochaine 10:50.\n');
  expect(dated(french.out)).toContain("File d'attente    12 en attente, 1 en envoi, 3 différé, 2 retenu, 41,2 kb\n");
});

test('what rests is said, so that nobody looks for a fault: sending that is paused, and mail that is only taken', async () => {
  await using world = await busyWorld();
  const rest = { by: 'anna', reason: 'the relay moves', until: null };
  world.bus.tell({ type: 'transfer.paused', paused: rest, by: 'anna', reason: rest.reason });
  world.bus.tell({ type: 'queue.frozen', frozen: { ...rest, reason: '' }, by: 'anna', reason: '' });
  const { out } = await mailgate(['status', '--home', world.home]);
  expect(out).toContain('Sending is paused (the relay moves).');
  expect(out).toContain('What is taken is held until it is released.');

  const { json } = await mailgate(['status', '--json', '--home', world.home]);
  expect(json()).toMatchObject([{ sendingPaused: rest, frozen: { by: 'anna' } }]);
});

test('LANG=fr speaks French, and --lang goes before it', async () => {
  await using world = await busyWorld();
  const env = { LANG: 'fr_FR.UTF-8' };

  expect((await mailgate(['status', '--home', world.home], { env })).out).toContain('Comptes');
  expect((await mailgate(['status', '--home', world.home, '--lang', 'en'], { env })).out).toContain('Accounts');
});

test('T08: mailgate and mailgate watch without a terminal print the status and exit 0', async () => {
  await using world = await busyWorld();
  for (const args of [['--home', world.home], ['watch', '--home', world.home], [world.socket]]) {
    const { code, out } = await mailgate(args);
    expect({ code, head: out.slice(0, 14) }).toEqual({ code: 0, head: 'MailGate 0.1.0' });
  }
});

test('problems are red on a terminal, and never with NO_COLOR', async () => {
  await using world = await busyWorld();
  const args = ['status', '--home', world.home];

  expect((await atTerminal(args)).out).toContain('\u001b[31mProblems');
  expect((await atTerminal(args, { env: { NO_COLOR: '1' } })).out).not.toContain('\u001b');
  expect((await atTerminal(args, { env: { TERM: 'dumb' } })).out).not.toContain('\u001b');
});

test('S07: with the daemon away every command that needs it says how to start it, and exits 69', async () => {
  await using home = await scratchFolder('away');
  for (const args of [
    [],
    ['status'],
    ['trigger'],
    ['tail'],
    ['trace'],
    ['queue', 'list'],
    ['queue', 'drop', 'Pmg1F7B'],
  ]) {
    const { code, out, err } = await mailgate([...args, '--home', home.path]);
    expect({ args, code, out }).toEqual({ args, code: 69, out: '' });
    expect(err).toContain(`mailgate: The daemon cannot be reached on ${home.file('control.sock')}.`);
    expect(err).toContain(`mailgate run --home ${home.path}`);
  }
  expect((await mailgate(['status', '--home', home.path, '--lang', 'fr'])).err).toContain("l'état Démarré");
});

test('the home is --home, else MAILGATE_HOME, else the place of the user', async () => {
  const homeIn = async (args: string[], env: Record<string, string>) => {
    const [facts] = (await mailgate(['info', '--json', ...args], { env })).json() as { home: string }[];
    return facts?.home;
  };
  expect(await homeIn(['--home', '/a'], { MAILGATE_HOME: '/b' })).toBe('/a');
  expect(await homeIn([], { MAILGATE_HOME: '/b' })).toBe('/b');

  const { out } = await atTerminal(['info', '--json'], { env: { XDG_DATA_HOME: '/data' } }); // as anna, not root
  expect(JSON.parse(out)).toMatchObject({ home: '/data/mailgate' });
  expect(JSON.parse((await atTerminal(['info', '--json'])).out)).toMatchObject({
    home: '/home/anna/.local/share/mailgate',
  });
});

test('info knows where everything lies, the socket too where the configuration puts it elsewhere', async () => {
  await using home = await scratchFolder('info');
  await mkdir(home.file('run'));
  await writeFile(
    home.file('pmailgat.INI'),
    '\ufeff[Options]\r\nSocket=no\r\n[ Remote Control ]\r\nsocket = run/mg.sock \r\n',
  );
  const { code, json } = await mailgate(['info', '--json', '--home', home.path]);

  expect(code).toBe(0);
  expect(json()).toEqual([
    {
      version: '0.1.0',
      node: process.versions.node,
      protocol: 1,
      home: home.path,
      config: home.file('pmailgat.INI'),
      log: home.file('Log'),
      socket: home.file('run', 'mg.sock'),
      database: home.file('mailgate.db'),
      queue: home.file('Outgoing', 'queue.db'),
      events: home.file('events.db'),
      traces: [
        home.file('PmgPOP3Trace.txt'),
        home.file('PmgInboundSMTPTrace.txt'),
        home.file('PmgOutboundSMTPTrace2.txt'),
      ],
    },
  ]);
});

test('T48: help and version need neither daemon nor terminal; every command has an example', async () => {
  expect(await mailgate(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' });
  const { out } = await mailgate(['--help']);
  const names = [...out.matchAll(/^ {2}([a-z][a-z-]*) /gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help');
  expect(names).toEqual([
    ...['watch', 'run', 'demo', 'check', 'status', 'trigger', 'tail', 'trace', 'queue', 'trash', 'pause', 'resume'],
    ...[
      'accounts',
      'renumbered',
      'mailbox',
      'route',
      'rules',
      'quarantine',
      'logs',
      'alerts',
      'test',
      'doctor',
      'sign-in',
      'info',
    ],
  ]);

  for (const name of names) {
    const help = await inPipe([name, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('\nExample:\n  $ mailgate ');
  }
});

test.each([
  [['staus'], "unknown command 'staus'", 'Did you mean status?'],
  [['queue', 'hodl'], "unknown command 'hodl'", 'Did you mean hold?'],
  [['status', '--jsn'], "unknown option '--jsn'", 'Did you mean --json?'],
  [['status', '--lang', 'de'], "argument 'de' is invalid", 'en, fr'],
  [['status', 'now'], 'too many arguments', ''],
  [['status', '--gateway', 'ssh://gw1'], 'ssh:// is not in this version', ''],
  [['wss://gw1:2580'], 'wss:// is not in this version', ''],
  [['watch', '/a.sock', '/b.sock'], 'not in this version', ''],
  [['demo', '--seconds', '0'], 'Expected a whole number from 1 on.', ''],
])('usage: %j exits 2 and says what is wrong', async (args, what, hint) => {
  const { code, out, err } = await mailgate(args);

  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^mailgate: /);
  expect(err).toContain(what);
  expect(err).toContain(hint);
});

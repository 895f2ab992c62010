/** Each command is a twin of a method: what it asks the gateway for, what it prints, and how it ends. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { queuedMessage, trashedMessage } from '../../src/protocol/model.ts';
import { renderCommandsDoc } from '../../src/cli/commands-doc.ts';
import type { MethodName } from '../../src/protocol/commands.ts';
import { queueDetail } from '../../src/protocol/queue-methods.ts';
import { samples } from '../control/answers.ts';
import { queued, report, startControl, tellStart } from '../control/world.ts';
import { BODY } from '../control/fake-queue.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { startGateway } from './gateway.ts';
import { atTerminal, inPipe, mailgate } from './mailgate.ts';

async function world(ids: string[] = []) {
  const started = await startControl();
  tellStart(started.bus);
  started.gateway.messages = ids.map((id) => queued({ id }));
  const asked = () => started.gateway.asked.filter(({ method }) => method !== 'list');
  const ask = (...args: string[]) => mailgate([...args, '--home', started.home]);
  return { ...started, asked, ask, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

/** The command that calls each method; those that no person calls by name stand with the command that needs them. */
const twins: Record<MethodName, string> = {
  status: 'status',
  subscribe: 'tail',
  'events.read': 'tail',
  trigger: 'trigger',
  'trace.set': 'trace',
  'queue.list': 'queue list',
  'queue.show': 'queue show',
  'queue.hold': 'queue hold',
  'queue.release': 'queue release',
  'queue.retry': 'queue retry',
  'queue.drop': 'queue drop',
  'queue.count': 'queue count',
  'queue.return': 'queue return',
  'queue.reroute': 'queue reroute',
  'queue.readdress': 'queue readdress',
  'queue.prioritise': 'queue prioritise',
  'queue.export': 'queue export',
  'queue.read': 'queue export',
  'queue.freeze': 'queue freeze',
  'sending.pause': 'pause sending',
  'trash.list': 'trash list',
  'trash.restore': 'trash restore',
  'trash.empty': 'trash empty',
  'accounts.list': 'accounts list',
  'accounts.test': 'accounts test sales',
  'accounts.forget-ids': 'accounts forget-ids sales',
  'renumbered.answer': 'renumbered sales adopt',
  'mailbox.list': 'mailbox list sales',
  'mailbox.top': 'mailbox top sales 1',
  'mailbox.fetch': 'mailbox fetch sales 1',
  'mailbox.mark-fetched': 'mailbox mark-fetched sales 1',
  'mailbox.delete': 'mailbox delete sales 1 --yes',
  'mailbox.undelete': 'mailbox undelete sales',
  'mailbox.close': 'mailbox close sales',
  'mailbox.readdress': 'mailbox readdress sales 1 --from a@b.c --drop',
  upload: 'rules try -',
  'route.try': 'route try -',
  'rules.try': 'rules try -',
  'quarantine.list': 'quarantine list',
  'quarantine.show': 'quarantine show Q1F7B',
  'quarantine.release': 'quarantine release Q1F7B',
  'quarantine.delete': 'quarantine delete Q1F7B',
  'logs.list': 'logs list',
  'logs.show': 'logs show 12',
  'alerts.list': 'alerts list',
  'alerts.ack': 'alerts ack sales',
  'test.mail-server': 'test mail-server',
  'test.relay': 'test relay',
  'test.listener': 'test listener',
  'test.notice': 'test notice',
  doctor: 'doctor sales 4',
  'signin.start': 'sign-in sales',
  'signin.wait': 'sign-in sales',
  'signin.answer': 'sign-in sales --address http://localhost:25995/?code=x',
  'signin.cancel': 'sign-in sales',
  'signin.forget': 'sign-in sales --forget',
};

/** What the parts of the daemon are asked; the rest is asked of the gateway itself, below. */
const answered = Object.entries(twins).filter(([method]) => method in samples && method !== 'signin.cancel');

test.each(answered)('%s is what "mailgate %s" calls, in words and as JSON', async (method, command) => {
  await using gw = await startGateway();
  for (const more of [[], ['--json'], ['--lang', 'fr']]) {
    const { code, out, err } = await gw.pipe('To: a@b.c\n', ...command.split(' '), ...more);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toBe('');
  }
  const asked = gw.asked().filter((one) => one.method === method);
  expect(asked).toHaveLength(3);
});

test('every command calls a method, save those that start a program or need none', () => {
  const names = [...renderCommandsDoc().matchAll(/^## mailgate (.+)$/gm)].map(([, name]) => name as string);
  const leaves = names.filter((name) => !names.some((other) => other.startsWith(`${name} `)));
  const calling = leaves.filter((name) => !['watch', 'run', 'demo', 'check', 'info'].includes(name));

  expect(calling.length).toBeGreaterThan(30);
  const called = [...Object.values(twins), 'resume sending'].map((command) => `${command} `); // it ends what pause began
  expect(calling.filter((name) => !called.some((command) => command.startsWith(`${name} `)))).toEqual([]);
});

test('S50: trigger starts a session of the named accounts and does not wait', async () => {
  await using gw = await world();

  expect(await gw.ask('trigger', 'sales', '--force')).toMatchObject({ code: 0, out: 'Session 12 started.\n' });
  expect((await gw.ask('trigger', '--json')).json()).toEqual([{ session: 12, joined: false }]);
  expect(gw.asked()).toMatchObject([
    { method: 'trigger', with: { accounts: ['sales'], force: true } },
    { method: 'trigger', with: { accounts: null, force: false } },
  ]);
});

test('S50: trigger --wait tells the end of the session, and exits 1 when it had errors', async () => {
  await using gw = await world();

  expect(await gw.ask('trigger', '--wait')).toMatchObject({
    code: 1,
    out: 'Session 12 finished: 3 messages, 1 error.\n  info: Login refused: -ERR [AUTH] invalid password\n',
  });
  const { code, json } = await gw.ask('trigger', '--wait', '--json');
  expect({ code, documents: json() }).toEqual({ code: 1, documents: [report] });

  gw.gateway.triggered = {
    kind: 'running',
    session: 13,
    joined: true,
    finished: Promise.resolve({ ...report, session: 13, errors: [] }),
  };
  expect(await gw.ask('trigger', '--wait', '--lang', 'fr')).toMatchObject({
    code: 0,
    out: 'Session 13 terminée : 3 messages, 0 erreur.\n',
  });
});

test('trigger of an account that is locked out exits 75 with the reason, of an unknown one 76', async () => {
  await using gw = await world();
  gw.gateway.triggered = { kind: 'refused', why: 'sales is locked out; --force tries it all the same.' };

  expect(await gw.ask('trigger', 'sales')).toMatchObject({
    code: 75,
    out: '',
    err: 'mailgate: sales is locked out; --force tries it all the same.\n',
  });
  expect(await gw.ask('trigger', 'nobody')).toMatchObject({
    code: 76,
    err: 'mailgate: There is no account "nobody".\n',
  });
});

test('I27: a trigger that waits ends with 75 when the gateway stops, whether the session was cut short or goes on', async () => {
  await using gw = await world();
  const finished = Promise.withResolvers<typeof report>();
  gw.gateway.triggered = { kind: 'running', session: 12, joined: false, finished: finished.promise };
  const cut = inPipe(['trigger', '--wait', '--home', gw.home]);
  await until('the trigger', () => gw.asked()[0]);
  gw.bus.tell({ type: 'gateway.stopping', reason: 'SIGTERM' });
  finished.resolve({ ...report, messages: 1 });

  const message = 'The gateway stopped during session 12: 1 message delivered until then.';
  expect(await cut).toMatchObject({ code: 75, out: '', err: `mailgate: ${message}\n` });

  gw.gateway.triggered = { ...gw.gateway.triggered, finished: new Promise(() => {}) };
  const running = inPipe(['trigger', '--wait', '--home', gw.home]);
  await until('the second trigger', () => gw.asked()[1]);
  await gw.stop();
  expect(await running).toMatchObject({ code: 75, out: '', err: 'mailgate: The gateway is stopping.\n' });
});

test('trace on, off and status (S91-S95)', async () => {
  await using gw = await world();
  const on = await gw.ask('trace', 'on', 'pop3', '--account', 'sales', '--for', '10m', '--sessions', '2', '--whole');
  expect(on).toMatchObject({ code: 0, out: 'pop3      on for sales for 2 more sessions  pop3.txt\n' });
  expect(gw.asked()[0]?.with).toMatchObject({
    change: { trace: 'pop3', on: true, account: 'sales', peer: null, forSeconds: 600, sessions: 2, whole: true },
  });

  const status = (await gw.ask('trace', 'status', '--json')).json();
  expect(status).toEqual([
    {
      pop3: { on: true, account: 'sales', peer: null, until: null, sessions: 2, whole: true, file: 'pop3.txt' },
      'smtp-in': expect.objectContaining({ on: false }),
      'smtp-out': expect.objectContaining({ on: false }),
    },
  ]);
  expect((await gw.ask('trace', 'pop3')).out).toContain('pop3      on for sales');
  expect(await gw.ask('trace', 'off', 'pop3')).toMatchObject({ code: 0, out: 'pop3      off  pop3.txt\n' });
});

test.each([
  [['trace', 'on'], 'Which trace? One of pop3, smtp-in, smtp-out.'],
  [['trace', 'on', 'imap'], 'There is no trace "imap"; there are pop3, smtp-in, smtp-out.'],
  [['trace', 'up', 'pop3'], 'Expected on, off or status, found "up".'],
  [['trace', 'on', 'pop3', '--for', 'ever'], '--for: expected a time like 90s, 10m, 2h or 1d, found "ever".'],
  [['trace', 'off', 'pop3', '--whole'], 'off takes none of'],
  [['queue', 'drop'], 'Which messages? Name them, or give --all, or --filter EXPR: one of the three.'],
  [['queue', 'drop', 'Pmg1F7B', '--all'], 'one of the three.'],
  [['queue', 'list', '--filter', 'stat=held'], 'There is no field "stat"'],
  [['tail', '--since', 'noon'], '--since: expected'],
  [['tail', '--topic', 'mail'], 'Allowed choices are session, queue, transfer, trace, alert, audit.'],
])('usage: %j exits 2', async (args, what) => {
  await using gw = await world();
  const { code, out, err } = await gw.ask(...args);

  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(what);
  expect(gw.asked()).toEqual([]);
});

test('queue list --json is one message a line, as commands.md has it', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  const { code, json } = await gw.ask('queue', 'list', '--json');

  expect(code).toBe(0);
  expect(json()).toEqual([queued({ id: 'Pmg1F7B' }), queued({ id: 'Pmg1F7C' })]);
  for (const message of json()) expect(queuedMessage.parse(message)).toEqual(message);
});

test('queue list is a table, by name too, and says when nothing waits', async () => {
  await using gw = await world(['Pmg1F7B']);
  const recipients = ['a@b.c', 'd@e.f', 'g@h.i'].map((address) => ({
    address,
    state: 'deferred' as const,
    reply: null,
  }));
  gw.gateway.messages.push(
    queued({ id: 'Pmg1F7C', state: 'deferred', sender: '', recipients, attempts: 6, lastReply: '451 \u001b[2J\u202e' }),
  );
  const list = (await gw.ask('queue', 'list')).out.split('\n');

  expect(list[0]).toMatch(/^id {7}state {5}age +size {4}try {2}sender {12} +recipient +last reply$/);
  expect(list[1]).toMatch(
    /^Pmg1F7B {2}waiting {3}\S+ \S+ +7\.4 kb {2}0 {4}sales@pytheas\.com {2}somebody@somedomain\.com/,
  );
  expect(list[2]).toMatch(
    /^Pmg1F7C {2}deferred {2}\S+ \S+ +7\.4 kb {2}6 {4}<> {17}a@b\.c {2}\+2 +451 \\x1b\[2J\\u202e$/,
  );
  expect((await gw.ask('queue', 'list', 'Pmg1F7C.tmp', '--json')).json()).toMatchObject([{ id: 'Pmg1F7C' }]);
  expect(await gw.ask('queue', 'list', '--filter', 'state=held')).toMatchObject({
    code: 0,
    out: 'Nothing is waiting.\n',
  });
  expect(await gw.ask('queue', 'list', '--filter', 'state=held', '--json')).toMatchObject({ code: 0, out: '' });
});

test('queue list reads a long queue range by range', async () => {
  await using gw = await world(
    Array.from({ length: 1_201 }, (_, n) => `Pmg${(0x1000 + n).toString(16).toUpperCase()}`),
  );
  const ids = (await gw.ask('queue', 'list', '--json')).json().map((message) => (message as { id: string }).id);

  expect(new Set(ids).size).toBe(1_201);
});

test('queue show prints the message with its attempts, newest first', async () => {
  await using gw = await world(['Pmg1F7B']);
  const { code, out } = await gw.ask('queue', 'show', 'Pmg1F7B.tmp');
  expect(code).toBe(0);
  expect(out).toBe(`Pmg1F7B   "A sample message"   7.4 kb   waiting   queued 2026-11-24 10:00:00
  From <sales@pytheas.com>   via smtprelay.isp.com
  To <somebody@somedomain.com>   waiting

  Subject: A sample message

  Hello.
${'  '}

Attempt 1   2026-11-24 10:00:00   took 0.4 s   smtprelay.isp.com   451 4.7.1 Greylisted
  < 220 ready
  > EHLO gw1
`);
  const [shown] = (await gw.ask('queue', 'show', 'Pmg1F7B', '--json')).json();
  expect(queueDetail.parse(shown)).toEqual(shown);
  expect(await gw.ask('queue', 'show', 'Pmg9999')).toMatchObject({
    code: 76,
    out: '',
    err: 'mailgate: There is no message "Pmg9999" in the queue.\n',
  });
});

test('one message is held, released, tried again and dropped without a question', async () => {
  await using gw = await world(['Pmg1F7B']);

  expect(await gw.ask('queue', 'hold', 'Pmg1F7B.tmp', '--reason', 'check first', '--for', '2h')).toMatchObject({
    code: 0,
    out: '1 message held.\n',
  });
  expect(gw.asked()[0]).toMatchObject({
    method: 'hold',
    with: { ids: ['Pmg1F7B'], reason: 'check first', until: expect.any(Number) },
  });
  expect(await gw.ask('queue', 'hold', 'Pmg1F7B')).toMatchObject({
    code: 75,
    err: 'mailgate: Pmg1F7B: it is held already\n',
  });
  expect(await gw.ask('queue', 'release', 'Pmg1F7B')).toMatchObject({ code: 0, out: '1 message released.\n' });
  expect(await gw.ask('queue', 'retry', 'Pmg1F7B', '--lang', 'fr')).toMatchObject({
    code: 0,
    out: '1 message relancé.\n',
  });
  expect((await gw.ask('queue', 'drop', 'Pmg1F7B', '--json')).json()).toEqual([
    { changed: ['Pmg1F7B'], skipped: [], changedTotal: 1, skippedTotal: 0 },
  ]);
  expect(await gw.ask('queue', 'drop', 'Pmg1F7B')).toMatchObject({
    code: 76,
    err: 'mailgate: Pmg1F7B: no such message in the queue\n',
  });
});

test('several messages are counted first: without a terminal and without --yes nothing happens, exit 2', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C', 'Pmg1F7D']);
  for (const which of [['--all'], ['--filter', 'state=waiting'], ['Pmg1F7B', 'Pmg1F7C', 'Pmg1F7D']]) {
    const { code, err } = await gw.ask('queue', 'drop', ...which);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'mailgate: This would drop 3 messages: without a terminal to ask on it takes --yes.\n',
    });
  }
  expect(gw.asked()).toEqual([]);
  expect(await gw.ask('queue', 'drop', '--all', '--yes')).toMatchObject({ code: 0, out: '3 messages dropped.\n' });
  expect(await gw.ask('queue', 'drop', '--all', '--yes')).toMatchObject({ code: 0, out: 'No message matches.\n' });
  expect((await gw.ask('queue', 'drop', '--all', '--json')).json()).toEqual([
    { changed: [], skipped: [], changedTotal: 0, skippedTotal: 0 },
  ]);
});

test('T27: on a terminal several messages are asked about; only a yes is one', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  const args = ['queue', 'hold', '--all', '--home', gw.home];
  for (const typed of ['\n', 'n\n', 'maybe\n']) {
    const { code, err } = await atTerminal(args, { typed });
    expect(code).toBe(75);
    expect(err).toContain('Hold 2 messages? [y/N] ');
    expect(err).toContain('Nothing was changed.');
  }
  expect(gw.asked()).toEqual([]);

  expect(await atTerminal(args, { typed: 'y\n' })).toMatchObject({ code: 0, out: '2 messages held.\n' });
  const dropped = await atTerminal([...args.with(1, 'drop'), '--lang', 'fr'], { typed: 'oui\n' });
  expect(dropped).toMatchObject({ code: 0, out: '2 messages supprimés.\n' });
  expect(dropped.err).toContain('Les expéditeurs ne sont pas prévenus.');
});

test('messages that could not be changed are named, and the exit code is 1', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  const [, second] = gw.gateway.messages;
  if (second) second.state = 'sending';

  expect(await gw.ask('queue', 'hold', '--all', '--yes')).toMatchObject({
    code: 1,
    out: '1 message held.\n',
    err: 'mailgate: Pmg1F7C: it is being sent right now\n',
  });
});

test('who did it is the user of the system, for the audit trail', async () => {
  await using gw = await world(['Pmg1F7B']);
  await atTerminal(['queue', 'hold', 'Pmg1F7B', '--home', gw.home]);

  expect(gw.audited).toMatchObject([{ by: 'anna', method: 'queue.hold', what: 'Pmg1F7B' }]);
});

test('G09: returned, rerouted, readdressed, prioritised: with what each of them needs, and no more than were shown', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  const done = [
    [['reroute', '--relay', 'backup'], '2 messages rerouted.\n', { does: 'reroute', relay: 'backup' }],
    [['reroute', '--relay', ''], '2 messages rerouted.\n', { relay: '' }],
    [['reroute', '--by-sender'], '2 messages rerouted.\n', { relay: null }],
    [['readdress', '--from', 'a@b.c', '--to', 'd@e.f'], '2 messages readdressed.\n', { from: 'a@b.c', to: 'd@e.f' }],
    [['prioritise', '--priority', 'high'], '2 messages prioritised.\n', { priority: 'high' }],
    [['return', '--reason', 'gone'], '2 messages returned.\n', { does: 'return', reason: 'gone' }],
  ] as const;
  for (const [args, out, asked] of done) {
    expect(await gw.ask('queue', ...args, '--all', '--yes')).toMatchObject({ code: 0, err: '', out });
    expect(gw.asked().at(-1)?.with).toMatchObject({ ...asked, expect: 2, by: expect.any(String) });
  }
});

test.each([
  [['queue', 'reroute', '--all'], 'Which way? Name it with --relay, or give --by-sender.'],
  [['queue', 'reroute', '--all', '--relay', 'a', '--by-sender'], 'Which way?'],
  [['queue', 'readdress', '--all', '--to', 'a@b.c'], "required option '--from <address>' not specified"],
  [['queue', 'prioritise', '--all', '--priority', 'top'], 'Allowed choices are high, normal, low.'],
  [['queue', 'export', '--all'], "required option '--to <dir>' not specified"],
  [['pause', 'everything'], 'Allowed choices are sending.'],
  [['trash', 'empty'], 'Which messages?'],
])('G09, usage: %j exits 2', async (args, what) => {
  await using gw = await world(['Pmg1F7B']);
  const { code, err } = await gw.ask(...args);
  expect(code).toBe(2);
  expect(err).toContain(what);
  expect(gw.asked()).toEqual([]);
});

test('queue count says what a filter comes to, before anything is done', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  expect(await gw.ask('queue', 'count')).toMatchObject({ code: 0, out: '2 messages to 2 recipients, 14.8 kb.\n' });
  expect((await gw.ask('queue', 'count', '--filter', 'state=held', '--json')).json()).toEqual([
    { messages: 0, recipients: 0, bytes: 0, sending: 0 },
  ]);
});

test('I30: what was dropped is listed, restored held, and deleted for good only where somebody says so', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  expect((await gw.ask('trash', 'list')).out).toBe('The trash is empty.\n');
  await gw.ask('queue', 'drop', '--all', '--yes');

  const list = (await gw.ask('trash', 'list')).out.split('\n');
  expect(list[0]).toMatch(/^id {7}dropped +by {4}size/);
  expect(list).toHaveLength(4);
  for (const message of (await gw.ask('trash', 'list', '--json')).json())
    expect(trashedMessage.parse(message)).toEqual(message);

  expect(await gw.ask('trash', 'restore', 'Pmg1F7B')).toMatchObject({
    code: 0,
    out: '1 message restored, and held.\n',
  });
  expect(gw.gateway.messages).toMatchObject([{ id: 'Pmg1F7B', state: 'held' }]);
  expect(await gw.ask('trash', 'empty', '--all', '--yes')).toMatchObject({ code: 0, out: '1 message deleted.\n' });
  expect(await gw.ask('trash', 'restore', 'Pmg1F7C')).toMatchObject({ code: 76 });
});

test('queue export writes each message under its name, whole, and over no file that is there', async () => {
  await using gw = await world(['Pmg1F7B', 'Pmg1F7C']);
  await using folder = await scratchFolder('export');
  const to = folder.file('mail');
  expect(await gw.ask('queue', 'export', '--all', '--to', to, '--json')).toMatchObject({ code: 0, err: '' });
  expect((await readdir(to)).toSorted()).toEqual(['Pmg1F7B.tmp', 'Pmg1F7C.tmp']);
  expect(await readFile(folder.file('mail', 'Pmg1F7B.tmp'))).toEqual(BODY);

  expect(await gw.ask('queue', 'export', 'Pmg1F7B', 'Pmg9999', '--to', to)).toMatchObject({
    code: 1,
    out: `0 messages written to ${to}.\n`,
    err:
      'mailgate: Pmg1F7B: there is such a file already\n' +
      'mailgate: Pmg9999: There is no message "Pmg9999" in queue or trash.\n',
  });
  expect((await readdir(to)).toSorted()).toEqual(['Pmg1F7B.tmp', 'Pmg1F7C.tmp']);
  expect(
    gw.audited.filter(({ method }) => method === 'queue.export').map(({ what, result }) => [what, result]),
  ).toEqual([
    ['Pmg1F7B', '37 octets opened'],
    ['Pmg1F7C', '37 octets opened'],
    ['Pmg1F7B', '37 octets opened'],
    ['Pmg9999', 'There is no message "Pmg9999" in queue or trash.'],
  ]);
});

test('the queue is frozen and thawed, sending paused and resumed, for a time and with a reason', async () => {
  await using gw = await world();
  expect(await gw.ask('queue', 'freeze', '--for', '1h', '--reason', 'a worm')).toMatchObject({
    code: 0,
    out: 'What is taken is held until it is released (a worm).\n',
  });
  expect(gw.asked().at(-1)).toMatchObject({
    method: 'freeze',
    with: { on: true, until: expect.any(Number), reason: 'a worm' },
  });
  expect(await gw.ask('queue', 'freeze', '--off')).toMatchObject({ code: 0 });
  expect((await gw.ask('pause', 'sending', '--json')).json()).toEqual([
    { paused: { by: expect.any(String), reason: '', until: null } },
  ]);
  expect(await gw.ask('resume', 'sending', '--lang', 'fr')).toMatchObject({ code: 0, out: "L'envoi reprend.\n" });
  expect(gw.asked().map(({ with: how }) => (how as { on: boolean }).on)).toEqual([true, false, true, false]);
  expect(gw.audited.map(({ method, what, result }) => [method, what, result])).toEqual([
    ['queue.freeze', 'on for 3600 s: a worm', 'on'],
    ['queue.freeze', 'off', 'off'],
    ['sending.pause', 'on', 'on'],
    ['sending.pause', 'off', 'off'],
  ]);
});

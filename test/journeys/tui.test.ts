import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import { gatewayHome, ini, startGateway } from '../kit/gateway.ts';
import { freePort } from '../kit/ports.ts';
import { peersInstalled } from '../kit/require.ts';
import { startTmux, type Terminal } from '../kit/tmux.ts';
import { until } from '../kit/until.ts';
import { createTransport } from 'nodemailer';

const program = join(import.meta.dirname, '../../bin/mailgate');
const LONG = { within: 60_000 };

/** A gateway between a POP3 server and a sink, with the screen on it. */
async function world(size: { columns: number; rows: number }) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await gatewayHome());
  const pop3 = stack.use(
    await startPop3Server({ accounts: [{ name: 'sales', password: 'canary-914', messages: [] }] }),
  );
  const inside = stack.use(await startSmtpSink({ name: 'inside.example' }));
  const relay = stack.use(
    await startSmtpSink({ name: 'relay.example', replies: { 'slow@else.example': '451 4.7.1 Greylisted' } }),
  );
  const port = await freePort();
  const text = ini({
    Options: { 'Poll every minutes': 0, 'Gateway name': 'gw1.company.example' },
    'Mail server': { Host: '127.0.0.1', Port: inside.port },
    'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port },
    Relay: { Host: '127.0.0.1', Port: relay.port, Security: 'none' },
    'POP3 account: sales': {
      Host: '127.0.0.1',
      Port: pop3.port,
      Security: 'none',
      User: 'sales',
      Password: 'canary-914',
    },
    'Recipient: sales': { 'SMTP address': 'sales@company.example' },
  });
  const start = () => startGateway({ ini: text, home });
  let gateway = await start();
  stack.defer(() => gateway[Symbol.asyncDispose]());
  const terminal = stack.use(await startTmux({ ...size, command: [program, 'watch', '--home', home.path] }));
  await terminal.screen((screen) => /● live/.test(screen), LONG);

  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true, name: 'exch1' });
  const everything = stack.move();
  return {
    ...{ pop3, inside, relay, terminal },
    get gateway() {
      return gateway;
    },
    async restart() {
      gateway = await start();
    },
    send: (to: string, subject: string) =>
      transport.sendMail({ from: 'sales@company.example', to, subject, text: 'Hello.' }),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

const mail = (n: number) =>
  Buffer.from(`From: Customer <c@else.example>\r\nTo: sales@company.example\r\nSubject: Order ${n}\r\n\r\nHello.\r\n`);

async function left(terminal: Terminal): Promise<number> {
  await terminal.send('q');
  return await until('the screen to end', () => terminal.exitCode(), LONG);
}

describe.runIf(peersInstalled(['tmux']))('the screen on a real gateway', () => {
  test('t triggers a session, and the screen shows the messages arrive', async () => {
    await using it = await world({ columns: 120, rows: 40 });
    for (let n = 1; n <= 20; n += 1) it.pop3.add('sales', mail(n));
    await it.terminal.send('t');
    await it.terminal.screen((text) => /sales +done +20\/20/.test(text), LONG);
    await it.terminal.send('2');
    const session = await it.terminal.screen((text) => /Session 1 finished: 20 messages, 0 errors\./.test(text), LONG);
    expect(session).toMatch(/POP3 \[sales\] Message 20 \(0\.1 kb\) From: <c@else\.example> Subject: Order 20/);
    expect(it.inside.received).toHaveLength(20);
    expect(await left(it.terminal)).toBe(0);
  });

  test('the queue: hold, release and drop from the keys, each asked for first; a queued message with its dialogue', async () => {
    await using it = await world({ columns: 120, rows: 40 });
    await it.send('slow@else.example', 'Reminder');
    await it.terminal.send('4');
    await it.terminal.screen((text) => /deferred .*451 4\.7\.1 Greylisted/.test(text), LONG);
    await it.terminal.send('Enter');
    await it.terminal.screen(
      (text) => /← 451 4\.7\.1 Greylisted/.test(text) && /→ RCPT TO:<slow@else\.example>/.test(text),
      LONG,
    );
    await it.terminal.send('Escape');
    await it.terminal.screen((text) => /1 of 1/.test(text), LONG);

    await it.terminal.send('H');
    await it.terminal.screen((text) => /Hold/.test(text), LONG);
    await it.terminal.send('Escape');
    expect((await it.gateway.status()).queue.held).toBe(0);
    await confirmed(it.terminal, 'H');
    await it.terminal.screen((text) => /Pmg\w+ +held/.test(text), LONG);
    await confirmed(it.terminal, 'D');
    await it.terminal.screen((text) => /Nothing is waiting|Queue +0/.test(text), LONG);
    expect((await it.gateway.status()).counters.dropped).toBe(1);
    expect(await left(it.terminal)).toBe(0);
  });

  test('S52, S91: a trace is switched on from its page, shows the dialogue without the password, and off again', async () => {
    await using it = await world({ columns: 120, rows: 40 });
    await it.terminal.send('6');
    await it.terminal.screen((text) => /POP3 +○ off/.test(text), LONG);
    await it.terminal.send('Space');
    await it.terminal.screen((text) => /POP3 +● on/.test(text), LONG);
    await it.terminal.send('t');
    await it.terminal.screen((text) => /PASS XXXX/.test(text), LONG);
    await it.terminal.send('Space');
    await it.terminal.screen((text) => /POP3 +○ off/.test(text), LONG);
    expect((await it.terminal.raw()).toString('latin1')).not.toContain('canary');
    expect(await left(it.terminal)).toBe(0);
  });

  test('T33: it survives the restart of the gateway, says so meanwhile, and follows again', async () => {
    await using it = await world({ columns: 80, rows: 24 });
    expect(await it.gateway.stop()).toBe(0);
    await it.terminal.screen((text) => /reconnecting|connecting/.test(text) && !/● live/.test(text), LONG);
    await it.restart();
    await it.terminal.send('r');
    await it.terminal.screen((text) => /● live/.test(text), LONG);
    it.pop3.add('sales', mail(1));
    await it.terminal.send('t');
    await it.terminal.screen((text) => /1\/1/.test(text), LONG);
    expect(await left(it.terminal)).toBe(0);
    const raw = (await it.terminal.raw()).toString('latin1');
    expect(raw.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(raw.lastIndexOf('\u001b[?1049h'));
    for (const clearing of ['\u001b[2J', '\u001b[3J']) expect(raw).not.toContain(clearing); // T03
  });
});

/** A capital letter asks first; `y` and Enter answer. */
async function confirmed(terminal: Terminal, key: string): Promise<void> {
  await terminal.send(key);
  await terminal.screen((text) => /\?/.test(text) && /Esc/.test(text), LONG);
  await terminal.send('y');
}

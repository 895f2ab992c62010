/** The demo's world on loopback: a POP3 server with sample mail, the internal server, the relay, and the gateway between them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { type RunningPop3Server, startPop3Server } from './pop3-server.ts';
import { DEMO_SIZE_LIMIT, mailboxes, outgoing, type OutgoingSample } from './samples.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';

export interface DemoWorld extends AsyncDisposable {
  pop3: RunningPop3Server;
  /** The organisation's own mail server. */
  inside: SmtpSink;
  relay: SmtpSink;
  /** The gateway's control socket. */
  socket: string;
  /** Hands a message to the gateway on its port for outgoing mail, as the internal server would. */
  send(sample: OutgoingSample): Promise<void>;
}

export interface WorldOptions {
  /** Between two download sessions; 0: only when triggered. */
  pollMinutes: number;
  language: 'en' | 'fr';
  env: Readonly<Record<string, string | undefined>>;
}

const PASSWORD = 'demo';

/** Milliseconds. */
const GATEWAY_STARTS_WITHIN = 30_000;
const GATEWAY_ENDS_WITHIN = 35_000;

/** Starts everything; disposing it ends everything and removes the home. */
export async function startWorld(options: WorldOptions): Promise<DemoWorld> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mailgate-demo-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));

  const pop3 = stack.use(await startPop3Server({ accounts: accounts() }));
  const inside = stack.use(await startSmtpSink({ name: 'mail.company.example' }));
  const relay = stack.use(
    await startSmtpSink({
      name: 'smtprelay.isp.example',
      replies: {
        [outgoing.refused.to]: '550 5.1.1 No such user here',
        [outgoing.later.to]: '451 4.7.1 Greylisted, try again later',
      },
    }),
  );
  const port = await freePort();
  const ini = configuration({ ...options, pop3: pop3.port, inside: inside.port, relay: relay.port, listen: port });
  await writeFile(join(home, 'PMailGat.ini'), ini, { mode: 0o600 });

  const gateway = await startGateway(home, options.env);
  stack.defer(() => endGateway(gateway));

  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    name: 'exch1.company.example',
  });
  const everything = stack.move();
  return {
    ...{ pop3, inside, relay },
    socket: join(home, 'control.sock'),
    async send({ from, to, subject, text, priority }) {
      await transport.sendMail({ from, to, subject, text, priority });
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function accounts() {
  return Object.entries(mailboxes).map(([name, samples]) => ({
    name,
    password: PASSWORD,
    messages: samples.map(({ kind, bytes }) => ({ uidl: `demo-${kind.replaceAll(' ', '-')}`, bytes })),
  }));
}

interface Ports {
  pop3: number;
  inside: number;
  relay: number;
  listen: number;
}

function configuration({ pollMinutes, language, pop3, inside, relay, listen }: WorldOptions & Ports): string {
  const account = (name: string) => `[POP3 account: ${name}]
Host=127.0.0.1
Port=${pop3}
Security=none
User=${name}
Password=${PASSWORD}
Maximum size for messages=${DEMO_SIZE_LIMIT}
`;
  return `[Options]
Language=${language}
Gateway name=gw1.company.example
Poll every minutes=${pollMinutes}

[Mail server]
Host=127.0.0.1
Port=${inside}

[Outgoing mail]
Listen on IP address=127.0.0.1
Listen on port=${listen}

[Relay]
Host=127.0.0.1
Port=${relay}
Security=none

${account('office')}
${account('accounting')}
[Recipient: Sales]
SMTP address=sales@company.example
Other SMTP addresses=info@company.example
POP3 accounts=office

[Recipient: Anna]
SMTP address=anna@company.example
POP3 accounts=office

[Recipient: Accounting]
SMTP address=accounting@company.example
POP3 accounts=accounting
Forward all messages=1
`;
}

/** The program beside this one: in dist/ both are bundles, in the sources neither is. */
export function programPath(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(fromSource ? '../src/cli/main.ts' : './mailgate.js', import.meta.url));
}

async function startGateway(home: string, env: WorldOptions['env']): Promise<ChildProcess> {
  // A group of its own: Ctrl-C goes to the demo, which ends it when its screen has gone.
  const child = spawn(process.execPath, [programPath(), 'run', '--home', home], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4_000);
  });
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`The gateway did not start in time. ${complaints}`)),
      GATEWAY_STARTS_WITHIN,
    );
    lines.on('line', (line) => {
      if (line !== 'ready') return;
      clearTimeout(late);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`The gateway did not start (exit code ${code}). ${complaints}`));
    });
  });
  try {
    await ready;
    return child;
  } catch (error) {
    await endGateway(child);
    throw error;
  }
}

async function endGateway(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), GATEWAY_ENDS_WITHIN);
  await ended;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

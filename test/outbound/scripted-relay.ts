/** An SMTP server that does what the test says, and remembers all that it was told. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface Script {
  /** Instead of `220 relay ready`; a relay that hangs up at once says nothing. */
  greeting?: string;
  /** What EHLO offers. */
  offers?: string[];
  /** The reply to a command line, or to `.` at the end of a message; undefined: the usual one. `hang up` does just that. */
  answer?(line: string, connection: number): string | undefined | Promise<string | undefined>;
}

interface Delivered {
  from: string;
  to: string[];
  text: string;
  connection: number;
}

export interface ScriptedRelay extends AsyncDisposable {
  port: number;
  /** Replaced at any time. */
  script: Script;
  /** Connections so far. */
  readonly connections: number;
  /** Every command line, AUTH's too. */
  commands: string[];
  /** What it said 250 for, after the dot. */
  delivered: Delivered[];
}

export async function startRelay(script: Script = {}): Promise<ScriptedRelay> {
  const sockets = new Set<Socket>();
  const relay = { script, commands: [] as string[], delivered: [] as Delivered[], connections: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    relay.connections += 1;
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    void converse(socket, relay, relay.connections);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return Object.assign(relay, {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

type State = Pick<ScriptedRelay, 'script' | 'commands' | 'delivered'>;

async function converse(socket: Socket, relay: State, connection: number): Promise<void> {
  const say = (reply: string) => socket.write(`${reply}\r\n`);
  say(relay.script.greeting ?? '220 relay ready');
  let message: Delivered | null = null;
  let from = '';
  let to: string[] = [];

  for await (const line of linesOf(socket)) {
    if (message && line !== '.') {
      message.text += `${line.replace(/^\./, '')}\r\n`;
      continue;
    }
    if (!message) relay.commands.push(line);
    const scripted = await relay.script.answer?.(line, connection);
    if (scripted === 'hang up') {
      socket.destroy();
      return;
    }
    const unwanted = line === 'DATA' && to.length === 0 ? '554 5.5.1 no valid recipients' : undefined;
    const reply = scripted ?? unwanted ?? usual(line, relay.script);
    if (/^MAIL/.test(line) && reply.startsWith('250')) [from, to] = [pathIn(line), []];
    if (/^RCPT/.test(line) && reply.startsWith('250')) to.push(pathIn(line));
    if (line === '.' && message) {
      if (reply.startsWith('250')) relay.delivered.push(message);
      message = null;
    }
    if (line === 'DATA' && reply.startsWith('354')) message = { from, to, text: '', connection };
    say(reply);
    if (line === 'QUIT' || reply.startsWith('421')) socket.end();
  }
}

function usual(line: string, { offers = ['PIPELINING', '8BITMIME', 'SIZE 21000000', 'DSN'] }: Script): string {
  const verb = line.toUpperCase().split(' ', 1)[0];
  if (verb === 'EHLO')
    return ['relay.example', ...offers]
      .map((text, i, all) => `250${i < all.length - 1 ? '-' : ' '}${text}`)
      .join('\r\n');
  if (verb === 'DATA') return '354 go on';
  if (verb === 'AUTH') return '235 2.7.0 ok';
  if (verb === 'QUIT') return '221 bye';
  return line === '.' ? '250 2.6.0 Queued mail for delivery' : '250 2.0.0 ok';
}

const pathIn = (line: string) => /<(.*?)>/.exec(line)?.[1] ?? '';

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let pending = '';
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      pending += chunk.toString('latin1');
      const lines = pending.split('\r\n');
      pending = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // the client hung up; what it had said stands
  }
}

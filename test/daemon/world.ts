/** The daemon in this process, on a home in a scratch folder, with the demo's servers around it. */
import { writeFile } from 'node:fs/promises';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { type Started, startDaemon } from '../../src/daemon/daemon.ts';
import type { EventOf, EventType, GatewayEvent } from '../../src/protocol/events.ts';
import { freePort } from '../kit/ports.ts';
import { scratchFolder } from '../kit/scratch.ts';

export const letter = (subject: string): Buffer =>
  Buffer.from(`From: a@b.example\r\nTo: anna@company.example\r\nSubject: ${subject}\r\n\r\nHello.\r\n`);

/** A home, a POP3 server whose account `office` has these messages, and an internal server. */
export async function surroundings(messages: Buffer[] = []) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await scratchFolder('dm'));
  const listed = messages.map((bytes, n) => ({ uidl: `u${n}`, bytes }));
  const pop3 = stack.use(
    await startPop3Server({ accounts: [{ name: 'office', password: 'secret-1', messages: listed }] }),
  );
  const inside = stack.use(await startSmtpSink({ name: 'inside.example' }));
  const port = await freePort();
  const events: GatewayEvent[] = [];
  const everything = stack.move();

  return {
    ...{ home, pop3, inside, port, events },
    told: <T extends EventType>(type: T): EventOf<T>[] =>
      events.filter((event): event is EventOf<T> => event.type === type),
    /** `more`: sections of the INI beside those of the servers. */
    async start({ once = false, more = '' }: { once?: boolean; more?: string } = {}): Promise<Started> {
      await writeFile(home.file('PMailGat.ini'), ini({ pop3: pop3.port, inside: inside.port, port }) + more, {
        mode: 0o600,
      });
      const loaded = await loadConfig(home.path, {});
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const { config } = loaded;
      const listen = (event: GatewayEvent) => void events.push(event);
      return await startDaemon({
        config,
        version: '0',
        pid: process.pid,
        once,
        clock: systemClock,
        log: silentLog,
        listen,
      });
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** `port`: where outgoing mail is taken; null: nowhere. */
export function ini({ pop3, inside, port }: { pop3: number; inside: number; port: number | null }): string {
  return `[Mail server]
Host=127.0.0.1
Port=${inside}
[Outgoing mail]
${port === null ? 'Enabled=0' : `Listen on IP address=127.0.0.1\nListen on port=${port}`}
[POP3 account: office]
Host=127.0.0.1
Port=${pop3}
Security=none
User=office
Password=secret-1
Poll every minutes=0
[Recipient: anna]
SMTP address=anna@company.example
`;
}

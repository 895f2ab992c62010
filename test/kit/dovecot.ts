/** A private Dovecot on free ports of 127.0.0.1: a POP3 server with users of its own, or only its SASL service. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Certificate } from './certificate.ts';
import { authConfig, type DovecotHouse, passwordFile, pop3Config } from './dovecot-config.ts';
import { createMaildir, putMessage, readMessages } from './maildir.ts';
import { freePort } from './ports.ts';
import { run } from './process.ts';
import { type ScratchFolder, scratchFolder } from './scratch.ts';
import { type RealServer, startServer } from './server.ts';

export interface DovecotOptions {
  /** Name and password of each; any characters but `:` and `/` in a name. */
  readonly users: Readonly<Record<string, string>>;
  /** With it, `port` offers STLS and `tlsPort` speaks TLS from the first byte. */
  readonly tls?: Pick<Certificate, 'certFile' | 'keyFile'>;
  /** More of its configuration, at the end; `folder` is its own, for files that belong to it. */
  readonly extra?: (folder: ScratchFolder) => Promise<string>;
}

export interface DovecotServer extends RealServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Nobody listens there without a certificate. */
  readonly tlsPort: number;
  /**
   * Puts a raw message into the user's Maildir, byte for byte; it is listed in the order of delivery.
   * Dovecot then sends CRLF as it is and a lone LF as CRLF, so that a message with CRLF line ends, the last line's too,
   * is retrieved exactly as it was given here.
   */
  deliver(user: string, message: Uint8Array): Promise<void>;
  /** How many messages the user still has on the server. */
  count(user: string): Promise<number>;
  /** The messages that the user still has there, as they are stored, oldest first. */
  messages(user: string): Promise<Buffer[]>;
}

export async function startDovecot({ users, tls, extra }: DovecotOptions): Promise<DovecotServer> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('pop3'));
  const house = await layOut(scratch, users);
  for (const user of Object.keys(users)) await createMaildir(maildir(house, user));

  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = pop3Config(house, { port, tlsPort, tls }) + ((await extra?.(scratch)) ?? '');
  const server = parts.use(await startWith(scratch, house, config, tls === undefined ? [port] : [port, tlsPort]));

  const owned = parts.move();
  return {
    ...server,
    host: '127.0.0.1',
    port,
    tlsPort,
    deliver: async (user, message) => await putMessage(maildir(house, user), message),
    count: async (user) => (await readMessages(maildir(house, user))).length,
    messages: async (user) => await readMessages(maildir(house, user)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface SaslService extends RealServer {
  readonly port: number;
}

/** What Postfix asks about a user's password (`smtpd_sasl_path = inet:127.0.0.1:port`). */
export async function startSaslService(users: Readonly<Record<string, string>>): Promise<SaslService> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('sasl'));
  const house = await layOut(scratch, users);
  const port = await freePort();
  const server = parts.use(await startWith(scratch, house, authConfig(house, port), [port]));

  const owned = parts.move();
  return { ...server, port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function layOut(scratch: ScratchFolder, users: Readonly<Record<string, string>>): Promise<DovecotHouse> {
  const [base, state, mail] = [scratch.file('run'), scratch.file('state'), scratch.file('mail')];
  for (const folder of [base, state, mail]) await mkdir(folder);
  const passwords = scratch.file('passwords');
  await writeFile(passwords, passwordFile(users));

  return { base, state, mail, passwords, log: scratch.file('dovecot.log'), runsAs: await unprivileged() };
}

async function unprivileged(): Promise<DovecotHouse['runsAs']> {
  if (process.getuid?.() === 0) return undefined;
  const [user, group] = [await run(['id', '-un']), await run(['id', '-gn'])];
  return { user: user.output.trim(), group: group.output.trim() };
}

async function startWith(
  scratch: ScratchFolder,
  house: DovecotHouse,
  config: string,
  ports: readonly number[],
): Promise<RealServer> {
  const configFile = scratch.file('dovecot.conf');
  await writeFile(configFile, config);
  return await startServer({
    name: 'Dovecot',
    command: ['dovecot', '-F', '-c', configFile],
    ports,
    logFile: house.log,
  });
}

function maildir(house: DovecotHouse, user: string): string {
  return `${house.mail}/${user}/Maildir`;
}

/**
 * The programs of the same kind, as their manuals say to set them up for one thing: fetch everything from these mailboxes, hand it
 * to the server at 127.0.0.1, delete it. Each answers with the commands that run side by side.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { passwordOf } from './dovecot.ts';
import type { Command } from './processes.ts';

export interface Places {
  /** A folder for configurations and state; empty before each run. */
  readonly scratch: string;
  readonly pop3: number;
  readonly smtp: number;
  readonly lmtp: number;
  /** The preload that sets TCP_NODELAY; null where it could not be compiled. */
  readonly nodelay: string | null;
}

export interface Started {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
}

/** One process that fetches for all these users. */
export type Fetcher = (users: readonly string[], places: Places) => Promise<Started>;

export interface Known {
  readonly fetcher: Fetcher;
  /** Of Debian, to be installed. */
  readonly packages: readonly string[];
  readonly programs: readonly string[];
}

/** fetchmail: one SMTP connection for each account. */
const fetchmail: Fetcher = async (users, { scratch, pop3, smtp, nodelay }) => {
  const polls = users.map(
    (user) =>
      `poll bench-${user} via 127.0.0.1 service ${pop3} protocol pop3 auth password username "${user}" ` +
      `password "${passwordOf(user)}" is "${user}@in.test" here sslproto '' fetchall nokeep smtphost "127.0.0.1/${smtp}"`,
  );
  const home = await homeOf(scratch, users);
  const rc = await put(join(home, 'fetchmailrc'), ['set no bouncemail', ...polls]);
  return {
    command: ['fetchmail', '-f', rc, '--silent', '--nosyslog', '--pidfile', join(home, 'pid')],
    env: { HOME: home, FETCHMAILHOME: home, ...(nodelay === null ? {} : { LD_PRELOAD: nodelay }) },
  };
};

/** getmail6: it speaks no SMTP, but LMTP, in one connection for each account. */
const getmail: Fetcher = async (users, { scratch, pop3, lmtp }) => {
  const home = await homeOf(scratch, users);
  const files: string[] = [];
  for (const user of users) {
    const retriever = [
      ...['[retriever]', 'type = SimplePOP3Retriever', 'server = 127.0.0.1', `port = ${pop3}`],
      ...[`username = ${user}`, `password = ${passwordOf(user)}`],
    ];
    const destination = ['[destination]', 'type = MDA_lmtp', 'host = 127.0.0.1', `port = ${lmtp}`];
    const options = ['[options]', 'read_all = true', 'delete = true', 'verbose = 0'];
    const text = [...retriever, ...destination, `override = ${user}@in.test`, ...options];
    files.push(await put(join(home, `getmailrc-${user}`), text));
  }
  const named = files.flatMap((file) => ['--rcfile', file]);
  return { command: ['getmail', '--getmaildir', home, ...named], env: { HOME: home } };
};

/** mpop: it pipelines RETR, and starts msmtp for each message. */
const mpop: Fetcher = async (users, { scratch, pop3, smtp }) => {
  const home = await homeOf(scratch, users);
  const accounts = users.flatMap((user) => {
    const msmtp = `msmtp --file=/dev/null --host=127.0.0.1 --port=${smtp} --from=%F -- ${user}@in.test`;
    return [
      ...[`account ${user}`, `user ${user}`, `password ${passwordOf(user)}`, `uidls_file ${home}/uidls-${user}`],
      `delivery mda "${msmtp}"`,
    ];
  });
  const rc = await put(join(home, 'mpoprc'), [
    ...['defaults', 'host 127.0.0.1', `port ${pop3}`, 'auth user', 'tls off'],
    ...accounts,
  ]);
  return { command: ['mpop', '-C', rc, '-q', '-a'], env: { HOME: home } };
};

export const fetchers: Readonly<Record<string, Known>> = {
  fetchmail: { fetcher: fetchmail, packages: ['fetchmail'], programs: ['fetchmail'] },
  getmail6: { fetcher: getmail, packages: ['getmail6'], programs: ['getmail'] },
  mpop: { fetcher: mpop, packages: ['mpop', 'msmtp'], programs: ['mpop', 'msmtp'] },
};

async function homeOf(scratch: string, users: readonly string[]): Promise<string> {
  const home = join(scratch, users.join('-').slice(0, 60));
  await mkdir(home, { recursive: true, mode: 0o700 });
  return home;
}

async function put(file: string, lines: readonly string[]): Promise<string> {
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 }); // a fetcher refuses a file of passwords that others can read
  return file;
}

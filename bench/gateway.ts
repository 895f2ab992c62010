/** MailGate as its users run it: the bundled daemon on a home on disk, and `mailgate trigger --wait`. */
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { passwordOf } from './dovecot.ts';
import { type Child, type Command, startChild, until } from './processes.ts';

export interface GatewaySetup {
  /** The checkout whose `dist/` runs. */
  readonly program: string;
  readonly home: string;
  readonly users: readonly string[];
  readonly pop3: number;
  readonly smtp: number;
  readonly keepOnServer?: boolean;
  /** Null: as the program has it by default. */
  readonly atOnce?: number | null;
  readonly connections?: number | null;
  /** A folder for CPU profiles of its threads; null: it runs as users run it. */
  readonly profiles?: string | null;
}

/** Which program runs, on what. */
export interface DaemonSetup extends Pick<GatewaySetup, 'program' | 'home' | 'profiles'> {
  /** The text of PMailGat.ini. */
  readonly configuration: string;
}

export interface Gateway extends AsyncDisposable {
  readonly pid: number;
  /** `mailgate trigger --wait`: resolves when its session has ended; throws when that went wrong. */
  trigger(): Promise<void>;
}

/** Starts it on an empty home, and waits until it is ready. */
export async function startGateway(setup: GatewaySetup): Promise<Gateway> {
  const { home } = setup;
  await rm(home, { recursive: true, force: true });
  const child = await startDaemon({ ...setup, configuration: configurationText(setup) });

  return {
    pid: child.pid,
    async trigger() {
      const triggerLog = join(home, 'trigger.out');
      const trigger = await startChild(command(setup, 'trigger', '--wait'), { logFile: triggerLog });
      const code = await trigger.ended;
      if (code !== 0) await appendFile(triggerLog, `ended with ${code}\n`);
      if (code !== 0)
        throw new Error(`mailgate trigger ended with ${code}: ${trigger.log()}\n${child.log().slice(-2_000)}`);
    },
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

/** Starts it on this home as it is, and waits until it is ready. */
export async function startDaemon(setup: DaemonSetup): Promise<Child> {
  const { home, configuration, profiles = null } = setup;
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, 'PMailGat.ini'), configuration, { mode: 0o600 });
  const logFile = join(home, 'daemon.out');
  const child: Child = await startChild(command(setup, 'run'), { logFile, env: environment(profiles) });
  await until('MailGate to be ready', async () => /^ready$/m.test(await readFile(logFile, 'utf8')), child);
  return child;
}

/** Whether that checkout has been built. */
export const isBuilt = (program: string): boolean => existsSync(join(program, 'dist/daemon.js'));

/** A command line of `mailgate` for that gateway. */
export function command({ program, home }: Pick<GatewaySetup, 'program' | 'home'>, ...words: string[]): Command {
  return [join(program, 'bin/mailgate'), ...words, '--home', home];
}

function environment(profiles: string | null): Record<string, string> {
  if (profiles === null) return {};
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles} --cpu-prof-interval=500` };
}

/** Mail is routed by To, as in most setups: each recipient has an address outside and one inside. */
function configurationText(setup: GatewaySetup): string {
  const { users, pop3, smtp, keepOnServer = false, atOnce = null, connections = null } = setup;
  const accounts = users.flatMap((user) => [
    ...[`[POP3 account: ${user}]`, 'Host=127.0.0.1', `Port=${pop3}`, 'Security=none'],
    ...[`User=${user}`, `Password=${passwordOf(user)}`, `Keep on server=${keepOnServer ? 1 : 0}`],
    ...[`[Recipient: ${user}]`, `SMTP address=${user}@in.test`, `Other SMTP addresses=${user}@pop.test`],
  ]);
  return [
    ...['[Options]', 'Poll every minutes=0', ...(atOnce === null ? [] : [`Accounts at once=${atOnce}`])],
    ...[
      '[Mail server]',
      'Host=127.0.0.1',
      `Port=${smtp}`,
      ...(connections === null ? [] : [`Connections=${connections}`]),
    ],
    ...['[Outgoing mail]', 'Enabled=0'],
    ...accounts,
    '',
  ].join('\n');
}

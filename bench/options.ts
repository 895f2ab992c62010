/** The command line of the benchmark, read once. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { list, number } from './option-values.ts';

export const usage = `npm run bench:inbound -- [fetchers | memory | kept] [options]

  fetchers  (the default) MailGate beside fetchmail, getmail6 and mpop, and what the POP3 server alone gives
  memory    ten accounts of 50 MB messages side by side: peak memory of the daemon
  kept      cost of a new message with 1,000, 10,000 and 100,000 kept ones in the mailbox

  --rounds N        rounds, each program once in each, in turn (3)
  --accounts N      mailboxes (10)
  --messages N      messages in each (200)
  --delay A,B       round trips to the POP3 server in ms, each measured for itself (0,40)
  --only A,B        only programs whose name begins so: mailgate, fetchmail, getmail6, mpop, popdrain
  --quick           one round of 40 messages
  --long SECONDS    a program that took longer than this is not run again in later rounds (60)
  --program DIR     a checkout whose built MailGate is measured; may be given several times (this one)
  --at-once N       [Options] Accounts at once (as many as there are mailboxes)
  --connections N   [Mail server] Connections (as many as there are mailboxes)
  --profile         the daemon under node --cpu-prof, and where its time went; for one program, not to be compared
  --scratch DIR     where mailboxes and homes are written: on a disk, not in memory (a folder in ${tmpdir()})
  --kept A,B        for kept: how many messages are kept in turn (1000,10000,100000)
  --size MB         for memory: megabytes of a message (50)`;

export interface Options {
  readonly what: 'fetchers' | 'memory' | 'kept';
  readonly rounds: number;
  readonly accounts: number;
  readonly messages: number;
  /** Milliseconds. */
  readonly roundTrips: readonly number[];
  readonly only: readonly string[];
  readonly longSeconds: number;
  readonly programs: readonly string[];
  readonly atOnce: number | null;
  readonly connections: number | null;
  readonly profile: boolean;
  readonly scratch: string | null;
  readonly kept: readonly number[];
  readonly megabytes: number;
}

const own = join(import.meta.dirname, '..');

/** Throws with a sentence when the line means nothing. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      rounds: { type: 'string' },
      accounts: { type: 'string' },
      messages: { type: 'string' },
      delay: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean' },
      long: { type: 'string' },
      program: { type: 'string', multiple: true },
      'at-once': { type: 'string' },
      connections: { type: 'string' },
      profile: { type: 'boolean' },
      scratch: { type: 'string' },
      kept: { type: 'string' },
      size: { type: 'string' },
    },
  });
  if (values.help === true) return 'help';

  const quick = values.quick ?? false;
  const accounts = number('--accounts', values.accounts, 10);
  if (accounts > 100) throw new Error('--accounts: expected at most 100.');
  return {
    what: subject(positionals),
    rounds: number('--rounds', values.rounds, quick ? 1 : 3),
    accounts,
    messages: number('--messages', values.messages, quick ? 40 : 200),
    roundTrips: list(values.delay ?? '0,40').map((text) => number('--delay', text, 0)),
    only: list(values.only ?? '').map((name) => name.toLowerCase()),
    longSeconds: number('--long', values.long, 60),
    programs: (values.program ?? [own]).map((folder) => resolve(folder)),
    atOnce: values['at-once'] === undefined ? null : number('--at-once', values['at-once'], 0),
    connections: values.connections === undefined ? null : number('--connections', values.connections, 0),
    profile: values.profile ?? false,
    scratch: values.scratch === undefined ? null : resolve(values.scratch),
    kept: list(values.kept ?? '1000,10000,100000').map((text) => number('--kept', text, 0)),
    megabytes: number('--size', values.size, 50),
  };
}

function subject([word = 'fetchers', ...more]: readonly string[]): Options['what'] {
  if (more.length === 0 && (word === 'fetchers' || word === 'memory' || word === 'kept')) return word;
  throw new Error(`Expected fetchers, memory or kept, found "${[word, ...more].join(' ')}".`);
}

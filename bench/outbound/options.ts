/** The command line of the outbound benchmark, read once. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { list, number } from '../option-values.ts';
import type { Load } from './source.ts';

export const usage = `npm run bench:outbound -- [servers | idle | depth] [options]

  servers   (the default) MailGate beside Postfix and Exim, each taking messages, keeping them on disk and sending them to a
            relay; and what the bare smtp-server package takes
  idle      what a queue of 100,000 costs in which nothing is due: memory, and CPU over a minute
  depth     what it costs to take a message and to send it with 1,000, 100,000 and 1,000,000 in the queue

  --rounds N        rounds, each server once in each, in turn (3)
  --messages N      messages (5000; depth: 2000)
  --sessions N      sessions that hand them over side by side (10)
  --size OCTETS     of a message (4000)
  --sessions-are A,B  new (a session for each message), kept, or both in turn (new,kept)
  --delay A,B       round trips to the relay in ms, each measured for itself (0,40)
  --connections N   with the relay at the same time (20)
  --only A,B        only servers whose name begins so: mailgate, postfix, exim, bare
  --quick           one round of 1000 messages
  --program DIR     a checkout whose built MailGate is measured; may be given several times (this one)
  --exim FILE       the Exim (exim4 on the PATH)
  --profile         MailGate under node --cpu-prof, and where its time goes in taking, in sending, and in both at once
  --scratch DIR     where the queues are written: on a disk, not in memory (a folder in ${tmpdir()})
  --queued A,B      for idle and depth: how many messages lie in the queue (idle: 0,100000; depth: 1000,100000,1000000)
  --state WORD      for idle and depth: in which state they lie there, held or deferred (deferred)
  --seconds N       for idle: how long it is watched (60)`;

export interface Options extends Load {
  readonly what: 'servers' | 'idle' | 'depth';
  readonly rounds: number;
  readonly sessionsAre: readonly Load['connection'][];
  /** Milliseconds. */
  readonly roundTrips: readonly number[];
  readonly connections: number;
  readonly only: readonly string[];
  readonly programs: readonly string[];
  readonly exim: string;
  readonly profile: boolean;
  readonly scratch: string | null;
  readonly queued: readonly number[];
  readonly state: 'held' | 'deferred';
  readonly seconds: number;
}

const own = join(import.meta.dirname, '../..');

/** Throws with a sentence when the line means nothing. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      rounds: { type: 'string' },
      messages: { type: 'string' },
      sessions: { type: 'string' },
      size: { type: 'string' },
      'sessions-are': { type: 'string' },
      delay: { type: 'string' },
      connections: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean' },
      program: { type: 'string', multiple: true },
      exim: { type: 'string' },
      profile: { type: 'boolean' },
      scratch: { type: 'string' },
      queued: { type: 'string' },
      state: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  if (values.help === true) return 'help';

  const what = oneOf('what to measure', positionals.join(' ') || 'servers', ['servers', 'idle', 'depth'] as const);
  const quick = values.quick ?? false;
  const sessionsAre = list(values['sessions-are'] ?? 'new,kept').map((word) =>
    oneOf('--sessions-are', word, ['new', 'kept'] as const),
  );
  return {
    what,
    rounds: number('--rounds', values.rounds, quick ? 1 : 3),
    messages: number('--messages', values.messages, quick ? 1_000 : what === 'depth' ? 2_000 : 5_000),
    sessions: number('--sessions', values.sessions, 10),
    octets: number('--size', values.size, 4_000),
    connection: sessionsAre[0] ?? 'new',
    sessionsAre,
    roundTrips: list(values.delay ?? '0,40').map((text) => number('--delay', text, 0)),
    connections: number('--connections', values.connections, 20),
    only: list(values.only ?? '').map((name) => name.toLowerCase()),
    programs: (values.program ?? [own]).map((folder) => resolve(folder)),
    exim: values.exim === undefined ? 'exim4' : resolve(values.exim),
    profile: values.profile ?? false,
    scratch: values.scratch === undefined ? null : resolve(values.scratch),
    queued: list(values.queued ?? (what === 'idle' ? '0,100000' : '1000,100000,1000000')).map((text) =>
      number('--queued', text, 0),
    ),
    state: oneOf('--state', values.state ?? 'deferred', ['held', 'deferred'] as const),
    seconds: number('--seconds', values.seconds, 60),
  };
}

function oneOf<T extends string>(name: string, word: string, words: readonly T[]): T {
  const known = words.find((one) => one === word);
  if (known !== undefined) return known;
  throw new Error(`${name}: expected ${words.join(' or ')}, found "${word}".`);
}

/** `mailgate pause`, `resume` and `queue freeze`: what rests, for a time or until told otherwise. */
import { type Command, Argument } from 'commander';
import { secondsOf } from './amounts.ts';
import { asking } from './asking.ts';
import type { Commands } from './commands.ts';
import { queueTexts } from './texts/queue.ts';
import type { Globals, World } from './world.ts';

interface RestOptions extends Globals {
  for?: string;
  reason?: string;
  off?: boolean;
}

const WHAT = new Argument('<what>', 'what rests').choices(['sending']);
const FOR = ['--for <time>', 'over by itself after this time, such as 2h'] as const;
const REASON = ['--reason <text>', 'why, for the log and the audit trail'] as const;

export function addPauses({ program, run, world }: Commands): void {
  program
    .command('pause')
    .description('Sends nothing until it is resumed; mail is taken all the same.')
    .addArgument(WHAT)
    .option(...FOR)
    .option(...REASON)
    .addHelpText('after', "\nExample:\n  $ mailgate pause sending --for 2h --reason 'the line is down'")
    .action(run((_: string, options: RestOptions) => pause(world, true, options)));
  program
    .command('resume')
    .description('Ends a pause.')
    .addArgument(WHAT)
    .option(...REASON)
    .addHelpText('after', '\nExample:\n  $ mailgate resume sending')
    .action(run((_: string, options: RestOptions) => pause(world, false, options)));
}

export function addFreeze(queue: Command, { run, world }: Commands): void {
  queue
    .command('freeze')
    .description('Holds what is taken from now on ("Hold all").')
    .option('--off', 'no longer; what was held stays held')
    .option(...FOR)
    .option(...REASON)
    .addHelpText('after', "\nExample:\n  $ mailgate queue freeze --for 1h --reason 'a worm on a client'")
    .action(run((options: RestOptions) => freeze(world, options)));
}

function pause(world: World, on: boolean, options: RestOptions): Promise<number> {
  const wish = wishOf(on, options);
  return asking(world, options, {
    ask: ({ call }) => call('sending.pause', wish),
    lines: ({ paused }, { language }) => [queueTexts[language].paused(paused)],
  });
}

function freeze(world: World, options: RestOptions): Promise<number> {
  const wish = wishOf(options.off !== true, options);
  return asking(world, options, {
    ask: ({ call }) => call('queue.freeze', wish),
    lines: ({ frozen }, { language }) => [queueTexts[language].frozen(frozen)],
  });
}

const wishOf = (on: boolean, options: RestOptions) => ({
  on,
  ...(options.for === undefined ? {} : { forSeconds: secondsOf(options.for, '--for') }),
  ...(options.reason === undefined ? {} : { reason: options.reason }),
});

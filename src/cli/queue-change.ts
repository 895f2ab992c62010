/** `mailgate queue hold`, `release`, `retry` and `drop`. What changes more than one message says how many first, and asks. */
import type { Command } from 'commander';
import { secondsOf } from './amounts.ts';
import { agreed } from './ask.ts';
import { tellChange } from './change.ts';
import type { Commands } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type Link, PATIENT, withLink } from './link.ts';
import { FILTER_HELP } from './queue.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

type QueueAction = 'hold' | 'release' | 'retry' | 'drop';

interface ChangeOptions extends Globals {
  all?: boolean;
  filter?: string;
  reason?: string;
  for?: string;
  yes?: boolean;
}

const descriptions: Record<QueueAction, string> = {
  hold: 'Keeps messages in the queue until they are released.',
  release: 'Lets held messages go again.',
  retry: 'Tries deferred messages now.',
  drop: 'Takes messages out of the queue; the senders are not told. They stay in the trash for a while.',
};
const examples: Record<QueueAction, string> = {
  hold: "mailgate queue hold --filter 'sender=*@a.com' --for 2h --reason 'check first'",
  release: 'mailgate queue release Pmg1F7B',
  retry: 'mailgate queue retry --all --yes',
  drop: 'mailgate queue drop Pmg1F7B Pmg1F7C --yes',
};

export function addQueueChanges(queue: Command, { run, world }: Commands): void {
  for (const action of Object.keys(descriptions) as QueueAction[]) {
    const command = queue
      .command(action)
      .description(descriptions[action])
      .argument('[id...]', 'names of messages, Pmg1F7B or Pmg1F7B.tmp')
      .option('--all', 'every message in the queue')
      .option('--filter <expr>', 'those that fit')
      .option('--reason <text>', 'why, for the log and the audit trail')
      .option('--yes', 'without asking')
      .addHelpText('after', `${FILTER_HELP}\n\nExample:\n  $ ${examples[action]}`)
      .action(run((ids: string[], options: ChangeOptions) => change(world, action, ids, options)));
    if (action === 'hold') command.option('--for <time>', 'released by itself after this time, such as 2h');
  }
}

function change(world: World, action: QueueAction, ids: string[], options: ChangeOptions): Promise<number> {
  const selection = selectionOf(ids, options);
  const forSeconds = options.for === undefined ? undefined : secondsOf(options.for, '--for');
  return withLink(world, options, async (link) => {
    const { call, texts } = link;
    const count = 'ids' in selection ? selection.ids.length : await countOf(link, selection);
    if (count === 0) {
      if (options.json) sayJson(world, { changed: [], skipped: [] });
      else say(world, texts.noneMatches);
      return exits.done;
    }
    const question = { ask: texts.ask(action, count), needsYes: texts.needsYes(action, count) };
    if (count > 1 && options.yes !== true && !(await agreed(world, link, question))) return exits.refused;

    const params = { ...selection, ...(options.reason === undefined ? {} : { reason: options.reason }) };
    const result =
      action === 'hold'
        ? await call('queue.hold', { ...params, ...(forSeconds === undefined ? {} : { forSeconds }) }, PATIENT)
        : await call(`queue.${action}`, params, PATIENT); // a million messages are changed in steps
    const done = texts.changed(action, result.changed.length);
    return tellChange(world, options, result, { done, nameOf: ({ id }) => id });
  });
}

type Selection = { ids: string[] } | { all: true } | { filter: string };

function selectionOf(ids: string[], { all, filter }: ChangeOptions): Selection {
  const ways = [ids.length > 0, all === true, filter !== undefined].filter(Boolean).length;
  if (ways !== 1)
    throw new Failure(exits.usage, 'Which messages? Name them, or give --all, or --filter EXPR: one of the three.');
  if (ids.length > 0) return { ids: [...new Set(ids)] };

  return filter === undefined ? { all: true } : { filter };
}

async function countOf({ call }: Link, selection: { all: true } | { filter: string }): Promise<number> {
  const { total } = await call('queue.list', { limit: 0, ...('filter' in selection ? selection : {}) });
  return total;
}

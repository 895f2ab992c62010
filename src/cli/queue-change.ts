/** `mailgate queue hold`, `release`, `retry`, `return`, `drop`, `reroute`, `readdress` and `prioritise`. What changes more than one
 *  message says how many first, and asks. */
import { type Command, Option } from 'commander';
import type { ResultOf } from '../protocol/commands.ts';
import type { Priority } from '../protocol/model.ts';
import { secondsOf } from './amounts.ts';
import { tellChange } from './change.ts';
import type { Commands } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type Link, PATIENT, withLink } from './link.ts';
import { showing } from './progress.ts';
import { agreedOn, selecting, type Selection, selectionOf, type SelectionOptions } from './queue-selection.ts';
import { type Action, type QueueAction, queueTexts } from './texts/queue.ts';
import { remark, say, sayJson, type World } from './world.ts';

interface ChangeOptions extends SelectionOptions {
  for?: string;
  relay?: string;
  bySender?: boolean;
  from?: string;
  to?: string;
  priority?: Priority;
}

const descriptions: Record<QueueAction, string> = {
  hold: 'Keeps messages in the queue until they are released.',
  release: 'Lets held messages go again.',
  retry: 'Tries deferred messages now.',
  return: 'Sends messages back to their senders with a report, and takes them out of the queue.',
  drop: 'Takes messages out of the queue; the senders are not told. They stay in the trash for a while.',
  reroute: 'Sends messages through another relay of the configuration.',
  readdress: 'Changes one recipient, wherever it has not had the message yet.',
  prioritise: 'Changes the priority: high goes first.',
};
const examples: Record<QueueAction, string> = {
  hold: "mailgate queue hold --filter 'sender=*@a.com' --for 2h --reason 'check first'",
  release: 'mailgate queue release Pmg1F7B',
  retry: 'mailgate queue retry --all --yes',
  return: "mailgate queue return --filter 'recipient=*@gone.example age>1d'",
  drop: 'mailgate queue drop Pmg1F7B Pmg1F7C --yes',
  reroute: "mailgate queue reroute --filter 'relay=smtp.isp.example' --relay backup",
  readdress: 'mailgate queue readdress --all --from anna@old.example --to anna@new.example',
  prioritise: 'mailgate queue prioritise Pmg1F7B --priority high',
};

export function addQueueChanges(queue: Command, { run, world }: Commands): void {
  const commands = new Map<QueueAction, Command>();
  for (const action of Object.keys(descriptions) as QueueAction[]) {
    const command = selecting(queue.command(action).description(descriptions[action]), examples[action])
      .option('--yes', 'without asking')
      .action(run((ids: string[], options: ChangeOptions) => change(world, action, ids, options)));
    commands.set(action, command);
  }
  commands.get('hold')?.option('--for <time>', 'released by itself after this time, such as 2h');
  commands
    .get('reroute')
    ?.option('--relay <name>', 'the relay by the name of its section; an empty name is the default one')
    .option('--by-sender', 'as their senders have it again');
  commands
    .get('readdress')
    ?.requiredOption('--from <address>', 'the recipient that is to change')
    .requiredOption('--to <address>', 'who has it instead');
  commands
    .get('prioritise')
    ?.addOption(new Option('--priority <priority>').choices(['high', 'normal', 'low']).makeOptionMandatory());
}

function change(world: World, action: QueueAction, ids: string[], options: ChangeOptions): Promise<number> {
  const selection = selectionOf(ids, options);
  const ask = askingFor(action, options);
  return changeMessages(world, { action, selection, options }, ask);
}

type Params = Selection & { expect?: number; reason?: string };
type Ask = (link: Link, params: Params) => Promise<ResultOf<'queue.drop'>>;

/** The options that an action has of its own are read before anything is asked. */
function askingFor(action: QueueAction, options: ChangeOptions): Ask {
  switch (action) {
    case 'hold': {
      const forSeconds = options.for === undefined ? {} : { forSeconds: secondsOf(options.for, '--for') };
      return ({ call }, params) => call('queue.hold', { ...params, ...forSeconds }, PATIENT);
    }
    case 'reroute': {
      if ((options.relay === undefined) === (options.bySender !== true))
        throw new Failure(exits.usage, 'Which way? Name it with --relay, or give --by-sender.');
      const relay = options.relay ?? null;
      return ({ call }, params) => call('queue.reroute', { ...params, relay }, PATIENT);
    }
    case 'readdress': {
      const { from = '', to = '' } = options;
      return ({ call }, params) => call('queue.readdress', { ...params, from, to }, PATIENT);
    }
    case 'prioritise': {
      const { priority = 'normal' } = options;
      return ({ call }, params) => call('queue.prioritise', { ...params, priority }, PATIENT);
    }
    case 'release':
    case 'retry':
    case 'return':
    case 'drop':
      return ({ call }, params) => call(`queue.${action}`, params, PATIENT); // a million messages are changed in steps
  }
}

/** Counts, asks, changes and tells. */
export function changeMessages(
  world: World,
  { action, selection, options }: { action: Action; selection: Selection; options: SelectionOptions },
  ask: Ask,
): Promise<number> {
  return withLink(world, options, async (link) => {
    const { language } = link;
    const own = queueTexts[language];
    const answer = await agreedOn(world, link, action, selection, options);
    if (answer.kind === 'no') return exits.refused;
    if (answer.kind === 'none') {
      if (options.json) sayJson(world, { changed: [], skipped: [], changedTotal: 0, skippedTotal: 0 });
      else say(world, own.noneMatches);
      return exits.done;
    }

    const { reason } = options;
    const params = { ...selection, ...answer.expect, ...(reason === undefined ? {} : { reason }) };
    const result = await showing(world, link.texts.waiting, ask(link, params));
    const done = own.changed(action, result.changedTotal);
    const code = tellChange(world, options, result, { done, nameOf: ({ id }) => id, language });
    const unnamed = result.skippedTotal - result.skipped.length;
    if (unnamed > 0 && !options.json) remark(world, own.moreSkipped(unnamed));
    return code;
  });
}

/** Which messages a command of the queue or the trash is about, and a yes for more than one of them. */
import type { Command } from 'commander';
import { agreed } from './ask.ts';
import { exits, Failure } from './exits.ts';
import type { Link } from './link.ts';
import { FILTER_HELP } from './queue.ts';
import { type Action, queueTexts } from './texts/queue.ts';
import type { Globals, World } from './world.ts';

export interface SelectionOptions extends Globals {
  all?: boolean;
  filter?: string;
  reason?: string;
  yes?: boolean;
}

export type Selection = { ids: string[] } | { all: true } | { filter: string };

/** The operands and options of a command that changes messages. */
export function selecting(command: Command, example: string): Command {
  return command
    .argument('[id...]', 'names of messages, Pmg1F7B or Pmg1F7B.tmp')
    .option('--all', 'every message')
    .option('--filter <expr>', 'those that fit')
    .option('--reason <text>', 'why, for the log and the audit trail')
    .addHelpText('after', `${FILTER_HELP}\n\nExample:\n  $ ${example}`);
}

/** Throws a Failure unless exactly one way of naming them is taken. */
export function selectionOf(ids: string[], { all, filter }: SelectionOptions): Selection {
  const ways = [ids.length > 0, all === true, filter !== undefined].filter(Boolean).length;
  if (ways !== 1)
    throw new Failure(exits.usage, 'Which messages? Name them, or give --all, or --filter EXPR: one of the three.');
  if (ids.length > 0) return { ids: [...new Set(ids)] };

  return filter === undefined ? { all: true } : { filter };
}

export type Agreed =
  /** `expect` goes with the call, so that no more are changed than were shown. */
  { kind: 'yes'; expect: { expect?: number } } | { kind: 'no' } | { kind: 'none' };

/** Those of a selection that an action may concern, as a filter. */
const MAY: Record<Action, string> = {
  hold: 'state=waiting,deferred',
  release: 'state=held',
  retry: 'state=waiting,deferred',
  return: 'state!=sending',
  drop: 'state!=sending',
  reroute: 'state!=sending',
  readdress: 'state!=sending',
  prioritise: 'state!=sending',
  restore: '',
  empty: '',
};

/** States the count of what would be changed, and asks when it is more than one. */
export async function agreedOn(
  world: World,
  link: Link,
  action: Action,
  selection: Selection,
  { yes = false }: SelectionOptions,
): Promise<Agreed> {
  const count = 'ids' in selection ? selection.ids.length : await countOf(link, action, selection);
  if (count === 0) return { kind: 'none' };

  const own = queueTexts[link.language];
  const question = { ask: own.ask(action, count), needsYes: own.needsYes(action, count) };
  if (count > 1 && !yes && !(await agreed(world, link, question))) return { kind: 'no' };
  return { kind: 'yes', expect: 'ids' in selection ? {} : { expect: count } };
}

async function countOf({ call }: Link, action: Action, selection: Exclude<Selection, { ids: string[] }>) {
  const filter = ['filter' in selection ? selection.filter : '', MAY[action]].filter(Boolean).join(' ');
  const trash = action === 'restore' || action === 'empty';
  const { messages } = await call('queue.count', { filter, trash });
  return messages;
}

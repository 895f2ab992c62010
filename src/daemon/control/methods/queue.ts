/** The outgoing queue: `queue.list`, `queue.show`, and the actions that hold, release, retry and drop. */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { QueuedMessage } from '../../../protocol/model.ts';
import { seconds } from '../../base/clock.ts';
import type { QueueFilter } from '../../store/store.ts';
import type { MessageState, QueueAction, QueueChange } from '../gateway.ts';
import { parseFilter } from './filter.ts';
import type { Caller, Command, MethodParts, Run } from './method.ts';
import { toldChange, toldNames, withReason } from './told.ts';

/** Characters of one page of the list: with many recipients a page has fewer messages than asked for, but at least one. */
const LONGEST_PAGE = 1_048_576;
/** Names that are changed in one step of the store. */
const STEP = 1_000;
/** S19: `Pmg` and at least four upper-case hex digits. What does not look so is not looked up (WS11). */
const NAME = /^Pmg[0-9A-F]{4,16}$/;

type Selection = Pick<ParsedParamsOf<'queue.drop'>, 'ids' | 'all' | 'filter'>;
type Changed = ResultOf<'queue.drop'>;
type ChangeParams = ParsedParamsOf<'queue.hold'>;
/** The four actions share their parameters (a hold's has one more) and their result. */
type ChangeCommand = {
  what(params: ChangeParams): string;
  run(params: ChangeParams, caller: Caller): Promise<Changed>;
  told(result: Changed): string;
};

export function queueMethods({ gateway, clock }: MethodParts): {
  'queue.list': Run<'queue.list'>;
  'queue.show': Run<'queue.show'>;
  'queue.hold': Command<'queue.hold'>;
  'queue.release': Command<'queue.release'>;
  'queue.retry': Command<'queue.retry'>;
  'queue.drop': Command<'queue.drop'>;
} {
  const { queue } = gateway;

  function whereOf(expression: string): QueueFilter {
    const parsed = parseFilter(expression, clock.now());
    if (!parsed.ok) throw new CallError('invalid_params', `filter: ${parsed.problem}`);
    return parsed.filter;
  }

  async function selected({ ids, all, filter }: Selection): Promise<string[]> {
    const ways = [ids, all || undefined, filter].filter((way) => way !== undefined);
    if (ways.length !== 1)
      throw new CallError('invalid_params', 'Name the messages by "ids", or by "all", or by "filter".');
    if (ids) return [...new Set(ids.map(nameOf))];

    const where = whereOf(filter ?? '');
    const names: string[] = [];
    for (let total = 1; names.length < total; ) {
      const range = await queue.list(where, names.length, STEP);
      if (range.messages.length === 0) break; // some left while we counted
      names.push(...range.messages.map(({ id }) => id));
      total = range.total;
    }
    return [...new Set(names)];
  }

  async function change(action: QueueAction, params: ChangeParams, { by }: Caller): Promise<Changed> {
    const { reason = '', forSeconds } = params;
    const names = await selected(params);
    const until = forSeconds === undefined ? null : clock.now() + seconds(forSeconds);
    const sum: QueueChange = { changed: [], skipped: [] };
    const known = names.filter((name) => NAME.test(name));
    sum.skipped.push(...names.filter((name) => !NAME.test(name)).map((id) => ({ id, state: null })));
    for (let at = 0; at < known.length; at += STEP) {
      const { changed, skipped } = await queue.change(action, known.slice(at, at + STEP), { by, reason, until });
      sum.changed.push(...changed);
      sum.skipped.push(...skipped);
    }
    if (params.ids !== undefined && sum.changed.length === 0) throw nothingDone(action, sum.skipped);
    return {
      changed: sum.changed,
      skipped: sum.skipped.map(({ id, state }) => ({ id, why: whySkipped(action, state) })),
    };
  }

  const command = (action: QueueAction): ChangeCommand => ({
    what: whatOf,
    run: (params, caller) => change(action, params, caller),
    told: toldChange,
  });

  return {
    async 'queue.list'({ filter = '', offset, limit }) {
      const { total, messages } = await queue.list(whereOf(filter), offset, limit);
      return { total, messages: pageOf(messages) };
    },

    async 'queue.show'({ id }) {
      const name = nameOf(id);
      const found = NAME.test(name) ? await queue.show(name) : null;
      if (found === null) throw new CallError('not_found', `There is no message "${name}" in the queue.`);
      return found;
    },

    'queue.hold': command('hold'),
    'queue.release': command('release'),
    'queue.retry': command('retry'),
    'queue.drop': command('drop'),
  };
}

const nameOf = (id: string): string => id.replace(/\.tmp$/i, '');

function whatOf({ ids, filter, reason }: ChangeParams): string {
  if (ids !== undefined) return toldNames(ids, reason);
  return withReason(filter === undefined ? 'all messages' : `filter ${filter}`, reason);
}

function pageOf(messages: QueuedMessage[]): QueuedMessage[] {
  let size = 0;
  const fits = messages.findIndex((message) => {
    size += 500 + message.subject.length + message.recipients.length * 120;
    return size > LONGEST_PAGE;
  });
  return fits === -1 ? messages : messages.slice(0, Math.max(1, fits));
}

/** Every named message is gone (`not_found`), or is in a state where there is nothing to do (`conflict`, WS15). */
function nothingDone(action: QueueAction, skipped: QueueChange['skipped']): CallError {
  const present = skipped.filter(({ state }) => state !== null);
  const told = (present.length > 0 ? present : skipped).slice(0, 5);
  const message = told.map(({ id, state }) => `${id}: ${whySkipped(action, state)}`).join('; ');
  return new CallError(present.length > 0 ? 'conflict' : 'not_found', message, { skipped });
}

function whySkipped(action: QueueAction, state: MessageState | null): string {
  switch (state) {
    case null:
      return 'no such message in the queue';
    case 'sending':
      return 'it is being sent right now';
    case 'held':
      return action === 'hold' ? 'it is held already' : 'it is held; release it first';
    case 'waiting':
    case 'deferred':
      return `it is ${state}, not held`;
  }
}

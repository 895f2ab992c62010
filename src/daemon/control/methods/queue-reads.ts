/** Lists of the queue and the trash, a message, and how much a selection comes to: nothing is changed. */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { QueuedMessage, TrashedMessage } from '../../../protocol/model.ts';
import type { Mark, MessageState } from '../gateway.ts';
import { type Openings, readOpened } from './export.ts';
import type { MethodParts, Run } from './method.ts';
import { isName, plainName, selected, whereOf } from './selection.ts';

export type QueueRead = 'queue.list' | 'queue.count' | 'queue.show' | 'queue.read' | 'trash.list';

/** Characters of one page of the list: with many recipients a page has fewer messages than asked for, but at least one. */
const LONGEST_PAGE = 1_048_576;

const QUEUED: MessageState[] = ['waiting', 'sending', 'deferred', 'held'];

export function queueReads({ gateway, clock }: MethodParts, openings: Openings): { [M in QueueRead]: Run<M> } {
  const { queue } = gateway;

  async function list(params: ParsedParamsOf<'queue.list'>): Promise<ResultOf<'queue.list'>> {
    const { filter = '', offset, limit, after, last } = params;
    if ([offset > 0, after !== undefined, last].filter(Boolean).length > 1)
      throw new CallError('invalid_params', 'A list begins at "offset", or goes on "after", or is the "last" of it.');
    const where = whereOf(filter, clock.now());
    if (last) {
      const { messages } = await queue.page(where, 'last', limit);
      return { total: await queue.total(where), messages: pageOf(messages, 'last'), next: null };
    }
    if (after !== undefined) {
      const page = await queue.page(where, { after: markIn(after) }, limit);
      return { total: null, ...cut(page, 'queuedAt') };
    }
    const { total, messages } = await queue.list(where, offset, limit);
    const shown = pageOf(messages);
    const end = shown.at(-1);
    const next = end === undefined || offset + shown.length >= total ? null : written(markOf(end.id, end.queuedAt));
    return { total, messages: shown, next };
  }

  return {
    'queue.list': list,
    async 'queue.count'(params) {
      const which = selected(params, clock.now());
      const states = params.trash ? (['dropped'] as const) : QUEUED;
      const where = 'ids' in which ? { ids: which.ids.filter(isName), states: QUEUED } : which.filter;
      return await queue.sum(params.trash ? { ...where, states: [...states] } : where);
    },
    async 'queue.show'({ id }) {
      const name = plainName(id);
      const found = isName(name) ? await queue.show(name) : null;
      if (found === null) throw new CallError('not_found', `There is no message "${name}" in the queue.`);
      return found;
    },
    'queue.read': readOpened(gateway, openings),
    async 'trash.list'({ filter = '', after, limit }) {
      const where = whereOf(filter, clock.now());
      const page = await queue.trash(where, after === undefined ? null : markIn(after), limit);
      const total = after === undefined ? await queue.total({ ...where, states: ['dropped'] }) : null;
      return { total, ...cut(page, 'droppedAt') };
    },
  };
}

/** As many of a page as one answer carries; it goes on behind the last that is shown. */
function cut<T extends QueuedMessage | TrashedMessage>(
  { messages, next }: { messages: T[]; next: Mark | null },
  by: keyof T & ('queuedAt' | 'droppedAt'),
): { messages: T[]; next: string | null } {
  const shown = pageOf(messages);
  const end = shown.at(-1);
  if (shown.length === messages.length || end === undefined) return { messages, next: next && written(next) };
  return { messages: shown, next: written(markOf(end.id, end[by] as string)) };
}

function pageOf<T extends { subject: string; recipients: unknown[] }>(
  messages: T[],
  from: 'first' | 'last' = 'first',
): T[] {
  const inOrder = from === 'first' ? messages : messages.toReversed();
  let size = 0;
  const fits = inOrder.findIndex(({ subject, recipients }) => {
    size += 500 + subject.length + recipients.length * 120;
    return size > LONGEST_PAGE;
  });
  if (fits === -1) return messages;
  const shown = inOrder.slice(0, Math.max(1, fits));
  return from === 'first' ? shown : shown.toReversed();
}

const markOf = (id: string, at: string): Mark => ({ at: Date.parse(at), n: Number.parseInt(id.slice(3), 16) });

const written = ({ at, n }: Mark): string => `${at.toString(36)}-${n.toString(36)}`;

function markIn(cursor: string): Mark {
  const [, at, n] = /^(-?[0-9a-z]{1,10})-([0-9a-z]{1,10})$/.exec(cursor) ?? [];
  if (at === undefined || n === undefined) throw new CallError('invalid_params', 'after: it is no place of a list.');
  return { at: Number.parseInt(at, 36), n: Number.parseInt(n, 36) };
}

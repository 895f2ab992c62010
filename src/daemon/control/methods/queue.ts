/** What is done to messages of the queue and the trash: by name, by a filter, or to all; two at once never both do it (WS15). */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import { seconds } from '../../base/clock.ts';
import type { Deed, Gateway, QueueChange, Which } from '../gateway.ts';
import type { Caller, Command, MethodParts } from './method.ts';
import { isName, plainName, selected } from './selection.ts';
import { toldNames, toldTotals, withReason } from './told.ts';

/** Each takes a selection and a reason, and answers with what it changed. */
type Changing =
  | `queue.${'hold' | 'release' | 'retry' | 'return' | 'drop' | 'reroute' | 'readdress' | 'prioritise'}`
  | `trash.${'restore' | 'empty'}`;
type Params = ParsedParamsOf<'queue.drop'>;
type Changed = ResultOf<'queue.drop'>;
/** Deeds that nothing more need be said of. */
type Plain = Exclude<Deed['does'], 'hold' | 'reroute' | 'readdress' | 'prioritise'>;

export function queueCommands({ gateway, clock }: MethodParts): { [M in Changing]: Command<M> } {
  async function change(deed: Deed, params: Params, { by }: Caller): Promise<Changed> {
    const { reason = '', expect = null } = params;
    const which = selected(params, clock.now());
    const odd = 'ids' in which ? which.ids.filter((id) => !isName(id)) : [];
    const sum = await asked(gateway, deed, 'ids' in which ? { ids: which.ids.filter(isName) } : which, {
      ...{ by, reason, expect },
    });
    const why = deed.does === 'restore' || deed.does === 'empty' ? NONE_IN_TRASH : NONE_IN_QUEUE;
    sum.skipped.push(...odd.map((id) => ({ id, why, state: null })));
    sum.skippedTotal += odd.length;
    if ('ids' in which && sum.changedTotal === 0) throw nothingDone(sum.skipped);
    return { ...sum, skipped: sum.skipped.map(({ id, why: because }) => ({ id, why: because })) };
  }

  /** Its own parameters make the deed; `about` says what of them belongs into the record. */
  const command = <P extends Params>(deedOf: (params: P) => Deed, about: (params: P) => string = () => '') => ({
    what: (params: P) => whatOf(params, about(params)),
    run: (params: P, caller: Caller) => change(deedOf(params), params, caller),
    told: toldTotals,
  });
  const plain = (does: Plain) => command<Params>(() => ({ does }));

  return {
    'queue.hold': command<ParsedParamsOf<'queue.hold'>>(({ forSeconds }) => ({
      does: 'hold',
      until: forSeconds === undefined ? null : clock.now() + seconds(forSeconds),
    })),
    'queue.release': plain('release'),
    'queue.retry': plain('retry'),
    'queue.return': plain('return'),
    'queue.drop': plain('drop'),
    'queue.reroute': command<ParsedParamsOf<'queue.reroute'>>(
      ({ relay }) => ({ does: 'reroute', relay }),
      ({ relay }) => (relay === null ? 'by their senders' : `to relay "${relay}"`),
    ),
    'queue.readdress': command<ParsedParamsOf<'queue.readdress'>>(
      ({ from, to }) => ({ does: 'readdress', from, to }),
      ({ from, to }) => `${from} to ${to}`,
    ),
    'queue.prioritise': command<ParsedParamsOf<'queue.prioritise'>>(
      ({ priority }) => ({ does: 'prioritise', priority }),
      ({ priority }) => `to ${priority}`,
    ),
    'trash.restore': plain('restore'),
    'trash.empty': plain('empty'),
  };
}

const NONE_IN_QUEUE = 'no such message in the queue';
const NONE_IN_TRASH = 'no such message in the trash';

/** Names that can be none are not looked up (WS11). */
async function asked(
  gateway: Gateway,
  deed: Deed,
  which: Which,
  how: { by: string; reason: string; expect: number | null },
): Promise<QueueChange> {
  if ('ids' in which && which.ids.length === 0) return { changed: [], skipped: [], changedTotal: 0, skippedTotal: 0 };
  return await gateway.queue.change(deed, which, how);
}

function whatOf({ ids, filter, reason }: Params, about: string): string {
  const which = ids === undefined ? (filter === undefined ? 'all messages' : `filter ${filter}`) : '';
  const names = ids === undefined ? which : toldNames(ids.map(plainName), undefined);
  return withReason(about === '' ? names : `${names}, ${about}`, reason);
}

/** Every named message is gone (`not_found`), or is in a state where there is nothing to do (`conflict`, WS15). */
function nothingDone(skipped: QueueChange['skipped']): CallError {
  const present = skipped.filter(({ state }) => state !== null && state !== 'dropped');
  const told = (present.length > 0 ? present : skipped).slice(0, 5);
  const message = told.map(({ id, why }) => `${id}: ${why}`).join('; ');
  return new CallError(present.length > 0 ? 'conflict' : 'not_found', message, {
    skipped: skipped.map(({ id, state }) => ({ id, state: state === 'dropped' ? null : state })),
  });
}

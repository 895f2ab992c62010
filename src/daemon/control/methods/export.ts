/**
 * `queue.export` and `queue.read`: a message's octets on their way to a file of the caller's. It is opened once, when its digest is
 * compared and the opening is recorded, and then read piece by piece by the same link alone.
 */
import { CallError } from '../../../protocol/errors.ts';
import type { Gateway } from '../gateway.ts';
import type { Caller, Command, MethodParts, Run } from './method.ts';
import { isName, plainName } from './selection.ts';
import { withReason } from './told.ts';

/** Which messages each link has opened; forgotten with the link. */
export interface Openings {
  add(caller: Caller, id: string): void;
  has(caller: Caller, id: string): boolean;
}

/** Messages that one link may have open: they cost their names. */
const MOST_OPEN = 1_000;

export function createOpenings(): Openings {
  const opened = new WeakMap<Caller, Set<string>>();
  return {
    add(caller, id) {
      const ids = opened.get(caller) ?? new Set();
      ids.delete(id);
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > MOST_OPEN && oldest !== undefined) ids.delete(oldest);
      opened.set(caller, ids);
    },
    has: (caller, id) => opened.get(caller)?.has(id) ?? false,
  };
}

export function exportCommands(
  { gateway }: MethodParts,
  openings: Openings,
): { 'queue.export': Command<'queue.export'> } {
  return {
    'queue.export': {
      what: ({ id, reason }) => withReason(plainName(id), reason),
      async run({ id }, caller) {
        const name = plainName(id);
        const found = isName(name) ? await gateway.queue.open(name) : null;
        if (found === null) throw new CallError('not_found', `There is no message "${name}" in queue or trash.`);

        openings.add(caller, found.id);
        return { ...found, file: `${found.id}.tmp` };
      },
      told: ({ bytes }) => `${bytes} octets opened`,
    },
  };
}

export function readOpened({ queue }: Gateway, openings: Openings): Run<'queue.read'> {
  return async ({ id, offset, limit }, caller) => {
    const name = plainName(id);
    if (!openings.has(caller, name))
      throw new CallError('not_found', `This link has not opened "${name}" with queue.export.`);

    const octets = await queue.read(name, offset, limit);
    if (octets === null) throw new CallError('not_found', `"${name}" has left the queue meanwhile.`);
    return { octets: Buffer.from(octets).toString('base64') };
  };
}

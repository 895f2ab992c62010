/** `status` and `subscribe`: the state, and the events that change it. `events.read`: those of the past. */
import { statusOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import { type GatewayEvent, topicOf } from '../../../protocol/events.ts';
import { weightOf } from '../journal.ts';
import type { MethodParts, Run } from './method.ts';

/** Characters of events in one answer: a traced body has long lines, and five thousand of them are no frame for a link over SSH. */
const LONGEST_ANSWER = 4_194_304;

export function stateMethods({ gateway, ring, journal }: MethodParts): {
  status: Run<'status'>;
  subscribe: Run<'subscribe'>;
  'events.read': Run<'events.read'>;
} {
  /** Whether every event after `seq` can still be sent. */
  async function recalled(seq: number): Promise<boolean> {
    if (journal.reaches(seq)) return true;
    if (seq > journal.last) return false; // of another home, or of a ring that was lost
    await ring.flush();
    return (await ring.read({ seq }, 1)).complete;
  }

  return {
    status: async () => statusOf(gateway.snapshot().state),

    async subscribe({ since, topics = null }, caller) {
      if (since !== undefined && (await recalled(since))) {
        caller.follow(since, topics);
        return { seq: journal.last, snapshot: null };
      }
      const { state, seq } = gateway.snapshot();
      caller.follow(seq, topics);
      return { seq, snapshot: state };
    },

    async 'events.read'({ since, topics, limit }) {
      const from = typeof since === 'number' ? { seq: since } : { at: instantOf(since) };
      const known = journal.last;
      await ring.flush();
      const { events } = await ring.read(from, limit);
      const page = events.slice(0, fitting(events));
      const wanted = topics === undefined ? page : page.filter(({ type }) => topics.includes(topicOf(type)));
      const lastRead = page.at(-1)?.seq ?? 0;
      const more = page.length < events.length || (limit > 0 && events.length === limit);
      // At the end it is everything up to now, so that a subscription goes on from there without a gap.
      return { events: wanted, last: more ? lastRead : Math.max(known, lastRead), more };
    },
  };
}

/** How many of the events one answer holds; at least one. */
function fitting(events: GatewayEvent[]): number {
  let size = 0;
  const over = events.findIndex((event) => {
    size += weightOf(event);
    return size > LONGEST_ANSWER;
  });
  return over === -1 ? events.length : Math.max(1, over);
}

function instantOf(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new CallError('invalid_params', `since: "${text.slice(0, 40)}" is no number and no instant.`);
  return at;
}

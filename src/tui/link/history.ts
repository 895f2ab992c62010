/**
 * The events before a snapshot, from the gateway's ring. By number, as far back as a few answers reach; after a crash of the gateway
 * the numbers have jumped ahead, and what was before it is found by its time.
 */
import type { GatewayEvent } from '../../protocol/events.ts';
import type { GatewayLink } from './gateway.ts';

/** Events asked for at once: what the gateway gives at most. */
const PAGE = 5_000;
/** Answers read for one fill: four hold the last hour of a busy gateway. */
const MOST_ANSWERS = 4;
/** Milliseconds before the jump that are looked into: the longest of them that those answers hold. */
const WINDOWS = [24 * 3_600_000, 3_600_000, 300_000];

type Caller = Pick<GatewayLink, 'call'>;

/** The last events up to `seq`, oldest first. Rejects when the gateway does not answer. */
export async function history(link: Caller, seq: number): Promise<GatewayEvent[]> {
  const since = Math.max(0, seq - PAGE * MOST_ANSWERS);
  // One answer more than the numbers need: the ring may have been cut while it was read.
  const { events } = await read(link, since, seq, MOST_ANSWERS + 1);
  const [first] = events;
  if (first === undefined || first.seq === since + 1) return events;
  return [...(await beforeJump(link, first)), ...events];
}

/** Without a gap up to `first`: where even the shortest time holds too many, none, for a hole in a log tells a wrong story. */
async function beforeJump(link: Caller, first: GatewayEvent): Promise<GatewayEvent[]> {
  for (const window of WINDOWS) {
    const from = new Date(Date.parse(first.at) - window).toISOString();
    const { events, whole } = await read(link, from, first.seq - 1, MOST_ANSWERS);
    if (whole) return events;
  }
  return [];
}

async function read(
  link: Caller,
  from: number | string,
  upTo: number,
  answers: number,
): Promise<{ events: GatewayEvent[]; whole: boolean }> {
  const found: GatewayEvent[] = [];
  let since = from;
  for (let answer = 0; answer < answers; answer += 1) {
    const { events, more } = await link.call('events.read', { since, limit: PAGE });
    for (const event of events) if (event.seq <= upTo) found.push(event);
    const last = events.at(-1)?.seq;
    if (!more || last === undefined || last >= upTo) return { events: found, whole: true };
    since = last;
  }
  return { events: found, whole: false };
}

/** The ring of events, read in pieces. */
import type { GatewayEvent } from '../../../protocol/events.ts';
import type { EventRing } from '../../store/store.ts';

const EVENTS_A_READ = 2_000;

/** Events of one session that are looked at; a trace of whole bodies can tell a million. */
const MOST_EVENTS = 500_000;

/** The events from one number to another, as far as the ring has them. */
export async function* eventsFrom(ring: EventRing, first: number, last: number): AsyncGenerator<GatewayEvent> {
  let seen = 0;
  for (let seq = first - 1; seq < last && seen < MOST_EVENTS; ) {
    const { events } = await ring.read({ seq }, EVENTS_A_READ);
    for (const event of events) {
      if (event.seq > last) return;
      yield event;
    }
    const end = events.at(-1);
    if (!end) return;
    seq = end.seq;
    seen += events.length;
  }
}

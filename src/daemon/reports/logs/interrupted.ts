/** A session that a crash cut short: what the ring still knows of it, so that `logs` lists it. */
import type { EventType, GatewayEvent } from '../../../protocol/events.ts';
import type { EventRing, SessionRow } from '../../store/store.ts';
import { eventsFrom } from './ring-reader.ts';

/** Null when the ring does not know it any more. */
export async function interruptedRow(
  ring: EventRing,
  { session, firstSeq, file }: { session: number; firstSeq: number; file: string },
): Promise<SessionRow | null> {
  let row: SessionRow | null = null;
  for await (const event of eventsFrom(ring, firstSeq, Number.MAX_SAFE_INTEGER)) {
    if (event.type === 'session.started' && event.session === session) row = begun(event, { firstSeq, file });
    else if (event.type === 'gateway.started' && row) return row;
    if (row) row = counted(row, event);
  }
  return row;
}

function begun(
  { session, at, seq }: { session: number; at: string; seq: number },
  { firstSeq, file }: { firstSeq: number; file: string },
): SessionRow {
  const startedAt = Date.parse(at);
  // That it was cut short is the first of its errors.
  return {
    ...{ session, startedAt, finishedAt: startedAt, file, firstSeq, lastSeq: seq },
    ...{ messages: 0, bytes: 0, errors: 1 },
  };
}

function counted(row: SessionRow, event: GatewayEvent): SessionRow {
  const seen = { ...row, finishedAt: Date.parse(event.at), lastSeq: event.seq };
  if (event.type === 'message.delivered' && event.final)
    return { ...seen, messages: row.messages + 1, bytes: row.bytes + event.bytes };
  return ERRORS.has(event.type) ? { ...seen, errors: row.errors + 1 } : seen;
}

const ERRORS: ReadonlySet<EventType> = new Set<EventType>([
  'message.failed',
  'message.unroutable',
  'message.stuck',
  'mailbox.failed',
]);

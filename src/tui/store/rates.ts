/** What moved in the last hour, minute by minute, counted from events; a minute that nobody watched is unknown, not 0. */
import type { GatewayEvent } from '../../protocol/events.ts';

export const flows = ['downloaded', 'delivered', 'accepted', 'sent'] as const;
export type Flow = (typeof flows)[number];

const MINUTE = 60_000;
const MINUTES_KEPT = 60;

export type Rates = {
  /** Watched since this instant without a gap; null: nothing yet. */
  since: number | null;
  minutes: Map<number, Record<Flow, number>>;
};

export function noRates(since: number | null): Rates {
  return { since, minutes: new Map() };
}

export function countEvent(rates: Rates, event: GatewayEvent): void {
  const flow = flowOf(event);
  if (flow === null) return;
  const minute = Math.floor(Date.parse(event.at) / MINUTE);
  if (!Number.isFinite(minute)) return;
  const counted = rates.minutes.get(minute) ?? { downloaded: 0, delivered: 0, accepted: 0, sent: 0 };
  counted[flow] += 1;
  rates.minutes.set(minute, counted);
  if (rates.minutes.size > 2 * MINUTES_KEPT) forget(rates, minute);
}

function flowOf(event: GatewayEvent): Flow | null {
  if (event.type === 'message.fetched') return 'downloaded';
  if (event.type === 'message.delivered') return event.final ? 'delivered' : null;
  if (event.type === 'queue.accepted') return 'accepted';
  return event.type === 'queue.removed' && event.result === 'sent' ? 'sent' : null;
}

function forget(rates: Rates, newest: number): void {
  for (const minute of rates.minutes.keys()) if (minute <= newest - MINUTES_KEPT) rates.minutes.delete(minute);
}

export type Hour = { total: number | null; columns: (number | null)[] };

/** The last hour of one flow in `columns` equal parts, oldest first; `total` is null before anything was watched. */
export function lastHour(rates: Rates, flow: Flow, now: number, columns: number): Hour {
  if (rates.since === null) return { total: null, columns: Array<null>(columns).fill(null) };
  const last = Math.floor(now / MINUTE);
  const first = last - MINUTES_KEPT + 1;
  const watched = Math.floor(rates.since / MINUTE);
  const parts = Array<number | null>(columns).fill(null);
  let total = 0;
  for (let minute = Math.max(first, watched); minute <= last; minute += 1) {
    const column = Math.floor(((minute - first) * columns) / MINUTES_KEPT);
    const moved = rates.minutes.get(minute)?.[flow] ?? 0;
    parts[column] = (parts[column] ?? 0) + moved;
    total += moved;
  }
  return { total, columns: parts };
}

/** True when the whole of the last hour was watched. */
export function hourIsWhole(rates: Rates, now: number): boolean {
  return rates.since !== null && rates.since <= now - (MINUTES_KEPT - 1) * MINUTE;
}

/**
 * In how many consecutive sessions a place (an account, a relay) could not be reached or logged in to (S38). It outlives a restart:
 * a gateway that is started by a timetable of the system for each session counts, too.
 */
import type { GatewayEvent } from '../../protocol/events.ts';
import type { Bus } from '../base/bus.ts';
import type { Log } from '../base/log.ts';
import type { Memos } from '../store/store.ts';

export interface Faults {
  /** Consecutive sessions, the present one included, in which the place failed at its last try; 0: it works, or was never tried. */
  of(place: string): number;
  close(): Promise<void>;
}

const MEMO = 'faults';

/** Places that are remembered; more fail only where something else is wrong. */
const MOST_PLACES = 10_000;

export const accountPlace = (account: string): string => `account:${account}`;

/** The internal server: all accounts hand over to it, and fail with it. */
export const MAIL_SERVER = 'mail-server';

export interface Tried {
  place: string;
  worked: boolean;
}

/** The places of which an event says that they were reached, or were not. */
export function placesTried(event: GatewayEvent): Tried[] {
  if (event.type === 'mailbox.failed') {
    const account = accountPlace(event.account);
    if (event.cause === 'mailbox') return [{ place: account, worked: false }];
    return [
      { place: account, worked: true },
      { place: MAIL_SERVER, worked: false },
    ];
  }
  // It was reached; what it holds is another matter.
  if (event.type === 'mailbox.finished' || event.type === 'mailbox.renumbered')
    return [{ place: accountPlace(event.account), worked: true }];
  if (event.type === 'message.delivered' || (event.type === 'message.refused' && event.by === 'internal server'))
    return [{ place: MAIL_SERVER, worked: true }];
  if (event.type === 'transfer.unconnected' || event.type === 'transfer.connected')
    return [{ place: `relay:${event.relay}`, worked: event.type === 'transfer.connected' }];
  return [];
}

/** Goes on from what was counted before. It must listen before whoever asks. */
export async function openFaults({ bus, memos, log }: { bus: Bus; memos: Memos; log: Log }): Promise<Faults> {
  const before = parsed(await memos.get(MEMO));
  const now = new Map<string, boolean>();
  let saving = Promise.resolve();

  const of = (place: string): number => {
    const worked = now.get(place);
    if (worked === true) return 0;
    return (before.get(place) ?? 0) + (worked === false ? 1 : 0);
  };

  function sessionOver(): void {
    if (now.size === 0) return;
    const changed = [...now.keys()].filter((place) => of(place) !== (before.get(place) ?? 0));
    for (const place of changed) {
      const count = of(place);
      if (count === 0) before.delete(place);
      else if (before.has(place) || before.size < MOST_PLACES) before.set(place, count);
    }
    now.clear();
    if (changed.length > 0) save(JSON.stringify(Object.fromEntries(before)));
  }

  function save(text: string): void {
    saving = saving
      .then(() => memos.put(MEMO, text))
      .catch((error: unknown) =>
        log.warn('the count of consecutive failures was not saved', { reason: String(error) }),
      );
  }

  const unlisten = bus.listen((event) => {
    for (const { place, worked } of placesTried(event)) now.set(place, worked);
    if (event.type === 'session.finished') sessionOver();
  });
  return {
    of,
    async close() {
      unlisten();
      await saving;
    },
  };
}

function parsed(text: string | null): Map<string, number> {
  const counts: unknown = text === null ? {} : JSON.parse(text);
  return new Map(Object.entries(counts as Record<string, number>));
}

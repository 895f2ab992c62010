/**
 * Asks for the visible part of the queue, and only while its page is open: when the reader scrolled or filtered, and when events
 * say that it looks different. One question at a time, a quarter of a second apart.
 */
import { CallError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import { covers, reconciled, wantedRange } from '../store/move-queue.ts';
import type { Store } from '../store/store.ts';
import type { GatewayLink } from './gateway.ts';

/** Milliseconds between two questions: the eye reads no faster, and 10,000 events a second ask four times. */
const PAUSE = 250;
/** Milliseconds after a question that failed. */
const PAUSE_AFTER_FAILURE = 2_000;

export interface Reader {
  /** Asks if something is to be asked. */
  look(): void;
  /** What was told is not so any more. */
  changed(ids: readonly string[]): void;
}

export type ReaderOptions = { store: Store; link: Pick<GatewayLink, 'call'>; clock: Clock };

export function createQueueReader({ store, link, clock }: ReaderOptions): Reader {
  let stale = true;
  let asking = false;
  let pause: { cancel(): void } | null = null;
  /** A filter that the gateway refused is not asked for again. */
  let refused: string | null = null;

  function look(): void {
    const { world, ui, size } = store.present();
    if (ui.page !== 'queue' || world.link.is !== 'live' || asking || pause !== null) return;
    if (ui.queue.filter === refused) return;
    if (!stale && covers(world.queue, ui, size)) return;
    void ask();
  }

  async function ask(): Promise<void> {
    const { ui, size } = store.present();
    const { filter, offset, limit } = wantedRange(ui, size);
    asking = true;
    stale = false;
    refused = null;
    let rest = PAUSE;
    try {
      const { total, messages } = await link.call('queue.list', {
        offset,
        limit,
        ...(filter === '' ? {} : { filter }),
      });
      // A question by range is always answered with how many there are.
      const range = { filter, total: total ?? offset + messages.length, from: offset, rows: messages, wrong: null };
      store.tell(() => ({ queue: range }));
      store.amend((now) => reconciled(now, range, store.present().size));
    } catch (error) {
      if (error instanceof CallError && error.reason === 'invalid_params') refused = filter;
      else {
        stale = true;
        rest = PAUSE_AFTER_FAILURE;
      }
      const why = error instanceof Error ? error.message : String(error);
      store.tell((world) => ({ queue: { ...world.queue, wrong: why } }));
    }
    asking = false;
    pause = clock.after(rest, () => {
      pause = null;
      look();
    });
  }

  return {
    look,
    changed() {
      stale = true;
      look();
    },
  };
}

/** Asks for the message that is open, and again when an event is about it. */
import { CallError } from '../../protocol/errors.ts';
import type { Reader, ReaderOptions } from './queue-reader.ts';

/** Milliseconds between two questions about the same message. */
const PAUSE = 250;

export function createMessageReader({ store, link, clock }: ReaderOptions): Reader {
  let asking = false;
  let stale = false;
  let pause: { cancel(): void } | null = null;

  function look(): void {
    const { world, ui } = store.present();
    const id = ui.message?.id;
    if (id === undefined || world.link.is !== 'live' || asking) return;
    if (world.opened?.id === id && (!stale || pause !== null)) return;
    void ask(id);
  }

  async function ask(id: string): Promise<void> {
    asking = true;
    stale = false;
    store.tell(({ opened }) => ({ opened: opened?.id === id ? opened : { is: 'loading', id } }));
    try {
      const detail = await link.call('queue.show', { id });
      store.tell(() => ({ opened: { is: 'shown', id, detail } }));
    } catch (error) {
      const gone = error instanceof CallError && error.reason === 'not_found';
      const why = error instanceof Error ? error.message : String(error);
      store.tell(() => ({ opened: { is: 'gone', id, why: gone ? null : why } }));
    }
    asking = false;
    pause = clock.after(PAUSE, () => {
      pause = null;
      look();
    });
  }

  return {
    look,
    changed(ids) {
      const id = store.present().ui.message?.id;
      // No names: all may have changed (a new snapshot).
      if (id === undefined || (ids.length > 0 && !ids.includes(id))) return;
      stale = true;
      look();
    },
  };
}

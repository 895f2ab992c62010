/** The heartbeat (G14): a URL that is called after each session without errors, so that somebody else notices when none comes. */
import type { Bus } from '../../base/bus.ts';
import { type Clock, type Duration, seconds } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { callWeb, hostOf } from './web-call.ts';

export interface Heartbeat {
  /** Resolves once no call is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const WITHIN: Duration = seconds(15);

/** `url` null: nobody is called. A call that fails is said in the operational log alone: that is what the other side is there to notice. */
export function startHeartbeat(
  url: string | null,
  { bus, clock, log }: { bus: Bus; clock: Clock; log: Log },
): Heartbeat {
  const stopping = new AbortController();
  let calling: Promise<void> | null = null;

  async function beat(to: string): Promise<void> {
    const why = await callWeb({ method: 'GET', url: to, body: null, within: WITHIN, clock, stop: stopping.signal });
    if (why !== null && !stopping.signal.aborted)
      log.warn('the heartbeat did not get through', { host: hostOf(to), why });
  }

  const unlisten = bus.listen((event) => {
    // One call at a time: the next session's says the same.
    if (url === null || event.type !== 'session.finished' || event.errors > 0 || calling) return;
    calling = beat(url).finally(() => (calling = null));
  });
  return {
    async idle() {
      await calling;
    },
    async close() {
      unlisten();
      stopping.abort();
      await calling;
    },
  };
}

/** When mail may leave (`Send at`): at once, with a download session, or at times of the week, each for one pass of the queue. */
import type { GatewayEvent } from '../../protocol/events.ts';
import type { Instant } from '../base/clock.ts';
import type { SendAt } from '../config/kinds/times.ts';
import { nextTime } from '../config/week-times.ts';

export interface SendTimes {
  /** May mail leave now? Reports to the internal server always may. */
  isOpen(now: Instant): boolean;
  /** When the next window opens by itself; null: not by the clock. */
  readonly next: Instant | null;
  /** Sessions open and close a window; a retry by an operator opens one. True: something may be due because of it. */
  hear(event: GatewayEvent): boolean;
  /** Somebody asks for a pass now. */
  open(): void;
  /** Nothing more is due: a pass is over. */
  passed(): void;
  /** The wall clock was set: times of the week are those of the new time (I17). */
  clockSet(now: Instant): void;
}

export function createSendTimes(sendAt: SendAt, now: Instant): SendTimes {
  const times = sendAt.is === 'at times' ? sendAt.times : [];
  let next = times.length > 0 ? nextTime(times, now) : null;
  let sessions = 0;
  let opened = false;

  return {
    isOpen(at) {
      if (sendAt.is === 'at once') return true;
      if (next !== null && next <= at) {
        opened = true;
        next = nextTime(times, at);
      }
      return opened || (sendAt.is === 'with session' && sessions > 0);
    },
    get next() {
      return next;
    },
    hear(event) {
      if (event.type === 'queue.changed' && event.change === 'retried') opened = true;
      else if (event.type === 'session.started') {
        sessions += 1;
        opened ||= event.trigger === 'once';
      } else if (event.type === 'session.finished') {
        sessions = Math.max(0, sessions - 1);
        opened ||= sendAt.is === 'with session'; // what came during it has its pass, however short it was
      } else return false;
      return sendAt.is !== 'at once';
    },
    open() {
      opened = true;
    },
    passed() {
      opened = false;
    },
    clockSet(at) {
      if (times.length > 0) next = nextTime(times, at);
    },
  };
}

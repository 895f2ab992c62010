/** What becomes of a message on its arrival beyond being queued: the policies of S117-S119. Asked once its header is known, before it is durable. */
import type { QueueEntry } from '../store/store.ts';
import { silencedBy } from './silent-drop.ts';

export type Arrived = Pick<QueueEntry, 'sender' | 'subject'> & {
  /** The first address of its From field; empty when there is none. */
  from: string;
};

export interface Arrival {
  /** Its subject begins with this prefix (S118): into the trash at once, and the client is told 250; null: into the queue. */
  silencedBy: string | null;
  /** Nobody's address here, and a session log is asked for because of that (S117). */
  unrecognised: boolean;
}

/** Pure. */
export type Receive = (message: Arrived) => Arrival;

/** Without any policy. */
export const takeEverything: Receive = () => ({ silencedBy: null, unrecognised: false });

export interface ArrivalSettings {
  /** S118: beginnings of subjects, decoded. */
  silentDropPrefixes: readonly string[];
  /** S117: a session log is asked for when a message of an unknown sender comes. */
  alertOnUnknownSender: boolean;
  /** S115: is it the address of a configured recipient, or one of its others? */
  knownSender(address: string): boolean;
}

export function createReceive({ silentDropPrefixes, alertOnUnknownSender, knownSender }: ArrivalSettings): Receive {
  return ({ sender, subject }) => {
    const prefix = silencedBy(subject, silentDropPrefixes);
    const unknown = alertOnUnknownSender && sender !== '' && !knownSender(sender);
    return { silencedBy: prefix, unrecognised: unknown && prefix === null };
  };
}

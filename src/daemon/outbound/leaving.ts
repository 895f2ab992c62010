/**
 * How a message leaves, as the sender asks for it: under which address, with which octets, and whether a copy stays. What is stored
 * is never changed: the same entry gives the same octets at each attempt, as long as the configuration is the same.
 */
import type { Body } from '../mail/body.ts';
import type { QueueEntry } from '../store/store.ts';

/** Through a relay, or to the mail exchangers of the recipients (where S121 is of no use). */
export type Whither = 'relay' | 'mail exchangers';

export interface Leaving {
  /** MAIL FROM's address (S112, S121), empty for the null sender. It chooses the relay and the login too, so it costs no look at the
   *  body. A report of our own keeps the null sender. Pure. */
  senderOf(entry: Pick<QueueEntry, 'sender' | 'from' | 'reportOn'>, to: Whither): string;
  /** The octets that leave (S112, S113, disclaimer); `bytes` is what SIZE says. `stored` is the entry's body, which may be read more
   *  than once; reading what comes back fails as reading it does. A message that nothing applies to is given back as it is. */
  bodyOf(entry: QueueEntry, stored: Body): Promise<Body>;
  /** The same octets, and a copy of them into the archive as they are read; null: nothing is archived. */
  archiving(entry: QueueEntry, body: Body): Archiving | null;
}

export interface Archiving {
  body: Body;
  /** Somebody has had the message: the copy stays, under the message's name, in place of one of an earlier attempt. Awaited before the
   *  result is recorded; never rejects: what fails is a problem that it raises, and the mail is sent all the same. */
  keep(): Promise<void>;
  /** Nobody has had it. Never rejects. */
  discard(): Promise<void>;
}

/** Nothing is rewritten and nothing archived. */
export const asItCame: Leaving = {
  senderOf: ({ sender }) => sender,
  bodyOf: async (_entry, stored) => stored,
  archiving: () => null,
};

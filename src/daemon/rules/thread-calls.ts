/** What the daemon and the thread that takes messages apart say to one another. */
import type { Scan } from '../mail/mime/scan.ts';

/** The next octets of a message. A new number begins a new message, and drops what was begun before. */
export interface Asked {
  message: number;
  octets: Uint8Array;
  last: boolean;
}

export type Told =
  /** So many octets were read: as many more may come. */
  | { message: number; taken: number }
  /** The message's end was read, or no more of it is needed. */
  | { message: number; scan: Scan };

/** What is found in a message: the attachments, where they lie, and what could not be told. */
import type { PartHeader } from './part-header.ts';

export interface Scan {
  /** In the order in which they stand. */
  attachments: FoundAttachment[];
  places: Place[];
  /** Why not all of the message could be read (too deep, too many parts …); null when all was. What was found so far stands. */
  unreadable: string | null;
  /** Why two mail readers may cut this message into different parts; null for one that all read alike. */
  ambiguous: string | null;
}

export interface FoundAttachment {
  /** Every reading of its name; empty when it has none. */
  names: string[];
  /** `application/pdf`; as the message says it, in lower case. */
  type: string;
  /** Index of where it lies: of the part itself, or of the encoded message that holds it. */
  place: number;
}

/** A part of the message as octets that can be left out. */
export interface Place {
  /** Where its header begins. */
  start: number;
  /** Behind its last octet; the line end before the delimiter that follows is not its own. */
  end: number;
  /** Nothing follows that would end its last line: no delimiter, or one that directly follows its header. */
  last: boolean;
  /** Of a part that is a whole message (the message itself, or one inside): its header without the fields that describe the content. */
  kept: Uint8Array | null;
  /** What is signed or encrypted as a whole with it, and would break. */
  sealed: 'signed' | 'encrypted' | null;
  /** It is one of several forms of the same text: a reader shows only one of them. */
  alternative: boolean;
}

/** A part whose end was seen, as a watcher is told of it; offsets are of the message. Parts inside an encoded message are not told. */
export interface SeenPart {
  header: PartHeader;
  /** Where its header begins. */
  start: number;
  /** Behind the empty line that ends its header. */
  bodyStart: number;
  /** As in Place. */
  end: number;
  last: boolean;
  sealed: Place['sealed'];
  /** What it stands in, outermost first: the types, where that begins, and the how manieth of its parts leads here (from 1). */
  within: { types: readonly string[]; start: number; child: number }[];
}

export type Watcher = (part: SeenPart) => void;

/** Parts within parts, messages within messages. Nobody's mail is deeper than a dozen (MSG06). */
export const DEEPEST = 100;

export const MOST_PARTS = 10_000;

/** Octets of one part's header; mailers write a few hundred. */
export const LONGEST_PART_HEADER = 262_144;

/** Characters of a boundary; RFC 2046 §5.1.1 allows 70, and no line is longer than 998 (RFC 5322 §2.1.1). */
export const LONGEST_BOUNDARY = 998;

/** Characters of all names together, and octets of all headers kept. */
export const MOST_TOLD = 1_048_576;

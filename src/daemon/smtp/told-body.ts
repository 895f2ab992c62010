/** A message as the dialogue wants it: not at all, its first lines, or whole; line by line, whatever the chunks were. */
import { BODY_HEAD_LINES, type Dialogue } from '../base/dialogue.ts';
import { decode } from './reply.ts';

export interface ToldBody {
  /** Octets as they go out. */
  push(octets: Uint8Array): void;
  /** All of it has gone out, or what has gone out is all: says how much of the message that was. */
  end(sent: 'whole' | 'in part'): void;
}

/** Octets of a line that are shown; a message may consist of one line of 50 MB. */
const LONGEST_SHOWN = 2_048;

const LF = 10;

export function tellBody(dialogue: Dialogue, octets: number): ToldBody {
  const wanted = dialogue.bodies;
  const most = wanted === 'whole' ? Number.POSITIVE_INFINITY : wanted === 'head' ? BODY_HEAD_LINES : 0;
  let told = 0;
  let sent = 0;
  let line = Buffer.alloc(0);

  function keep(part: Uint8Array): void {
    const room = LONGEST_SHOWN - line.length;
    if (room > 0) line = Buffer.concat([line, part.subarray(0, room)]);
  }

  function tellLine(): void {
    dialogue.tell('>', decode(line.at(-1) === 13 ? line.subarray(0, -1) : line));
    told += 1;
    line = Buffer.alloc(0);
  }

  return {
    push(part) {
      sent += part.length;
      let from = 0;
      while (told < most) {
        const end = part.indexOf(LF, from);
        keep(part.subarray(from, end === -1 ? part.length : end));
        if (end === -1) return;
        tellLine();
        from = end + 1;
      }
    },
    end(how) {
      if (line.length > 0 && told < most) tellLine();
      const size = grouped(octets);
      if (how === 'in part') dialogue.tell('*', `(cut off after ${grouped(sent)} of ${size} octets of message)`);
      else if (wanted === 'none') dialogue.tell('*', `(${size} octets of message)`);
      else if (wanted === 'head' && told === most) dialogue.tell('*', `(… ${size} octets of message)`);
    },
  };
}

/** `1,234,567`. Not by Intl: the first such call costs a message's time many times over, and every message comes by here. */
function grouped(octets: number): string {
  return String(octets).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

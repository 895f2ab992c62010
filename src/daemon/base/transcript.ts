/** The dialogue of one attempt, kept with the message (G02), while the trace of S94 hears the same lines. */
import type { Dialogue } from './dialogue.ts';

/** Lines kept from the start and from the end; a level-2 trace tells whole bodies, of which the middle matters least. */
const KEPT_HEAD = 80;
const KEPT_TAIL = 80;

/** Characters of a line that are kept. */
const LONGEST_LINE = 512;

export interface Transcript extends Dialogue {
  /** What was said since it was last taken: `< 220 …`, `> EHLO …`, `* …` */
  take(): string[];
}

/** `trace` hears everything too; it decides how much of bodies is told. */
export function createTranscript(trace: Dialogue): Transcript {
  let head: string[] = [];
  let tail: string[] = [];
  let left = 0;

  return {
    get bodies() {
      return trace.bodies;
    },
    tell(direction, line) {
      trace.tell(direction, line);
      const kept = `${direction} ${line.slice(0, LONGEST_LINE)}`;
      if (head.length < KEPT_HEAD) {
        head.push(kept);
        return;
      }
      tail.push(kept);
      if (tail.length <= KEPT_TAIL) return;
      tail.shift();
      left += 1;
    },
    take() {
      const lines = [...head, ...(left > 0 ? [`* … ${left} more lines`] : []), ...tail];
      head = [];
      tail = [];
      left = 0;
      return lines;
    },
  };
}

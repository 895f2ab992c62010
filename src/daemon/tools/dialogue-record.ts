/** The dialogue of one try, kept for whoever asked for it: bounded, and masked already by the part that speaks (S92). */
import type { Dialogue } from '../base/dialogue.ts';

/** Lines and characters of a line that are kept: a try says some dozen lines, unless the peer floods us. */
const MOST_LINES = 500;
const LONGEST_LINE = 1_000;

export interface DialogueRecord extends Dialogue {
  /** `> EHLO …`, `< 250 …`, `* Connected …` */
  readonly lines: string[];
}

export function recordDialogue(bodies: Dialogue['bodies'] = 'none'): DialogueRecord {
  const lines: string[] = [];
  return {
    bodies,
    lines,
    tell(direction, line) {
      if (lines.length < MOST_LINES) lines.push(`${direction} ${line.slice(0, LONGEST_LINE)}`);
      else if (lines.length === MOST_LINES) lines.push('* … more was said than is kept');
    },
  };
}

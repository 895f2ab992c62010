/**
 * Who listens to a protocol conversation: the trace of S91-S94, and the transcript that stays with a message (G02).
 * The speaker masks secrets before it tells a line (S92), so that no listener can leak one.
 */
export interface Dialogue {
  /** One line without its CRLF. `>` we said it, `<` the peer said it, `*` a remark of ours (connected, TLS, cut off). */
  tell(direction: '>' | '<' | '*', line: string): void;
  /** How much of message bodies is wanted, asked anew for each body: no line, the first lines, or all of them. */
  readonly bodies: 'none' | 'head' | 'whole';
}

/** Lines of a body that level 1 of a trace shows. */
export const BODY_HEAD_LINES = 12;

export const noDialogue: Dialogue = { tell() {}, bodies: 'none' };

/** Keeps each attempt's dialogue (G02): conversations are shared by many messages, and every message wants its own part. */
import type { Clock } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import { createTranscript, type Transcript } from '../base/transcript.ts';
import type { Envelope, SmtpConversation, SmtpFailure, SmtpOpened, SmtpPeer } from './conversation.ts';

/** Opens a conversation: the composition root gives `openSmtp`. */
export type OpenConversation = (
  peer: SmtpPeer,
  how: { clock: Clock; dialogue: Dialogue; stop: AbortSignal },
) => Promise<SmtpOpened>;

export interface Recorder {
  /** As the pool wants it. */
  open(peer: SmtpPeer, stop: AbortSignal): Promise<SmtpOpened>;
  /** What was said for this envelope, or while this failure came about: opening included where it was opened for it. */
  linesOf(what: Envelope | SmtpFailure): string[];
}

/** `trace` gives the listener of S94 for one conversation. */
export function createRecorder(
  open: OpenConversation,
  { clock, trace }: { clock: Clock; trace: (peer: SmtpPeer) => Dialogue },
): Recorder {
  const lines = new WeakMap<Envelope | SmtpFailure, string[]>();

  return {
    linesOf: (what) => lines.get(what) ?? [],
    async open(peer, stop) {
      const heard = trace(peer);
      const transcript = createTranscript(heard);
      const opened = await open(peer, { clock, dialogue: transcript, stop });
      if (opened.ok) return { ok: true, conversation: recorded(opened.conversation, { transcript, heard, lines }) };
      lines.set(opened.failure, transcript.take());
      return opened;
    },
  };
}

interface Recording {
  /** Of what belongs to no message: the opening, above all. */
  transcript: Transcript;
  /** Hears all of the conversation. */
  heard: Dialogue;
  lines: WeakMap<Envelope | SmtpFailure, string[]>;
}

function recorded(conversation: SmtpConversation, { transcript, heard, lines }: Recording): SmtpConversation {
  return {
    abilities: conversation.abilities,
    get usable() {
      return conversation.usable;
    },
    async send(envelope, body, stop, sending = {}) {
      const opening = transcript.take();
      // One of its own: where messages overlap, nothing of one may stand with the other.
      const dialogue = createTranscript(heard);
      try {
        return await conversation.send(envelope, body, stop, { ...sending, dialogue });
      } finally {
        // A conversation that had gone stale is followed by a fresh one for the same envelope.
        lines.set(envelope, [...(lines.get(envelope) ?? []), ...opening, ...dialogue.take(), ...transcript.take()]);
      }
    },
    quit: () => conversation.quit(),
    destroy: () => conversation.destroy(),
  };
}

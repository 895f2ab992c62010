/** How long a client of the listener may take: for its next command, and for each stretch of its message (CLI20). */
import { type Clock, minutes, seconds, type Timer } from '../base/clock.ts';

/** From our reply to the end of its next command (RFC 5321 §4.5.3.2.7); single octets do not extend it. */
export const COMMAND_DEADLINE = minutes(5);

/** The data rate is looked at this often: short beside the deadline, long beside a stall of the network. */
export const DATA_STRETCH = seconds(30);

export interface Pace {
  /** It is the client's turn. */
  awaitCommand(): void;
  /** The client sends its message. `received` counts octets; `blocked` is true while we are what it waits for. */
  awaitData(received: () => number, blocked: () => boolean): void;
  /** It is our turn. */
  rest(): void;
}

/** `late` is called once; the pace rests then. */
export function createPace(clock: Clock, minimumBytesPerSecond: number, late: (text: string) => void): Pace {
  let timer: Timer | null = null;

  function rest(): void {
    timer?.cancel();
    timer = null;
  }

  function nextStretch(received: () => number, blocked: () => boolean): void {
    const before = received();
    timer = clock.after(DATA_STRETCH, () => {
      const enough = (minimumBytesPerSecond * DATA_STRETCH) / seconds(1);
      if (received() - before >= enough || blocked()) nextStretch(received, blocked);
      else late('4.4.2 The message comes too slowly, closing connection');
    });
  }

  return {
    rest,
    awaitCommand() {
      rest();
      timer = clock.after(COMMAND_DEADLINE, () => late('4.4.2 Timeout, closing connection'));
    },
    awaitData(received, blocked) {
      rest();
      nextStretch(received, blocked);
    },
  };
}

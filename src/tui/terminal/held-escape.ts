/**
 * The keyboard behind a slow line: over SSH the bytes of one arrow key may come in several pieces, and Ink takes an ESC that is
 * alone for 20 ms for the key Esc. This stream holds an unfinished sequence a little longer (T25). It is what Ink reads from.
 */
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../clock.ts';

/** Milliseconds: with Ink's own 20 a real Esc acts within 120. */
export const HOLD_OVER_SSH = 95;

/** An ESC, or a CSI or SS3 sequence whose last byte has not come yet. */
// oxlint-disable-next-line no-control-regex -- the keys of a terminal are control sequences
const UNFINISHED = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*|O[\d;]*)?$/;

/** What this needs of a terminal's input. */
export interface TerminalInput extends NodeJS.ReadableStream {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export class HeldInput extends PassThrough {
  readonly isTTY = true;
  readonly #source: TerminalInput;
  readonly #clock: Clock;
  readonly #hold: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #stop: () => void;
  #held = '';
  #timer: { cancel(): void } | null = null;

  constructor(source: TerminalInput, { clock, hold }: { clock: Clock; hold: number }) {
    super();
    this.#source = source;
    this.#clock = clock;
    this.#hold = hold;
    const take = (chunk: Buffer | string) => this.#take(typeof chunk === 'string' ? chunk : this.#decoder.write(chunk));
    const end = () => this.emit('gone');
    source.on('data', take);
    source.on('end', end);
    source.on('close', end);
    source.on('error', end);
    this.#stop = () => {
      source.off('data', take);
      source.off('end', end);
      source.off('close', end);
    };
  }

  setRawMode(raw: boolean): this {
    try {
      this.#source.setRawMode?.(raw);
    } catch {
      // EIO: the terminal is another program's by now (whoever started us was killed). It is not ours to put in order.
      this.emit('gone');
    }
    return this;
  }

  ref(): this {
    this.#source.ref?.();
    this.#source.resume();
    return this;
  }

  /** Ink lets go of the input: nothing more is read, so that the bytes are left for the shell. */
  unref(): this {
    this.#source.pause();
    this.#source.unref?.();
    return this;
  }

  release(): void {
    this.#timer?.cancel();
    this.#stop();
    this.#source.pause();
  }

  #take(text: string): void {
    this.#timer?.cancel();
    this.#timer = null;
    const all = this.#held + text;
    const unfinished = this.#hold === 0 ? null : UNFINISHED.exec(all);
    this.#held = unfinished?.[0] ?? '';
    const whole = all.slice(0, all.length - this.#held.length);
    if (whole !== '') this.write(whole);
    if (this.#held !== '') this.#timer = this.#clock.after(this.#hold, () => this.#letGo());
  }

  #letGo(): void {
    const held = this.#held;
    this.#held = '';
    this.#timer = null;
    if (held !== '') this.write(held);
  }
}

/** How long to hold, by the environment. */
export function holdFor(env: Record<string, string | undefined>): number {
  return env['SSH_CONNECTION'] || env['SSH_TTY'] ? HOLD_OVER_SSH : 0;
}

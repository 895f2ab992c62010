/** Work that has to happen one piece after the other, and that nobody waits for. */

export interface Lane {
  /** Does it after all that came before. A throw is told to `failed`, and the next piece goes on. */
  run(work: () => Promise<void>): void;
  /** Pieces that wait or are under way. */
  readonly length: number;
  /** Resolves once nothing is left to do. */
  idle(): Promise<void>;
}

export function createLane(failed: (error: unknown) => void): Lane {
  let last = Promise.resolve();
  let length = 0;

  return {
    run(work) {
      length += 1;
      last = last
        .then(work)
        .catch(failed)
        .finally(() => {
          length -= 1;
        });
    },
    get length() {
      return length;
    },
    async idle() {
      // What ends may have brought about more.
      while (length > 0) await last;
    },
  };
}

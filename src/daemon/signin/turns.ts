/** One after the other: whoever comes while somebody is at work waits for his turn. */

export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is at work and nobody waits. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const mine = last.then(work);
      last = mine.catch(() => {});
      return mine;
    },
    async idle() {
      for (let seen = null; seen !== last; await last) seen = last;
    },
  };
}

/** What `work` comes to, or `otherwise` as soon as it is stopped; the work itself goes on. */
export function unlessStopped<T>(work: Promise<T>, stop: AbortSignal, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = () => resolve(otherwise);
    if (stop.aborted) stopped();
    stop.addEventListener('abort', stopped, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', stopped));
  });
}

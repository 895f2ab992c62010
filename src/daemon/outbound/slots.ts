/** Who may connect now: so many at a time, and so many of one domain. Whoever would wait for his domain alone holds up nobody (I19). */

export interface Slots {
  /** Resolves with what gives the place back; with null when the stop came first. */
  take(domain: string, stop: AbortSignal): Promise<(() => void) | null>;
  /** How many wait for a place with a domain. */
  waiting(domain: string): number;
}

export function createSlots(total: number, ofOneDomain: number): Slots {
  const taken = new Map<string, number>();
  const inLine = new Map<string, number>();
  const line: { domain: string; go: () => void }[] = [];
  let all = 0;

  const isFree = (domain: string) => all < total && (taken.get(domain) ?? 0) < ofOneDomain;

  function seat(domain: string): () => void {
    all += 1;
    count(taken, domain, 1);
    return () => {
      all -= 1;
      count(taken, domain, -1);
      serve();
    };
  }

  function serve(): void {
    while (all < total) {
      const at = line.findIndex(({ domain }) => isFree(domain));
      if (at === -1) return;
      line.splice(at, 1)[0]?.go();
    }
  }

  return {
    waiting: (domain) => inLine.get(domain) ?? 0,
    async take(domain, stop) {
      if (stop.aborted) return null;
      if (isFree(domain)) return seat(domain);

      count(inLine, domain, 1);
      const place = await new Promise<(() => void) | null>((resolve) => {
        const stopped = () => {
          line.splice(line.indexOf(waiting), 1);
          resolve(null);
        };
        const waiting = {
          domain,
          go() {
            stop.removeEventListener('abort', stopped);
            resolve(seat(domain));
          },
        };
        line.push(waiting);
        stop.addEventListener('abort', stopped, { once: true });
      });
      count(inLine, domain, -1);
      return place;
    },
  };
}

/** What is at zero is forgotten: domains are strangers', and there is no end to them. */
function count(counts: Map<string, number>, domain: string, by: 1 | -1): void {
  const now = (counts.get(domain) ?? 0) + by;
  if (now === 0) counts.delete(domain);
  else counts.set(domain, now);
}

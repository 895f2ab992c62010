/**
 * What the peers of the gateway were told and told it, in one order: the outside recorder. It outlives every crash, for it is
 * the test's own process that keeps it; a run is one life of the gateway, from a start to its end.
 */

export type Fact =
  /** It lies in the POP3 mailbox `from`. */
  | { readonly kind: 'to fetch'; readonly id: string; readonly digest: string; readonly from: string }
  | { readonly kind: 'fetched'; readonly id: string }
  | { readonly kind: 'to be deleted'; readonly id: string }
  /** QUIT was answered +OK. */
  | { readonly kind: 'deleted'; readonly id: string }
  /** A client has it for the gateway. */
  | { readonly kind: 'to send'; readonly id: string; readonly digest: string; readonly refused: boolean }
  /** The gateway said 250, and its name for it. */
  | { readonly kind: 'queued'; readonly id: string; readonly name: string }
  /** The client's final dot was sent, and no answer came. */
  | { readonly kind: 'doubted'; readonly id: string }
  /** A server has all of it, the final dot too. */
  | {
      readonly kind: 'delivered';
      readonly at: Place;
      readonly id: string;
      readonly digest: string;
      readonly name: string;
      readonly messageId: string;
      readonly about: string | null;
    }
  /** That server has said 250. */
  | { readonly kind: 'acknowledged'; readonly at: Place; readonly id: string };

export type Place = 'inside' | 'relay';
type Told = Fact & { readonly run: number };
export type Kind = Fact['kind'];
type Of<K extends Kind> = Extract<Told, { kind: K }>;

export interface History {
  /** In the order in which it happened. */
  readonly facts: readonly Told[];
  readonly run: number;
  nextRun(): void;
  tell(fact: Fact): void;
  of<K extends Kind>(kind: K): Of<K>[];
  /** Resolves in the very turn in which the condition comes true; rejects after a long while without that. */
  when(condition: () => boolean): Promise<void>;
}

/** Milliseconds: long beside the slowest start of a gateway on a busy machine. */
const LONG_ENOUGH = 60_000;

export function openHistory(): History {
  const facts: Told[] = [];
  const waiting = new Set<() => void>();
  let run = 0;

  return {
    facts,
    get run() {
      return run;
    },
    nextRun() {
      run += 1;
    },
    tell(fact) {
      facts.push({ ...fact, run });
      for (const look of waiting) look();
    },
    of: <K extends Kind>(kind: K) => facts.filter((fact): fact is Of<K> => fact.kind === kind),
    when: (condition) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(late);
          waiting.delete(look);
          settle();
        };
        const look = () => {
          if (condition()) end(resolve);
        };
        const why = () => new Error(`In vain; the last facts were ${JSON.stringify(facts.slice(-5))}`);
        const late = setTimeout(() => end(() => reject(why())), LONG_ENOUGH);
        waiting.add(look);
        look();
      }),
  };
}

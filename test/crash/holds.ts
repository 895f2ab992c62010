/** Points at which a fake peer waits for the test: everybody who comes there is held until it is released. */
import { until } from '../kit/until.ts';

export interface Held {
  /** Resolves when somebody is held there; throws when nobody comes. */
  reached(): Promise<void>;
  release(): void;
}

export interface Holds<Point extends string> {
  /** The test: from now on nobody passes. */
  at(point: Point): Held;
  /** The peer: would somebody be held here now? */
  holds(point: Point): boolean;
  /** The peer: resolves at once where nobody is held. */
  pass(point: Point): Promise<void>;
  releaseAll(): void;
}

interface Gate {
  reached: boolean;
  readonly open: PromiseWithResolvers<void>;
}

export function openHolds<Point extends string>(): Holds<Point> {
  const gates = new Map<Point, Gate>();
  const release = (point: Point) => {
    gates.get(point)?.open.resolve();
    gates.delete(point);
  };

  return {
    at(point) {
      const gate: Gate = { reached: false, open: Promise.withResolvers() };
      gates.set(point, gate);
      return {
        async reached() {
          await until(`somebody at the point "${point}"`, () => gate.reached || undefined);
        },
        release: () => release(point),
      };
    },
    holds: (point) => gates.has(point),
    async pass(point) {
      const gate = gates.get(point);
      if (gate === undefined) return;
      gate.reached = true;
      await gate.open.promise;
    },
    releaseAll() {
      for (const point of gates.keys()) release(point);
    },
  };
}

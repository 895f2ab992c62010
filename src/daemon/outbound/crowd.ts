/** How many clients there are, in all and from each address (CLI21). O(1) for each of them. */
import type { Refusal } from './refusal.ts';

export interface Crowd {
  /** Null: it is in, and leaves by `leave`. */
  enter(address: string): Refusal | null;
  leave(address: string): void;
}

const TOO_MANY: Refusal = { code: 421, text: '4.7.0 Too many connections, try again later' };
const TOO_MANY_FROM_YOU: Refusal = { code: 421, text: '4.7.0 Too many connections from your address, try again later' };

export function createCrowd(limits: { all: number; perAddress: number }): Crowd {
  const from = new Map<string, number>();
  let all = 0;

  return {
    enter(address) {
      const same = from.get(address) ?? 0;
      if (all >= limits.all) return TOO_MANY;
      if (same >= limits.perAddress) return TOO_MANY_FROM_YOU;
      all += 1;
      from.set(address, same + 1);
      return null;
    },
    leave(address) {
      const same = from.get(address) ?? 0;
      all -= 1;
      if (same > 1) from.set(address, same - 1);
      else from.delete(address);
    },
  };
}

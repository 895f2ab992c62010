/** A gateway whose parts answer with samples, and commands that ask it, in this process. */
import type { Answered } from '../../src/daemon/control/gateway.ts';
import type { ResultOf } from '../../src/protocol/commands.ts';
import type { CallError } from '../../src/protocol/errors.ts';
import { startControl, tellStart } from '../control/world.ts';
import { atTerminal, inPipe } from './mailgate.ts';

export async function startGateway() {
  const world = await startControl();
  tellStart(world.bus);
  const { gateway, home } = world;
  return {
    ...world,
    /** Runs a command in a pipe. */
    ask: (...args: string[]) => inPipe([...args, '--home', home]),
    pipe: (typed: string | Uint8Array, ...args: string[]) => inPipe([...args, '--home', home], { typed }),
    type: (typed: string, ...args: string[]) => atTerminal([...args, '--home', home], { typed }),
    asked: () => gateway.asked,
    /** The range that was asked for last. */
    range(): { offset: number; limit: number } {
      const last = gateway.asked.at(-1)?.with as { offset: number; limit: number } | undefined;
      if (last === undefined) throw new Error('Nothing was asked.');
      return last;
    },
    /** From now on a part answers so. */
    answer<M extends Answered>(method: M, result: ResultOf<M>) {
      Object.assign(gateway.replies, { [method]: async () => result });
    },
    refuse(method: Answered, error: CallError) {
      Object.assign(gateway.replies, { [method]: () => Promise.reject(error) });
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

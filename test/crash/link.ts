/** One question to a running gateway over its control socket. */
import { createClient } from '../../src/protocol/client.ts';
import type { MethodName, ParamsOf, ResultOf } from '../../src/protocol/commands.ts';

/** Rejects when it does not answer. */
export async function ask<M extends MethodName>(
  home: { file(name: string): string },
  method: M,
  params: ParamsOf<M>,
): Promise<ResultOf<M>> {
  const live = Promise.withResolvers<void>();
  const client = createClient(
    { socket: home.file('control.sock') },
    {
      state(state) {
        if (state.kind === 'live') live.resolve();
        if (state.kind === 'lost') live.reject(new Error(state.reason));
      },
      snapshot() {},
      events() {},
    },
    { reconnect: false, subscribe: false },
  );
  try {
    await live.promise;
    return await client.call(method, params);
  } finally {
    client.close();
  }
}

/** A call with an id that is unique for good is done once: who lost the answer asks again, on any connection, and gets the same (WS10, I26). */
import { CallError } from '../../protocol/errors.ts';
import type { RequestId } from '../../protocol/frames.ts';

/** Shorter ones, and numbers, are only unique on one connection, where an answer cannot get lost alone. */
const UNIQUE_FROM = 16;
/** Answers that are kept; a client asks again within seconds. */
const KEPT = 500;

export type Once = (
  id: RequestId,
  call: { method: string; params: unknown },
  run: () => Promise<unknown>,
) => Promise<unknown>;

export function createOnce(): Once {
  const answers = new Map<RequestId, { call: string; answer: Promise<unknown> }>();

  return (id, call, run) => {
    if (typeof id === 'number' || id.length < UNIQUE_FROM) return run();

    const key = JSON.stringify(call);
    const known = answers.get(id);
    if (known?.call === key) return known.answer;
    if (known) return Promise.reject(new CallError('invalid_request', 'This id was used for another call.'));

    const answer = run();
    answers.set(id, { call: key, answer });
    const [oldest] = answers.keys();
    if (answers.size > KEPT && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}

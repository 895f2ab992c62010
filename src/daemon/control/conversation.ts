/**
 * What one client asks, and what it hears: each request gets its reply, whatever is in it, and at a stop no call is left without one.
 * A client that goes away leaves its calls to end unseen.
 */
import { closeCodes, type ErrorName } from '../../protocol/errors.ts';
import { decodeRequest, encodeError, type Request } from '../../protocol/frames.ts';
import type { Timer } from '../base/clock.ts';
import type { Visitor } from './access.ts';
import type { Calls } from './calls.ts';
import { createOutbox, type Outbox, type OutboxParts, type Wire } from './outbox.ts';

export interface Conversation {
  readonly outbox: Outbox;
  /** One frame; null: a binary one. Resolves when its reply is on its way; rejects only at a bug. */
  hear(text: string | null): Promise<void>;
  /** What it has not had yet, the answers that are nearly there too, then goodbye. */
  leave(): void;
}

export interface ConversationParts {
  parts: OutboxParts;
  calls: Calls;
  flushSoon: () => void;
}

const UNUSABLE = new Set(['parse_error', 'invalid_request', 'unknown_method', 'invalid_params', 'forbidden']);
const STOPPING = 'The gateway is stopping.';
const binary: Request = { ok: false, id: null, reason: 'invalid_request', message: 'Frames are text.' };

export function createConversation(
  wire: Wire,
  visitor: Visitor,
  { parts, calls, flushSoon }: ConversationParts,
): Conversation {
  const { clock, limits } = parts;
  const outbox = createOutbox(wire, parts);
  const working = new Set<Pick<Request, 'id'>>();
  let leaving: Timer | null = null;
  let bad = 0;
  const caller = {
    ...visitor,
    follow(...how: Parameters<Outbox['follow']>) {
      outbox.follow(...how);
      flushSoon();
    },
  };

  async function hear(text: string | null): Promise<void> {
    const request = text === null ? binary : decodeRequest(text);
    if (leaving !== null) return tell(request, 'stopping', STOPPING);
    if (working.size >= limits.calls) return tell(request, 'refused', `More than ${limits.calls} calls at once.`);
    const call = { id: request.id };
    working.add(call);
    const { frame, error } = await calls(request, caller);
    if (!working.delete(call)) return; // it has heard that the gateway stops
    outbox.send(frame);
    if (leaving !== null && working.size === 0) return goodbye();

    bad = error !== null && UNUSABLE.has(error) ? bad + 1 : 0;
    if (bad >= limits.badRequests) wire.close(closeCodes.tooManyErrors, 'too many unusable requests');
  }

  function tell({ id }: Pick<Request, 'id'>, reason: ErrorName, message: string): void {
    outbox.send(encodeError(id, { reason, message, details: undefined }));
  }

  function goodbye(): void {
    leaving?.cancel();
    for (const call of working) tell(call, 'stopping', STOPPING);
    working.clear();
    outbox.flush();
    outbox.close();
    wire.close(closeCodes.stopping, 'stopping');
    clock.after(limits.closing, () => wire.terminate());
  }

  return {
    outbox,
    hear,
    leave() {
      leaving = clock.after(limits.lastAnswers, goodbye);
      if (working.size === 0) goodbye();
    },
  };
}

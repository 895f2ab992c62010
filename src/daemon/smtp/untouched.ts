/**
 * Which results are of messages that no peer has heard of: the conversation had gone stale, and nothing was answered.
 * Between the client and the pool only, which then uses a fresh conversation instead of deferring the message.
 */
import type { SendResult } from './conversation.ts';

const untouched = new WeakSet<SendResult>();

export function markUntouched(result: SendResult): SendResult {
  untouched.add(result);
  return result;
}

export const isUntouched = (result: SendResult): boolean => untouched.has(result);

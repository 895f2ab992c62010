/** `queue.freeze` and `sending.pause`: what rests, for a time or until told otherwise. */
import { seconds } from '../../base/clock.ts';
import type { RestWish } from '../gateway.ts';
import type { Command, MethodParts } from './method.ts';
import { withReason } from './told.ts';

interface Params {
  on: boolean;
  forSeconds?: number | undefined;
  reason?: string | undefined;
}

export function restCommands({ gateway, clock }: MethodParts): {
  'queue.freeze': Command<'queue.freeze'>;
  'sending.pause': Command<'sending.pause'>;
} {
  const wishOf = ({ on, forSeconds, reason = '' }: Params): RestWish => ({
    ...{ on, reason },
    until: on && forSeconds !== undefined ? clock.now() + seconds(forSeconds) : null,
  });
  const what = ({ on, forSeconds, reason }: Params) =>
    withReason(`${on ? 'on' : 'off'}${on && forSeconds !== undefined ? ` for ${forSeconds} s` : ''}`, reason);

  return {
    'queue.freeze': {
      what,
      run: async (params, { by }) => ({ frozen: await gateway.queue.freeze(wishOf(params), by) }),
      told: ({ frozen }) => (frozen === null ? 'off' : 'on'),
    },
    'sending.pause': {
      what,
      run: async (params, { by }) => ({ paused: await gateway.queue.pause(wishOf(params), by) }),
      told: ({ paused }) => (paused === null ? 'off' : 'on'),
    },
  };
}

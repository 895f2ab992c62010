/** The gateway as the screen needs it; `protocol/client` is fitted to this in `main.tsx`, tests bring their own. */
import type { MethodName, ParamsOf, ResultOf } from '../../protocol/commands.ts';
import type { GatewayEvent } from '../../protocol/events.ts';
import type { Role } from '../../protocol/model.ts';
import type { GatewayState } from '../../protocol/state.ts';

export type LinkState =
  | { kind: 'connecting' }
  /** `now`: the gateway's clock, so that its difference can be shown. */
  | { kind: 'live'; hello: { role: Role; now: string } }
  /** `retryAt`: milliseconds since 1970; null: nobody tries again (another version, a refused token). */
  | { kind: 'lost'; reason: string; retryAt: number | null };

export type GatewayListener = {
  state(state: LinkState): void;
  /** Replaces all that was known; `seq` is the number of the last event in it. */
  snapshot(state: GatewayState, seq: number): void;
  /** In order, without a gap since the snapshot. */
  events(events: GatewayEvent[]): void;
};

/** Milliseconds that an answer may take; null: as long as a person takes. Without it the link's own patience. */
export type Patience = { timeout: number | null };

export interface GatewayLink {
  /** Rejects with a `CallError`, or with any error when the link is gone. */
  call<M extends MethodName>(method: M, params: ParamsOf<M>, patience?: Patience): Promise<ResultOf<M>>;
  /** Tries again at once when the link is lost. */
  retryNow(): void;
  close(): void;
}

export type Connect = (listener: GatewayListener) => GatewayLink;

/**
 * Access tokens for everybody who logs in with one (G06): signed in by a person, kept sealed, renewed in time; or printed by a
 * program. Subjects are named by their key (`POP3 account: sales`) or as a person would (`sales`).
 */
import type { Alerts } from '../base/alerts.ts';
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, minutes, seconds, wait } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { Vault } from '../config/secrets.ts';
import { createBoard } from './board.ts';
import { type Keep, openCabinet } from './cabinet.ts';
import { createTokenCommand, type TokenCommand } from './command.ts';
import { type Flow, type Invitation, nothing, type Outcome, startFlow } from './flow.ts';
import type { Fetch } from './http.ts';
import { createKeeper, type Keeper, type SignInStatus, type TokenAnswer } from './keeper.ts';
import type { SignInSettings } from './settings.ts';
import { findSubject, type SignedSubject, type Subject, unknownSubject } from './subject.ts';
import { unlessStopped } from './turns.ts';

export interface SignInParts {
  readonly settings: SignInSettings;
  readonly keep: Keep;
  readonly vault: Pick<Vault, 'find' | 'seal'>;
  readonly clock: Clock;
  readonly alerts: Alerts;
  readonly bus: Bus;
  readonly fetch: Fetch;
  /** Random octets. */
  readonly chance: (octets: number) => Uint8Array;
}

export type Start =
  | ({ readonly ok: true } & Invitation)
  | { readonly ok: false; readonly kind: 'unknown' | 'refused' | 'temporary'; readonly message: string };

export interface SignIns {
  /** Begins a sign-in; one of the same subject that waits is cancelled. */
  start(subject: string, stop: AbortSignal): Promise<Start>;
  /** What comes of the sign-in that was begun last. The stop ends the waiting only. */
  wait(subject: string, stop: AbortSignal): Promise<Outcome>;
  /** The address that a sign-in by browser led to. What is unfit changes nothing; the sign-in goes on. */
  answer(subject: string, address: string): Promise<Outcome>;
  /** False: none waits. */
  cancel(subject: string): boolean;
  /** False: there was nothing. */
  forget(subject: string): Promise<boolean>;
  /** Null: nobody of that name is signed in by a person. */
  status(subject: string): Promise<SignInStatus | null>;
  tokenFor(subject: string, stop: AbortSignal): Promise<TokenAnswer>;
  /** The server did not take that token: the next one is another. */
  rejected(subject: string, token: Secret): void;
  /** A loop for `Tasks.run`: renews what would die of disuse, and tells in time what ends. */
  run(stop: AbortSignal): Promise<void>;
  /** Cancels what waits for people, and lets renewals end: their refresh tokens must not get lost. */
  close(): Promise<void>;
}

const LONGEST_LOOK: Duration = minutes(60);

/** A renewal that is under way at the stop has this long to end (I27: 30 s in all). */
const LAST_RENEWALS: Duration = seconds(10);

export function createSignIns(parts: SignInParts): SignIns {
  const { settings, clock, fetch, chance } = parts;
  const { subjects, home } = settings;
  const cabinet = openCabinet(parts.keep, parts.vault);
  const board = createBoard(parts);
  const keepers = new Map<string, { subject: SignedSubject; keeper: Keeper }>();
  const commands = new Map<string, TokenCommand>();
  const flows = new Map<string, { flow: Flow; over: boolean }>();

  for (const subject of subjects) {
    const { key, source } = subject;
    if (source.is === 'command') commands.set(key, createTokenCommand(subject, source.words, { clock, home }));
    else {
      const signed = { ...subject, source };
      keepers.set(key, { subject: signed, keeper: createKeeper(signed, { cabinet, board, clock, fetch }) });
    }
  }

  const found = (named: string): Subject | null => findSubject(subjects, named);
  const keeperOf = (named: string) => keepers.get(found(named)?.key ?? '');
  const flowOf = (named: string) => flows.get(found(named)?.key ?? '');
  const giverOf = (named: string): Pick<Keeper, 'tokenFor' | 'rejected'> | undefined =>
    keeperOf(named)?.keeper ?? commands.get(found(named)?.key ?? '');

  function cancel(named: string): boolean {
    const waiting = flowOf(named);
    if (waiting === undefined || waiting.over) return false;
    waiting.flow.cancel();
    return true;
  }

  return {
    async start(named, stop) {
      const mine = keeperOf(named);
      if (mine === undefined) {
        const subject = found(named);
        const message =
          subject === null ? unknownSubject(subjects, named) : `The token of ${subject.key} comes from a program.`;
        return { ok: false, kind: 'unknown', message };
      }

      cancel(named);
      const started = await startFlow(mine.subject, { clock, fetch, chance, keeper: mine.keeper }, stop);
      if (!started.ok) return started;

      cancel(named); // of two that were begun at once the last one stays
      const entry = { flow: started.flow, over: false };
      flows.set(mine.subject.key, entry);
      const over = () => {
        entry.over = true;
      };
      started.flow.outcome.then(over, over);
      return { ok: true, ...started.flow.invitation };
    },

    async wait(named, stop) {
      const waiting = flowOf(named);
      if (waiting === undefined) return nothing('No sign-in was begun.');
      return await Promise.race([waiting.flow.outcome, aborted(stop)]);
    },

    async answer(named, address) {
      const waiting = flowOf(named);
      if (waiting === undefined || waiting.over) return nothing('No sign-in waits for an address: begin again.');
      return await waiting.flow.answer(address);
    },

    cancel,

    async forget(named) {
      cancel(named);
      return (await keeperOf(named)?.keeper.forget()) ?? false;
    },

    status: async (named) => (await keeperOf(named)?.keeper.status()) ?? null,

    async tokenFor(named, stop) {
      const giver = giverOf(named);
      if (giver === undefined) return { ok: false, kind: 'login', message: unknownSubject(subjects, named) };
      return await giver.tokenFor(stop);
    },

    rejected: (named, token) => giverOf(named)?.rejected(token),

    async run(stop) {
      while (!stop.aborted) {
        // Side by side: one provider that does not answer keeps no other waiting.
        const tending = Promise.all([...keepers.values()].map(({ keeper }) => keeper.tend()));
        const pauses = await unlessStopped(tending, stop, []);
        await wait(clock, Math.min(LONGEST_LOOK, ...pauses), stop).catch(() => {});
      }
    },

    async close() {
      for (const { flow } of flows.values()) flow.cancel();
      await Promise.allSettled([...flows.values()].map(({ flow }) => flow.outcome));
      const parts = [...[...keepers.values()].map(({ keeper }) => keeper), ...commands.values()];
      const late = new AbortController();
      const timer = clock.after(LAST_RENEWALS, () => late.abort());
      await unlessStopped(Promise.all(parts.map((part) => part.idle())), late.signal, []);
      timer.cancel();
    },
  };
}

const aborted = (stop: AbortSignal): Promise<Outcome> =>
  new Promise((resolve) => {
    const end = () => resolve(nothing('Stopped waiting; the sign-in goes on.'));
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
  });

/**
 * The external store of the screen: world, reader and size in one value that changes its identity only when a frame is due. What
 * the gateway tells is coalesced to 10 frames a second; a key is drawn at once; nothing is drawn when nothing changed (T04, T06).
 */
import type { Clock } from '../clock.ts';
import { LARGEST } from '../layout.ts';
import type { Look } from '../look.ts';
import { emptyLog } from './log.ts';
import { firstUi, type Shown, type Size, type Ui, type World } from './model.ts';
import { noRates } from './rates.ts';
import { nextChange } from './wake.ts';

/** Milliseconds between two frames that the gateway causes. */
const TICK = 100;

export interface Store {
  readonly subscribe: (listener: () => void) => () => void;
  /** What the last frame was drawn from. */
  readonly drawn: () => Shown;
  /** What is so now, drawn or not. */
  readonly present: () => Shown;
  /** The gateway told something: drawn with the next tick. */
  readonly tell: (change: (world: World) => Partial<World>) => void;
  /** The reader did something: drawn at once. */
  readonly go: (change: (ui: Ui) => Ui) => void;
  /** Something changed beside a key (an answer came): drawn with the next tick. */
  readonly amend: (change: (ui: Ui) => Ui) => void;
  readonly resize: (size: Size) => void;
  readonly close: () => void;
}

export type StoreOptions = { clock: Clock; look: Look; size: Size; target: string; readOnly: boolean };

export function createStore({ clock, look, size, target, readOnly }: StoreOptions): Store {
  let world = emptyWorld(target);
  let ui = firstUi;
  let bounds = bounded(size);
  let tick: { cancel(): void } | null = null;
  let wake: { cancel(): void } | null = null;
  let lastFrame = Number.NEGATIVE_INFINITY;
  let closed = false;
  const listeners = new Set<() => void>();

  const present = (): Shown => ({ world, ui, size: bounds, look, now: clock.now(), readOnly });
  let drawn = present();

  function draw(): void {
    tick?.cancel();
    tick = null;
    if (closed) return;
    lastFrame = clock.now();
    ui = withoutOldNotice(ui, lastFrame);
    drawn = present();
    for (const listener of listeners) listener();
    sleep();
  }

  function soon(): void {
    if (tick !== null || closed) return;
    // A clock that jumps back would make the wait longer than a tick.
    const passed = Math.max(0, clock.now() - lastFrame);
    tick = clock.after(Math.max(0, TICK - passed), draw);
  }

  function sleep(): void {
    wake?.cancel();
    const pause = nextChange(drawn);
    wake = pause === null ? null : clock.after(pause, draw);
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    drawn: () => drawn,
    present,
    tell(change) {
      world = { ...world, ...change(world) };
      soon();
    },
    go(change) {
      ui = change(ui);
      draw();
    },
    amend(change) {
      const next = change(ui);
      if (next === ui) return;
      ui = next;
      soon();
    },
    resize(next) {
      bounds = bounded(next);
      draw();
    },
    close() {
      closed = true;
      tick?.cancel();
      wake?.cancel();
      listeners.clear();
    },
  };
}

function emptyWorld(target: string): World {
  return {
    target,
    link: { is: 'connecting' },
    gateway: null,
    heardAt: null,
    logs: { session: emptyLog(), outbound: emptyLog(), traces: emptyLog() },
    rates: noRates(null),
    queue: { filter: '', total: null, from: 0, rows: [], wrong: null },
    opened: null,
    accounts: { details: null, wrong: null },
  };
}

function withoutOldNotice(ui: Ui, now: number): Ui {
  const until = ui.notice?.until ?? null;
  return until !== null && until <= now ? { ...ui, notice: null } : ui;
}

/** A terminal that does not say its size is taken for 80x24, as the rest of the world does. */
function bounded({ columns, rows }: Size): Size {
  return {
    columns: Math.min(LARGEST.columns, columns > 0 ? columns : 80),
    rows: Math.min(LARGEST.rows, rows > 0 ? rows : 24),
  };
}

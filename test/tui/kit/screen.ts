/** The whole screen on a fake terminal: a gateway in memory, a clock that the test moves, keys that are typed. */
import { linesOf } from '../../../src/protocol/lines.ts';
import type { QueuedMessage } from '../../../src/protocol/model.ts';
import type { Look } from '../../../src/tui/look.ts';
import { openScreen, type Screen } from '../../../src/tui/screen.tsx';
import { type ManualClock, manualClock } from '../../kit/clock.ts';
import { until } from '../../kit/until.ts';
import { morning, NOON, queueOf, type Told } from './facts.ts';
import { type FakeGateway, fakeGateway } from './gateway.ts';
import { plainLook } from './shown.ts';
import { FakeKeyboard, FakeTerminal, type Widths } from './terminal.ts';

export type TestScreen = AsyncDisposable & {
  gateway: FakeGateway;
  clock: ManualClock;
  terminal: FakeTerminal;
  keyboard: FakeKeyboard;
  screen: Screen;
  stops: number;
  type(keys: string): void;
  /** Waits until the screen is so; time passes by ticks, so that what is due is drawn. */
  sees(what: string | RegExp): Promise<string>;
  lacks(what: string): Promise<string>;
  /** Waits until nothing more is drawn: whatever was asked has been answered. */
  stands(): Promise<string>;
};

export type TestScreenOptions = {
  told?: readonly Told[];
  queue?: QueuedMessage[];
  size?: [number, number];
  look?: Partial<Look>;
  readOnly?: boolean;
  env?: Record<string, string>;
  widths?: Widths;
  live?: boolean;
};

/** Milliseconds that pass at each look, and in all. */
const STEP = 30;
const ENOUGH_FOR_A_TICK = 120;
/** Looks at the same screen that make it still: longer than a tick, and than Ink waits for the rest of a key. */
const STILL_LOOKS = 5;

export const key = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  pageUp: '\x1b[5~',
  pageDown: '\x1b[6~',
  enter: '\r',
  esc: '\x1b',
  ctrlC: '\x03',
  ctrlZ: '\x1a',
};

export function startScreen(options: TestScreenOptions = {}): TestScreen {
  const { told = morning(), queue = queueOf(14), size = [120, 40], look, readOnly = false, env = {}, widths } = options;
  const gateway = fakeGateway(told, queue);
  const clock = manualClock(NOON);
  const terminal = new FakeTerminal(size[0], size[1], widths);
  const keyboard = new FakeKeyboard();
  const full: Look = { ...plainLook, ...look };
  const screen = openScreen({
    connect: gateway.connect,
    linesOf: (event) => linesOf(event, full.language, { zone: 'UTC' }),
    clock,
    look: full,
    target: '/srv/mailgate/control.sock',
    readOnly,
    env,
    stdin: keyboard,
    stdout: terminal,
    stop: () => {
      test.stops += 1;
    },
  });
  if (options.live !== false) gateway.goLive(readOnly ? 'viewer' : 'admin');

  const test: TestScreen = {
    gateway,
    clock,
    terminal,
    keyboard,
    screen,
    stops: 0,
    type: (keys) => void keyboard.write(keys),
    sees: (what) => wait(String(what), (text) => (typeof what === 'string' ? text.includes(what) : what.test(text))),
    async stands() {
      let before = '';
      let same = 0;
      return wait('a screen that stands still', (text) => {
        same = text === before ? same + 1 : 0;
        before = text;
        return same >= STILL_LOOKS;
      });
    },
    lacks: (what) => wait(`no ${what}`, (text) => !text.includes(what)),
    async [Symbol.asyncDispose]() {
      screen.end();
      await screen.ended;
    },
  };

  async function wait(what: string, holds: (text: string) => boolean): Promise<string> {
    let passed = 0;
    return until(
      what,
      async () => {
        // As long as a tick takes, and no longer: what the screen says of times stays what the test set.
        if (passed < ENOUGH_FOR_A_TICK) await clock.advance(STEP);
        passed += STEP;
        const text = terminal.text();
        return holds(text) ? text : undefined;
      },
      { within: 10_000, otherwise: () => terminal.text() },
    );
  }
  return test;
}

/**
 * The screen from its first frame to the terminal as it was before: store, link and keys put together, Ink on top. Whatever ends it
 * (a key, a signal, a lost terminal, a bug), the terminal is given back first (T02).
 */
import { render } from 'ink';
import type { GatewayEvent } from '../protocol/events.ts';
import { createActions } from './actions.ts';
import type { Clock } from './clock.ts';
import { createKeyboard } from './keyboard.ts';
import { type AccountsReader, createAccountsReader } from './link/accounts-reader.ts';
import { createFollower } from './link/follow.ts';
import type { Connect } from './link/gateway.ts';
import { createMessageReader } from './link/message-reader.ts';
import { createQueueReader, type Reader } from './link/queue-reader.ts';
import { createSignInWaiter } from './link/sign-in-waiter.ts';
import type { Look } from './look.ts';
import { App, type Suspend } from './screens/app.tsx';
import { createStore } from './store/store.ts';
import { HeldInput, holdFor, type TerminalInput } from './terminal/held-escape.ts';
import { boundedOutput, type TerminalOutput } from './terminal/output.ts';

/** Milliseconds within which a process that may be stopped has been. */
const STOP_TAKES = 500;

/** Milliseconds that a terminal has to take the last bytes. */
const LAST_WORDS = 500;

export type ScreenOptions = {
  connect: Connect;
  linesOf: (event: GatewayEvent) => string[];
  clock: Clock;
  look: Look;
  target: string;
  readOnly: boolean;
  env: Record<string, string | undefined>;
  stdin: TerminalInput;
  stdout: TerminalOutput;
  /** Stops this process as Ctrl-Z does, after the terminal was given back; it returns when the process goes on. */
  stop: () => void;
};

export type Screen = {
  /** Resolves when the screen has ended and the terminal is as it was; `failed` carries what went wrong, if anything did. */
  ended: Promise<{ failed: unknown }>;
  end: (failed?: unknown) => void;
  /** After a stop from outside: everything is drawn again, for the shell may have written over it (T30). */
  continued: () => void;
};

export function openScreen(options: ScreenOptions): Screen {
  const { clock, look, target, readOnly, stdout } = options;
  const output = boundedOutput(stdout);
  const store = createStore({ clock, look, size: sizeOf(output), target, readOnly });
  const readers: Reader[] = [];
  const changed = (ids: readonly string[]): void => {
    for (const reader of readers) reader.changed(ids);
  };
  let accounts: AccountsReader | null = null;
  const accountsChanged = (anew?: 'anew'): void => accounts?.changed(anew);
  const follower = createFollower({ store, clock, linesOf: options.linesOf, changed, accountsChanged });
  const link = options.connect(follower);
  follower.use(link);
  readers.push(createQueueReader({ store, link, clock }), createMessageReader({ store, link, clock }));
  accounts = createAccountsReader({ store, link, clock });
  const looking = [...readers, accounts, createSignInWaiter({ store, link, clock })];
  store.subscribe(() => {
    for (const reader of looking) reader.look();
  });

  let suspend: Suspend | null = null;
  let suspended: { resume: () => Promise<void> } | null = null;
  let over = false;
  const { promise: ended, resolve } = Promise.withResolvers<{ failed: unknown }>();

  const input = new HeldInput(options.stdin, { clock, hold: holdFor(options.env) });
  const perform = createActions({ store, link, clock, quit: () => end(), suspend: () => void stopped() });
  const resized = (): void => store.resize(sizeOf(output));
  const gone = (): void => end();
  // Before Ink listens: by the time that it draws for the new size, the rows are those of the new size.
  stdout.on('resize', resized);
  stdout.on('error', gone);
  input.on('gone', gone);

  const ink = render(
    <App
      store={store}
      keyboard={createKeyboard(store, perform)}
      onReady={(ready) => {
        suspend = ready;
      }}
    />,
    {
      stdin: input as unknown as NodeJS.ReadStream,
      stdout: output as unknown as NodeJS.WriteStream,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      exitOnCtrlC: false,
      // Nothing here writes to the console, and Ink would put it into the page.
      patchConsole: false,
      isScreenReaderEnabled: false,
      // The data come 10 times a second; a rate of Ink's own near that would beat against it (packages.md).
      maxFps: 120,
    },
  );
  ink.waitUntilExit().then(
    () => end(),
    (error: unknown) => end(error),
  );

  function end(failed?: unknown): void {
    if (over) return;
    over = true;
    ink.unmount();
    link.close();
    store.close();
    input.release();
    stdout.off('resize', resized);
    // The terminal has it all, or takes nothing more.
    const late = clock.after(LAST_WORDS, () => resolve({ failed }));
    stdout.write('', () => {
      late.cancel();
      resolve({ failed });
    });
  }

  async function stopped(): Promise<void> {
    if (suspend === null || suspended !== null) return;
    suspended = await suspend();
    options.stop();
    // A shell without job control does not stop anyone: then the screen comes back by itself.
    clock.after(STOP_TAKES, () => {
      if (suspended !== null) void continued();
    });
  }

  async function continued(): Promise<void> {
    if (suspend === null || over) return;
    const lent = suspended ?? (await suspend());
    suspended = null;
    await lent.resume();
    store.resize(sizeOf(output));
  }

  return { ended, end, continued: () => void continued() };
}

function sizeOf({ columns = 0, rows = 0 }: { columns?: number; rows?: number }): { columns: number; rows: number } {
  return { columns, rows };
}

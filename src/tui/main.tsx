/**
 * The remote control: a process of its own that shows one gateway live and acts on it. `runTui` is all of it; the command line calls
 * it from `dist/tui.js`. It ends when its reader ends it or the terminal goes, never because the gateway is away.
 */
import { linesOf } from '../protocol/lines.ts';
import type { Language } from '../protocol/model.ts';
import { systemClock } from './clock.ts';
import { cannotDraw, type ColorWish, type Look, lookOf } from './look.ts';
import type { Screen } from './screen.tsx';
import type { TerminalInput } from './terminal/held-escape.ts';
import type { TerminalOutput } from './terminal/output.ts';
import { texts } from './text/texts.ts';
import { ascii } from './view/paint.ts';

export type TuiOptions = {
  socket: string;
  readOnly: boolean;
  ascii: boolean;
  color: ColorWish;
  screenReader: boolean;
  language: Language;
  env: Record<string, string | undefined>;
  stdin: TerminalInput;
  stdout: TerminalOutput;
};

/** Exit codes: quit, a terminal that cannot be drawn on, a bug; 128 and the signal's number when a signal ended it. */
const QUIT = 0;
const NO_TERMINAL = 2;
const BUG = 70;
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Shows the gateway at `socket` until it is quit; resolves with the exit code, the terminal as it was before. */
export async function runTui(options: TuiOptions): Promise<number> {
  const { stdin, stdout, env, language } = options;
  const say = texts[language];
  const look = lookOf(options);
  if (!stdout.isTTY || !stdin.isTTY || cannotDraw(env)) {
    stdout.write(`${look.ascii ? ascii(say.notATerminal) : say.notATerminal}\n`);
    return NO_TERMINAL;
  }
  // Ink and the client take a moment to load: until then this line says that something happens; then it is erased.
  const connecting = say.connectingTo(options.socket);
  stdout.write(look.ascii ? ascii(connecting) : connecting);
  const [{ connectTo }, { openScreen }] = await Promise.all([import('./link/connect.ts'), import('./screen.tsx')]);
  stdout.write('\r\x1b[K');

  const screen = openScreen({
    connect: connectTo(options),
    linesOf: (event) => linesOf(event, language),
    clock: systemClock,
    look,
    target: options.socket,
    readOnly: options.readOnly,
    env,
    stdin,
    stdout,
    // The whole group, as the terminal's own Ctrl-Z: the shell waits for the process that started us, too.
    stop: () => process.kill(0, 'SIGTSTP'),
  });
  return watched(screen, look);
}

async function watched(screen: Screen, look: Look): Promise<number> {
  let code: number = QUIT;
  const failed = (error: unknown): void => screen.end(error);
  const handlers = Object.entries(signals).map(([signal, exit]) => {
    const handler = (): void => {
      code = exit;
      screen.end();
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  process.on('SIGCONT', screen.continued);
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);

  const end = await screen.ended;
  for (const off of handlers) off();
  process.off('SIGCONT', screen.continued);
  process.off('uncaughtException', failed);
  process.off('unhandledRejection', failed);
  if (end.failed === undefined) return code;
  process.stderr.write(`mailgate: ${look.ascii ? ascii(String(reasonOf(end.failed))) : reasonOf(end.failed)}\n`);
  return BUG;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

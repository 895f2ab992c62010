/** The commands that start another program of the package: `run` and `check` (the daemon), `watch` (the screen), `demo`. */
import { Option } from 'commander';
import { type Commands, wholeNumber } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type CheckProblem, daemonProgram, demoProgram, readVersion, tuiProgram, type TuiOptions } from './programs.ts';
import { showStatus } from './status.ts';
import { homeOf, targetOf } from './target.ts';
import { type Globals, hasTerminal, languageWished, say, sayJson, type World } from './world.ts';

interface WatchOptions extends Globals {
  readOnly?: boolean;
  color?: Exclude<TuiOptions['color'], null>;
  ascii?: boolean;
  screenReader?: boolean;
}

export function addPrograms({ program, run, world }: Commands): void {
  program
    .command('watch')
    .description('The screen: shows the gateway live and steers it. Without a terminal it prints the status.')
    .argument('[target...]', 'the path of a control socket; without it, that of the home')
    .option('--read-only', 'look, and change nothing')
    .addOption(
      new Option('--color <how>', 'how many colours, whatever the terminal says').choices([
        'never',
        '16',
        '256',
        'true',
      ]),
    )
    .option('--ascii', 'no character beyond ASCII but in message data')
    .option('--screen-reader', 'plain lines for a screen reader')
    .addHelpText('after', '\nExample:\n  $ mailgate watch --read-only')
    .action(run((targets: string[], options: WatchOptions) => watch(world, targets, options)));
  program
    .command('run')
    .description('The daemon, in the foreground. SIGTERM and SIGINT stop it gently.')
    .option('--once', 'one session of all accounts and one pass of the queue, then the end')
    .addHelpText('after', '\nExample:\n  $ mailgate run --home /var/lib/mailgate')
    .action(run((options: Globals & { once?: boolean }) => runDaemon(world, options)));
  program
    .command('demo')
    .description('A gateway with sample mail on this machine alone, and the screen on it.')
    .addOption(wholeNumber('--seconds <n>', 'ends by itself after so many', 1))
    .addHelpText('after', '\nExample:\n  $ mailgate demo')
    .action(run((options: Globals & { seconds?: number }) => demo(world, options)));
  program
    .command('check')
    .description('Reads the configuration as the daemon would; exit 78 when it is wrong.')
    .addHelpText('after', '\nExample:\n  $ mailgate check --home /etc/mailgate')
    .action(run((options: Globals) => check(world, options)));
}

async function watch(world: World, targets: string[], options: WatchOptions): Promise<number> {
  if (targets.length > 1)
    throw new Failure(exits.usage, 'Several gateways on one screen are not in this version: name one.');
  const globals = targets[0] === undefined ? options : { ...options, gateway: targets[0] };
  if (!hasTerminal(world)) return await showStatus(world, globals);

  const { socket } = targetOf(world, globals);
  const { readOnly = false, ascii = false, screenReader = false, color = null } = options;
  const { env, stdin, stdout } = world;
  const language = languageWished(world, options) ?? 'en';
  const { runTui } = await tuiProgram();
  return await runTui({ socket, readOnly, ascii, color, screenReader, language, env, stdin, stdout });
}

async function runDaemon(world: World, options: Globals & { once?: boolean }): Promise<number> {
  const { env, stdout, stderr } = world;
  world.outliveReaders();
  const daemon = await daemonProgram();
  return await daemon.runDaemon({
    home: homeOf(world, options),
    once: options.once ?? false,
    version: readVersion(),
    env,
    stdout,
    stderr,
  });
}

async function demo(world: World, options: Globals & { seconds?: number }): Promise<number> {
  const { env, stdin, stdout, stderr } = world;
  const language = languageWished(world, options) ?? 'en';
  world.outliveReaders(); // a gateway and a home are to be cleared away first
  const { runDemo } = await demoProgram();
  return await runDemo({
    seconds: options.seconds ?? null,
    json: options.json ?? false,
    language,
    version: readVersion(),
    env,
    stdin,
    stdout,
    stderr,
  });
}

async function check(world: World, options: Globals): Promise<number> {
  const home = homeOf(world, options);
  const { checkConfig } = await daemonProgram();
  const { problems, warnings } = await checkConfig(home, world.env);
  const ok = problems.length === 0;
  if (options.json) sayJson(world, { ok, home, problems, warnings });
  else {
    for (const warning of warnings) say(world, `Warning: ${describe(warning)}`);
    for (const problem of problems) say(world, describe(problem));
    if (ok) say(world, `The configuration in ${home} is in order.`);
  }
  return ok ? exits.done : exits.config;
}

/** `PMailGat.ini:12: [Relay] Port: expected 1 to 65535, found "smtp".` */
function describe({ file, line, column, key, message }: CheckProblem): string {
  const where = [file, line, column].filter((part) => part !== null).join(':');
  return [where, key, message].filter((part) => part !== null).join(': ');
}

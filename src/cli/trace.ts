/** `mailgate trace`: the three protocol traces, switched while the gateway runs (S91-S95). */
import type { ParamsOf } from '../protocol/commands.ts';
import type { TraceName, TraceStatus } from '../protocol/model.ts';
import { secondsOf } from './amounts.ts';
import { type Commands, wholeNumber } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { withLink } from './link.ts';
import { traceText } from './status.ts';
import type { Texts } from './texts.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface TraceOptions extends Globals {
  account?: string;
  peer?: string;
  for?: string;
  sessions?: number;
  whole?: boolean;
}

const NAMES: readonly TraceName[] = ['pop3', 'smtp-in', 'smtp-out'];

export function addTrace({ program, run, world }: Commands): void {
  program
    .command('trace')
    .description('Switches a protocol trace, or tells which are on. After a restart the configuration holds again.')
    .argument('[on|off|status]', 'what to do; without it, status')
    .argument('[trace]', `one of ${NAMES.join(', ')}`)
    .option('--account <name>', 'only the conversations of this POP3 account')
    .option('--peer <address>', 'only the conversations with this server')
    .option('--for <time>', 'off by itself after this time, such as 10m')
    .addOption(wholeNumber('--sessions <n>', 'off by itself after so many download sessions', 1))
    .option('--whole', 'message bodies whole, not only their first lines')
    .addHelpText('after', '\nExample:\n  $ mailgate trace on pop3 --account sales --for 10m')
    .action(
      run((verb: string | undefined, name: string | undefined, options: TraceOptions) =>
        trace(world, verb, name, options),
      ),
    );
}

async function trace(world: World, verb = 'status', name: string | undefined, options: TraceOptions): Promise<number> {
  if (isName(verb) && name === undefined) return await show(world, [verb], options);
  if (name !== undefined && !isName(name)) throw usage(`There is no trace "${name}"; there are ${NAMES.join(', ')}.`);
  if (verb === 'status') return await show(world, name === undefined ? NAMES : [name], options);
  if (verb !== 'on' && verb !== 'off') throw usage(`Expected on, off or status, found "${verb}".`);
  if (name === undefined) throw usage(`Which trace? One of ${NAMES.join(', ')}.`);

  const change = changeOf(name, verb === 'on', options);
  return await withLink(world, options, async ({ call, texts }) => {
    tell(world, options, { [name]: await call('trace.set', change) }, texts);
    return exits.done;
  });
}

function changeOf(name: TraceName, on: boolean, options: TraceOptions): ParamsOf<'trace.set'> {
  const { account = null, peer = null, sessions = null, whole = false } = options;
  const forSeconds = options.for === undefined ? null : secondsOf(options.for, '--for');
  if (!on && (account ?? peer ?? sessions ?? forSeconds ?? (whole || null)) !== null)
    throw usage('off takes none of --account, --peer, --for, --sessions and --whole.');

  return { trace: name, on, account, peer, sessions, forSeconds, whole };
}

function show(world: World, names: readonly TraceName[], options: TraceOptions): Promise<number> {
  return withLink(world, options, async ({ call, texts }) => {
    const { traces } = await call('status', {});
    tell(world, options, Object.fromEntries(names.map((name) => [name, traces[name]])), texts);
    return exits.done;
  });
}

function tell(world: World, { json }: Globals, traces: Record<string, TraceStatus>, texts: Texts): void {
  if (json) return sayJson(world, traces);
  for (const [name, status] of Object.entries(traces))
    say(world, `${name.padEnd(10)}${traceText(status, texts)}  ${status.file}`);
}

const isName = (word: string): word is TraceName => (NAMES as readonly string[]).includes(word);
const usage = (message: string) => new Failure(exits.usage, message);

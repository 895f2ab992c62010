/** The command line: the tree of commands, and how a run of one ends. */
import { Command, CommanderError, Option } from 'commander';
import { CallError } from '../protocol/errors.ts';
import { addAccounts } from './accounts.ts';
import { addAlerts } from './alerts.ts';
import { type Commands, family } from './commands.ts';
import { addDoctor } from './doctor.ts';
import { exits, Failure, failureOf } from './exits.ts';
import { addInfo } from './info.ts';
import { addLogs } from './logs.ts';
import { addMailboxReading } from './mailbox.ts';
import { addMailboxChanges } from './mailbox-change.ts';
import { readVersion } from './programs.ts';
import { addQuarantine } from './quarantine.ts';
import { addQueueReading } from './queue.ts';
import { addQueueChanges } from './queue-change.ts';
import { addQueueExport } from './queue-export.ts';
import { addFreeze, addPauses } from './pause.ts';
import { addPrograms } from './run.ts';
import { addSignIn } from './sign-in.ts';
import { addStatus } from './status.ts';
import { addTail } from './tail.ts';
import { looksLikeTarget } from './target.ts';
import { addConnectionTests } from './test-connection.ts';
import { addTrace } from './trace.ts';
import { addTrash } from './trash.ts';
import { addTries } from './tries.ts';
import { addTrigger } from './trigger.ts';
import { remark, type World } from './world.ts';

const EXIT_HELP = `
Exit codes: 0 done, 1 done with errors, 2 usage, 69 the daemon cannot be reached, 75 refused for now, 76 not found,
77 not permitted, 78 the configuration is wrong.`;

/** Runs the command that the arguments name, and resolves with its exit code. */
export async function runCommand(world: World): Promise<number> {
  let code: number = exits.done;
  const program = createProgram(world, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(withDefault(program, world.args), { from: 'user' });
    return code;
  } catch (error) {
    // commander has said it already: help asked for is no error, anything else is the caller's.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exits.done : exits.usage;
    const failure = error instanceof CallError ? failureOf(error) : error;
    if (!(failure instanceof Failure)) throw error;
    remark(world, failure.message);
    return failure.code;
  }
}

/** The tree of commands; `ended` hears the exit code of the one that ran. */
export function createProgram(world: World, ended: (code: number) => void): Command {
  const program = new Command('mailgate')
    .description('MailGate: a mail gateway with a remote control in the terminal. Without a command: watch.')
    .version(readVersion(), '-V, --version', 'The version.')
    .option('--home <dir>', 'the home of the gateway (else MAILGATE_HOME, else the default)')
    .option('--gateway <target>', "the path of a gateway's control socket, instead of the home's")
    .option('--json', 'one JSON document, or one a line for lists and streams')
    .addOption(new Option('--lang <language>', 'the language of the output').choices(['en', 'fr']))
    .helpOption('-h, --help', 'What there is, and how to say it.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      outputError: (text, write) => write(`mailgate: ${text.replace(/^error: /, '')}`),
    })
    .exitOverride()
    .addHelpText('after', `${EXIT_HELP}\n\nExample:\n  $ mailgate demo`);

  const commands: Commands = {
    program,
    world,
    run:
      (does) =>
      async (...args) => {
        const command = args.at(-1) as Command;
        const operands = args.slice(0, -2);
        ended(await does(...([...operands, command.optsWithGlobals()] as Parameters<typeof does>)));
      },
  };
  addPrograms(commands);
  addStatus(commands);
  addTrigger(commands);
  addTail(commands);
  addTrace(commands);
  addQueue(commands);
  addAccounts(commands);
  addMailbox(commands);
  addTries(commands);
  addQuarantine(commands);
  addLogs(commands);
  addAlerts(commands);
  addConnectionTests(commands);
  addDoctor(commands);
  addSignIn(commands);
  addInfo(commands);
  return program;
}

function addQueue(commands: Commands): void {
  const example = "mailgate queue list --filter 'state=deferred age>1h'";
  const queue = family(commands, 'queue', 'The outgoing queue: what waits, and what is to become of it.', example);
  addQueueReading(queue, commands);
  addQueueChanges(queue, commands);
  addQueueExport(queue, commands);
  addFreeze(queue, commands);
  addTrash(commands);
  addPauses(commands);
}

function addMailbox(commands: Commands): void {
  const mailbox = family(commands, 'mailbox', 'What lies in a POP3 mailbox.', 'mailgate mailbox list sales');
  addMailboxReading(mailbox, commands);
  addMailboxChanges(mailbox, commands);
}

/** `mailgate` alone, or with a target or the screen's options, means `watch`; a misspelt command stays one, and is told so. */
function withDefault(program: Command, args: readonly string[]): string[] {
  const asksForHelp = args.some((arg) => ['-h', '--help', '-V', '--version'].includes(arg));
  const [first] = program.parseOptions([...args]).operands;
  const isWatch = first === undefined ? !asksForHelp : looksLikeTarget(first);
  return isWatch ? ['watch', ...args] : [...args];
}

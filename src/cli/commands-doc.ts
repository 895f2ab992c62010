/** `docs/commands.md`: the help of every command, from the tree that runs them. */
import type { Command } from 'commander';
import { createProgram } from './program.ts';
import type { World } from './world.ts';

const INTRODUCTION = `# Commands

<!-- Generated from src/cli by "npm run docs"; do not edit. -->

Every command takes the options of \`mailgate\` itself, too: \`--home\`, \`--gateway\`, \`--json\`, \`--lang\`, \`--help\`.`;

/** A page is as wide everywhere. */
const COLUMNS = 110;

/** The whole page. */
export function renderCommandsDoc(): string {
  const program = createProgram(nowhere, () => {});
  return `${[INTRODUCTION, ...family(program, '')].join('\n\n')}\n`;
}

/** A command and those below it. */
function family(command: Command, parents: string): string[] {
  const name = `${parents}${command.name()}`;
  const below = command.commands.flatMap((one) => family(one, `${name} `));
  return [`## ${name}\n\n\`\`\`text\n${helpOf(command).trim()}\n\`\`\``, ...below];
}

/** Its help with the examples, which commander only writes. */
function helpOf(command: Command): string {
  let text = '';
  command.configureHelp({ showGlobalOptions: false });
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
    getOutHelpWidth: () => COLUMNS,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

/** Nothing is run here. */
const nowhere: World = {
  args: [],
  env: {},
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  outliveReaders() {},
  onInterrupt: () => ({ [Symbol.dispose]() {} }),
  user: { name: '', uid: -1, home: '/' },
};

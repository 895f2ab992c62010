/** `mailgate route try` and `rules try`: where a message would go (G07), and what the content rules would do with it (S81). */
import type { ResultOf } from '../protocol/commands.ts';
import type { Language } from '../protocol/model.ts';
import { asking } from './asking.ts';
import { type Commands, family } from './commands.ts';
import { PATIENT } from './link.ts';
import { tryTexts } from './texts/tries.ts';
import { readMessage, sendMessage } from './upload.ts';
import type { Globals, World } from './world.ts';

/** Octets that routing looks at: its header block (Postfix caps at the same size). */
const HEADER = 102_400;

export function addTries(commands: Commands): void {
  const { run, world } = commands;
  family(commands, 'route', 'Where mail goes, and why.', 'mailgate route try message.eml')
    .command('try')
    .description('Where would a message go, and why? Nothing is sent.')
    .argument('<file>', 'the message, or its header alone; - is standard input')
    .option('--account <name>', 'as if it had come from this POP3 account')
    .addHelpText('after', '\nExample:\n  $ mailgate route try message.eml --account sales')
    .action(run((file: string, options: Globals & { account?: string }) => tryRoute(world, file, options)));
  family(commands, 'rules', 'The content rules.', 'mailgate rules try message.eml')
    .command('try')
    .description('What would the content rules do with a message? Nothing is done.')
    .argument('<file>', 'the message; - is standard input')
    .option('--external', 'the scanner and SpamAssassin are asked, too')
    .addHelpText('after', '\nExample:\n  $ mailgate rules try - --external < message.eml')
    .action(run((file: string, options: Globals & { external?: boolean }) => tryRules(world, file, options)));
}

async function tryRoute(world: World, file: string, options: Globals & { account?: string }): Promise<number> {
  const octets = await readMessage(world, file, HEADER);
  const { account } = options;
  return await asking(world, options, {
    ask: async (link) => {
      const tried = await sendMessage(link, octets);
      return await link.call('route.try', { ...tried, ...(account === undefined ? {} : { account }) }, PATIENT);
    },
    lines: (answer, { language }) => routeLines(answer, language),
  });
}

function routeLines(
  { recipients, unroutable, why, looked }: ResultOf<'route.try'>,
  language: Language,
): readonly string[] {
  const own = tryTexts[language];
  return [
    ...recipients.flatMap(({ name, address, why: because }) => [own.recipient(name, address), `  ${because}`]),
    ...(unroutable ? [own.unroutable(why)] : []),
    ...titled(own.looked, looked),
  ];
}

async function tryRules(world: World, file: string, options: Globals & { external?: boolean }): Promise<number> {
  const octets = await readMessage(world, file);
  const { external = false } = options;
  return await asking(world, options, {
    ask: async (link) => link.call('rules.try', { ...(await sendMessage(link, octets)), external }, PATIENT),
    lines: (answer, { language }) => ruleLines(answer, language),
  });
}

function ruleLines(answer: ResultOf<'rules.try'>, language: Language): readonly string[] {
  const { verdict, rule, action, why, attachments, considered } = answer;
  const own = tryTexts[language];
  const by = rule === '' ? action : own.byRule(rule, action);
  return [
    own.because(`${own.verdict[verdict]}${by === '' ? '' : ` (${by})`}`, why),
    ...(attachments.length === 0 ? [] : [own.attachments(attachments.join(', '))]),
    ...titled(own.considered, considered),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

/** `mailgate quarantine`: what was stopped, and what becomes of it. */
import type { ResultOf } from '../protocol/commands.ts';
import { formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, QuarantinedMessage } from '../protocol/model.ts';
import { agreed } from './ask.ts';
import { tellChange } from './change.ts';
import { type Commands, family } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { pagesOf, printList } from './list.ts';
import { messageLines } from './message-lines.ts';
import { showing } from './progress.ts';
import { quarantineTexts } from './texts/quarantine.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface ChangeOptions extends Globals {
  reason?: string;
  yes?: boolean;
}

type Change = 'release' | 'delete';

const PAGE = 500;
const descriptions: Record<Change, string> = {
  release: 'Hands messages over to their recipients after all, past the rules.',
  delete: 'Deletes messages from quarantine for good.',
};
const examples: Record<Change, string> = {
  release: "mailgate quarantine release Q1F7B --reason 'asked the sender'",
  delete: 'mailgate quarantine delete Q1F7B Q1F7C --yes',
};

export function addQuarantine(commands: Commands): void {
  const { run, world } = commands;
  const quarantine = family(commands, 'quarantine', 'Messages that were stopped.', 'mailgate quarantine list');
  quarantine
    .command('list')
    .description('What was stopped, newest first.')
    .addHelpText('after', '\nExample:\n  $ mailgate quarantine list --json')
    .action(run((options: Globals) => list(world, options)));
  quarantine
    .command('show')
    .description('One or more messages: who stopped them and why, header and text.')
    .argument('<id...>', 'names of messages, as the list has them')
    .addHelpText('after', '\nExample:\n  $ mailgate quarantine show Q1F7B')
    .action(run((ids: string[], options: Globals) => show(world, ids, options)));
  for (const change of Object.keys(descriptions) as Change[]) {
    quarantine
      .command(change)
      .description(descriptions[change])
      .argument('<id...>', 'names of messages, as the list has them')
      .option('--reason <text>', 'why, for the log and the audit trail')
      .option('--yes', 'without asking')
      .addHelpText('after', `\nExample:\n  $ ${examples[change]}`)
      .action(run((ids: string[], options: ChangeOptions) => changeMessages(world, change, ids, options)));
  }
}

function list(world: World, options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language }) => {
    const pages = pagesOf(
      async (range) => {
        const { total, messages } = await call('quarantine.list', range);
        return { total, items: messages };
      },
      { page: PAGE },
    );
    const { columns: titles, empty } = quarantineTexts[language];
    await printList(world, options, pages, { titles, cells: (message) => cells(message, language), empty });
    return exits.done;
  });
}

function cells(message: QuarantinedMessage, language: Language): string[] {
  const { id, at, bytes, from, recipients, rule, subject } = message;
  const others = recipients.length > 1 ? `  +${recipients.length - 1}` : '';
  const to = `${recipients[0] ?? ''}${others}`;
  return [id, formatDate(at, language), formatSize(bytes, language), from, to, rule, subject];
}

function show(world: World, ids: string[], options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language }) => {
    for (const id of ids) {
      const message = await call('quarantine.show', { id });
      if (options.json) sayJson(world, message);
      else for (const line of detail(message, language)) say(world, line);
    }
    return exits.done;
  });
}

function detail(message: ResultOf<'quarantine.show'>, language: Language): string[] {
  const { id, subject, bytes, at, rule, why, sender, recipients, account, expiresAt } = message;
  const { stopped, from, to, account: ofAccount, expires } = quarantineTexts[language].head;
  const size = formatSize(bytes, language);
  const until = expiresAt === null ? [] : [`${expires} ${formatDate(expiresAt, language)}`];
  return [
    [id, `"${subject}"`, size, `${stopped} ${formatDate(at, language)}`, ...until].join('   '),
    `  ${rule}: ${why}`,
    `  ${from} <${sender}>   ${ofAccount} ${account}`,
    ...recipients.map((address) => `  ${to} <${address}>`),
    '',
    ...messageLines(message),
  ];
}

function changeMessages(world: World, change: Change, words: string[], options: ChangeOptions): Promise<number> {
  const ids = [...new Set(words)];
  const { yes = false, reason } = options;
  return withLink(world, options, async (link) => {
    const own = quarantineTexts[link.language];
    const question = { ask: own.ask(change, ids.length), needsYes: own.needsYes(change, ids.length) };
    if (ids.length > 1 && !yes && !(await agreed(world, link, question))) return exits.refused;

    const params = { ids, ...(reason === undefined ? {} : { reason }) };
    const asked = link.call(`quarantine.${change}`, params, PATIENT);
    const result = await showing(world, link.texts.waiting, asked);
    const done = own.changed(change, result.changed.length);
    return tellChange(world, options, result, { done, nameOf: ({ id }) => id, language: link.language });
  });
}

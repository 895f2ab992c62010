/** `mailgate mailbox list` and `top`: what lies in a POP3 mailbox (S60), and what the gateway knows of each message (G08). */
import type { Command } from 'commander';
import type { ResultOf } from '../protocol/commands.ts';
import { formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, MailboxMessage } from '../protocol/model.ts';
import { phrases } from '../protocol/phrases.ts';
import { type Commands, repeated, wholeNumber } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { pagesOf, printList } from './list.ts';
import { attemptLines, messageLines } from './message-lines.ts';
import { type Numbered, singles } from './mailbox-selection.ts';
import { showing } from './progress.ts';
import type { Texts } from './texts.ts';
import { mailboxTexts } from './texts/mailbox.ts';
import { type Globals, remark, say, sayJson, type World } from './world.ts';

interface ListOptions extends Globals {
  all?: boolean;
  limit: number;
}

/** A mailbox may hold a hundred thousand messages, and each that is shown costs a TOP. */
const SHOWN = 100;
const PAGE = 500;

export function addMailboxReading(mailbox: Command, { run, world }: Commands): void {
  mailbox
    .command('list')
    .description('The messages in a POP3 mailbox: number, state, size, sender and subject.')
    .argument('<account>', 'the name of a POP3 account')
    .option('--all', 'all of them')
    .addOption(wholeNumber('--limit <n>', 'so many of them at most', 1).default(SHOWN))
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox list sales --all --json')
    .action(run((account: string, options: ListOptions) => list(world, account, options)));
  mailbox
    .command('top')
    .description('The header and the first lines of messages, and the dialogues of the tries that failed.')
    .argument('<account>', 'the name of a POP3 account')
    .argument('[n...]', 'numbers of messages, as the list has them')
    .addOption(repeated('--uidl <uidl>', 'by its UIDL'))
    .addOption(wholeNumber('--lines <n>', 'lines of the text', 0).default(20))
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox top sales 4')
    .action(
      run((account: string, numbers: string[], options: Numbered & { lines: number }) =>
        top(world, account, numbers, options),
      ),
    );
}

function list(world: World, account: string, options: ListOptions): Promise<number> {
  return withLink(world, options, async ({ call, language, texts }) => {
    const pages = pagesOf(
      async (range) => {
        const page = call('mailbox.list', { account, ...range }, PATIENT);
        const { total, messages } = await showing(world, texts.waiting, page);
        return { total, items: messages };
      },
      { page: PAGE, ...(options.all ? {} : { most: options.limit }) },
    );
    const own = mailboxTexts[language];
    const { shown, total } = await printList(world, options, pages, {
      titles: own.columns,
      cells: (message) => cells(message, language),
      empty: own.empty,
    });
    if (shown < total) remark(world, own.more(shown, total));
    return exits.done;
  });
}

function cells(message: MailboxMessage, language: Language): string[] {
  const { number, bytes, from, subject, deleteAt, why } = message;
  const date = deleteAt === null ? '' : formatDate(deleteAt, language).slice(0, 10);
  const remark = phrases[language].reason(why);
  return [`${number}`, stateText(message, language), formatSize(bytes, language), date, from, subject, remark];
}

function stateText({ state, deleted }: MailboxMessage, language: Language): string {
  const own = mailboxTexts[language];
  return deleted ? own.deleted : own.state[state];
}

function top(world: World, account: string, numbers: string[], options: Numbered & { lines: number }): Promise<number> {
  const which = singles(numbers, options);
  return withLink(world, options, async ({ call, language, texts }) => {
    for (const one of which) {
      const asked = call('mailbox.top', { account, ...one, lines: options.lines }, PATIENT);
      const shown = await showing(world, texts.waiting, asked);
      if (options.json) sayJson(world, shown);
      else for (const line of detail(shown, language, texts)) say(world, line);
    }
    return exits.done;
  });
}

function detail(shown: ResultOf<'mailbox.top'>, language: Language, texts: Texts): string[] {
  const { message, deliveredTo, attempts } = shown;
  const { number, uidl, bytes, subject, why } = message;
  const state = stateText(message, language);
  const head = [
    number,
    `"${subject}"`,
    formatSize(bytes, language),
    why === '' ? state : `${state}: ${phrases[language].reason(why)}`,
    uidl,
  ];
  const addresses = deliveredTo.map((address) => `<${address}>`).join(', ');
  return [
    head.join('   '),
    ...(addresses === '' ? [] : [mailboxTexts[language].deliveredTo(addresses)]),
    '',
    ...messageLines(shown),
    ...attemptLines(attempts, language, texts),
  ];
}

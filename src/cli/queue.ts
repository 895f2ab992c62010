/** `mailgate queue list` and `queue show`: what waits in the outgoing queue, and how each message fares. */
import type { Command } from 'commander';
import type { QueueDetail } from '../protocol/commands.ts';
import { formatClock, formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, QueuedMessage } from '../protocol/model.ts';
import { ageText } from './amounts.ts';
import { asking } from './asking.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { withLink } from './link.ts';
import { pagesAfter, printList } from './list.ts';
import { attemptLines, messageLines } from './message-lines.ts';
import type { Texts } from './texts.ts';
import { queueTexts } from './texts/queue.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface ListOptions extends Globals {
  filter?: string;
}

export const FILTER_HELP = `
A filter is made of parts, every one of which must fit: id=, state=waiting,deferred,held,sending, sender=, recipient=,
relay=, subject=, reply=, peer=, held=, messageid=, priority=, is=report (masks with * and ?; "!=" is none of them),
age>2h, next<10m, size>1mb, tries>3, words that are searched for, !word, and /a regular expression/.`;

interface CountOptions extends ListOptions {
  trash?: boolean;
}

/** Messages asked for at a time. */
const PAGE = 500;

export function addQueueReading(queue: Command, { run, world }: Commands): void {
  queue
    .command('list')
    .description('The messages in the queue, oldest first.')
    .argument('[id...]', 'names of messages, Pmg1F7B or Pmg1F7B.tmp')
    .option('--filter <expr>', 'only those that fit')
    .option('--all', 'every message, which is the default')
    .addHelpText(
      'after',
      `${FILTER_HELP}\n\nExample:\n  $ mailgate queue list --filter 'state=deferred age>2h sender=*@a.com'`,
    )
    .action(run((ids: string[], options: ListOptions) => list(world, ids, options)));
  queue
    .command('count')
    .description('How many messages there are, with their recipients and their size.')
    .option('--filter <expr>', 'only those that fit')
    .option('--trash', 'of the trash')
    .addHelpText('after', `${FILTER_HELP}\n\nExample:\n  $ mailgate queue count --filter 'age>1d'`)
    .action(run((options: CountOptions) => count(world, options)));
  queue
    .command('show')
    .description('One or more messages with recipients, headers, text and every attempt.')
    .argument('<id...>', 'names of messages')
    .addHelpText('after', '\nExample:\n  $ mailgate queue show Pmg1F7B')
    .action(run((ids: string[], options: Globals) => show(world, ids, options)));
}

function list(world: World, ids: string[], options: ListOptions): Promise<number> {
  const filter = [options.filter, ids.length > 0 ? `id=${ids.join(',')}` : undefined].filter(Boolean).join(' ');
  return withLink(world, options, async ({ call, hello, language, texts }) => {
    const pages = pagesAfter(
      async (place) => {
        const { messages, ...page } = await call('queue.list', { filter, ...place });
        return { ...page, items: messages };
      },
      { page: PAGE },
    );
    await printList(world, options, pages, {
      titles: texts.columns,
      cells: (message) => cells(message, language, texts, hello.now),
      empty: texts.nothingWaits,
    });
    return exits.done;
  });
}

function count(world: World, options: CountOptions): Promise<number> {
  const { filter = '', trash = false } = options;
  return asking(world, options, {
    ask: ({ call }) => call('queue.count', { filter, trash }),
    lines: (sum, { language }) => [queueTexts[language].counted(sum, formatSize(sum.bytes, language))],
  });
}

function cells(message: QueuedMessage, language: Language, texts: Texts, now: string): string[] {
  const { id, state, sender, recipients, bytes, attempts, queuedAt, lastReply } = message;
  const others = recipients.length > 1 ? `  +${recipients.length - 1}` : '';
  return [
    id,
    texts.queueCounts[state],
    ageText(Date.parse(now) - Date.parse(queuedAt), texts),
    formatSize(bytes, language),
    `${attempts}`,
    sender === '' ? '<>' : sender,
    `${recipients[0]?.address ?? ''}${others}`,
    lastReply ?? '',
  ];
}

function show(world: World, ids: string[], options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language, texts }) => {
    for (const id of ids) {
      const message = await call('queue.show', { id });
      if (options.json) sayJson(world, message);
      else for (const line of detail(message, language, texts)) say(world, line);
    }
    return exits.done;
  });
}

function detail(message: QueueDetail, language: Language, texts: Texts): string[] {
  const { id, subject, bytes, queuedAt, sender, recipients, relay, nextAttemptAt, attempts, state } = message;
  const { queued, from, to, via, nextAttempt } = texts.messageHead;
  const { hold } = message;
  const ends = hold?.until ?? null;
  const until = ends === null ? null : formatDate(ends, language);
  const held = hold === null ? [] : [`  ${queueTexts[language].held(hold.by, hold.reason, until)}`];
  const next = nextAttemptAt === null ? [] : [`${nextAttempt} ${formatClock(nextAttemptAt)}`];
  const head = [
    id,
    `"${subject}"`,
    formatSize(bytes, language),
    texts.queueCounts[state],
    `${queued} ${formatDate(queuedAt, language)}`,
    ...next,
  ];
  return [
    head.join('   '),
    ...held,
    `  ${from} <${sender}>${relay === '' ? '' : `   ${via} ${relay}`}`,
    ...recipients.map(({ address, state: his, reply }) =>
      `  ${to} <${address}>   ${texts.recipientState[his]}   ${reply ?? ''}`.trimEnd(),
    ),
    '',
    ...messageLines(message),
    ...attemptLines(attempts, language, texts),
  ];
}

/** `mailgate queue list` and `queue show`: what waits in the outgoing queue, and how each message fares. */
import type { Command } from 'commander';
import type { QueueDetail } from '../protocol/commands.ts';
import { formatClock, formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, QueuedMessage } from '../protocol/model.ts';
import { safe } from '../protocol/safe.ts';
import { ageText } from './amounts.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { type Link, withLink } from './link.ts';
import type { Texts } from './texts.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface ListOptions extends Globals {
  filter?: string;
}

export const FILTER_HELP = `
A filter is made of sender=, recipient=, relay=, subject= (with * and ?), state=waiting,deferred,held,sending, id=,
age>2h, age<30m, and words that are searched for. Every part must fit.`;

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
    .command('show')
    .description('One or more messages with recipients, headers, text and every attempt.')
    .argument('<id...>', 'names of messages')
    .addHelpText('after', '\nExample:\n  $ mailgate queue show Pmg1F7B')
    .action(run((ids: string[], options: Globals) => show(world, ids, options)));
}

function list(world: World, ids: string[], options: ListOptions): Promise<number> {
  const filter = [options.filter, ids.length > 0 ? `id=${ids.join(',')}` : undefined].filter(Boolean).join(' ');
  return withLink(world, options, async (link) => {
    let count = 0;
    for await (const messages of pages(link, filter)) {
      if (options.json) for (const message of messages) sayJson(world, message);
      else for (const line of table(messages, link, { head: count === 0 })) say(world, line);
      count += messages.length;
    }
    if (count === 0 && !options.json) say(world, link.texts.nothingWaits);
    return exits.done;
  });
}

async function* pages({ call }: Link, filter: string): AsyncIterable<QueuedMessage[]> {
  for (let offset = 0; ; ) {
    const { total, messages } = await call('queue.list', { filter, offset, limit: PAGE });
    if (messages.length > 0) yield messages;
    offset += messages.length;
    if (messages.length === 0 || offset >= total) return;
  }
}

/** Columns as wide as the page needs, the widest cut; the last one as it is. */
function table(messages: QueuedMessage[], { hello, language, texts }: Link, { head }: { head: boolean }): string[] {
  const rows = messages.map((message) => cells(message, language, texts, hello.now));
  const columns = [...texts.columns];
  const widths = columns.map((title, n) =>
    Math.max(title.length, ...rows.map((row) => Math.min(WIDEST, row[n]?.length ?? 0))),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, n) => (n === row.length - 1 ? cell : cut(cell).padEnd(widths[n] ?? 0))).join('  ');
  return (head ? [columns, ...rows] : rows).map(line);
}

const WIDEST = 40;
const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

function cells(message: QueuedMessage, language: Language, texts: Texts, now: string): string[] {
  const { id, state, sender, recipients, bytes, attempts, queuedAt, lastReply } = message;
  const others = recipients.length > 1 ? `  +${recipients.length - 1}` : '';
  const row = [
    id,
    texts.queueCounts[state],
    ageText(Date.parse(now) - Date.parse(queuedAt), texts),
    formatSize(bytes, language),
    `${attempts}`,
    sender === '' ? '<>' : sender,
    `${recipients[0]?.address ?? ''}${others}`,
    lastReply ?? '',
  ];
  return row.map(safe); // before the widths are measured
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
  const { id, subject, bytes, queuedAt, sender, recipients, relay, nextAttemptAt, headers, text, attempts, state } =
    message;
  const { queued, from, to, via, nextAttempt } = texts.messageHead;
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
    `  ${from} <${sender}>${relay === '' ? '' : `   ${via} ${relay}`}`,
    ...recipients.map(({ address, state: his, reply }) =>
      `  ${to} <${address}>   ${texts.recipientState[his]}   ${reply ?? ''}`.trimEnd(),
    ),
    '',
    ...headers.map(([name, value]) => `  ${name}: ${value}`),
    '',
    ...text.split(/\r?\n/).map((line) => `  ${line}`),
    ...attempts
      .toReversed()
      .flatMap((attempt, n) => [
        '',
        `${texts.attempt(attempts.length - n, formatDate(attempt.at, language), (attempt.ms / 1_000).toFixed(1))}   ${attempt.relay}   ${attempt.result}`,
        ...attempt.transcript.map((line) => `  ${line}`),
      ]),
  ].map((line) => line.replaceAll('\t', '  ')); // in the text of a mail a tab is a blank
}

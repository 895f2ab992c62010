/** `mailgate trash list`, `restore` and `empty`: what was dropped, until its days are over. */
import { formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, TrashedMessage } from '../protocol/model.ts';
import { type Commands, family } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { pagesAfter, printList } from './list.ts';
import { changeMessages } from './queue-change.ts';
import { FILTER_HELP } from './queue.ts';
import { selecting, selectionOf, type SelectionOptions } from './queue-selection.ts';
import { queueTexts } from './texts/queue.ts';
import type { Globals, World } from './world.ts';

/** Messages asked for at a time. */
const PAGE = 500;

interface ListOptions extends Globals {
  filter?: string;
}

export function addTrash(commands: Commands): void {
  const { run, world } = commands;
  const trash = family(commands, 'trash', 'Messages that were dropped out of the queue.', 'mailgate trash list');
  trash
    .command('list')
    .description('What lies in the trash, dropped last first.')
    .option('--filter <expr>', 'only those that fit')
    .addHelpText('after', `${FILTER_HELP}\n\nExample:\n  $ mailgate trash list --filter 'sender=*@a.com'`)
    .action(run((options: ListOptions) => list(world, options)));

  const restore = trash.command('restore').description('Puts dropped messages back into the queue, held.');
  selecting(restore, 'mailgate trash restore Pmg1F7B')
    .option('--yes', 'without asking')
    .action(
      run((ids: string[], options: SelectionOptions) =>
        changeMessages(
          world,
          { action: 'restore', selection: selectionOf(ids, options), options },
          ({ call }, params) => call('trash.restore', params, PATIENT),
        ),
      ),
    );
  const empty = trash.command('empty').description('Deletes dropped messages for good.');
  selecting(empty, 'mailgate trash empty --all')
    .option('--yes', 'without asking')
    .action(
      run((ids: string[], options: SelectionOptions) =>
        changeMessages(world, { action: 'empty', selection: selectionOf(ids, options), options }, ({ call }, params) =>
          call('trash.empty', params, PATIENT),
        ),
      ),
    );
}

function list(world: World, options: ListOptions): Promise<number> {
  const { filter = '' } = options;
  return withLink(world, options, async ({ call, language }) => {
    const pages = pagesAfter(
      async (place) => {
        const { messages, ...page } = await call('trash.list', { filter, ...place });
        return { ...page, items: messages };
      },
      { page: PAGE },
    );
    const { columns: titles, empty } = queueTexts[language].trash;
    await printList(world, options, pages, { titles, cells: (message) => cells(message, language), empty });
    return exits.done;
  });
}

function cells(message: TrashedMessage, language: Language): string[] {
  const { id, droppedAt, by, bytes, sender, recipients, expiresAt, reason } = message;
  const others = recipients.length > 1 ? `  +${recipients.length - 1}` : '';
  return [
    id,
    formatDate(droppedAt, language),
    by,
    formatSize(bytes, language),
    sender === '' ? '<>' : sender,
    `${recipients[0]?.address ?? ''}${others}`,
    expiresAt === null ? '' : formatDate(expiresAt, language),
    reason,
  ];
}

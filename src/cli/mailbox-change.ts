/** `mailgate mailbox fetch`, `mark-fetched`, `delete`, `undelete`, `close` and `readdress` (G08). */
import type { Command } from 'commander';
import { agreed } from './ask.ts';
import { asking } from './asking.ts';
import { tellChange } from './change.ts';
import { type Commands, repeated } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type Link, PATIENT, withLink } from './link.ts';
import { type Numbered, selected, singles } from './mailbox-selection.ts';
import { showing } from './progress.ts';
import { mailboxTexts } from './texts/mailbox.ts';
import { reportLines } from './trigger.ts';
import { type Globals, say, type World } from './world.ts';

interface DeleteOptions extends Numbered {
  reason?: string;
  yes?: boolean;
  /** commander's name for what `--no-close` switches off. */
  close: boolean;
}

interface ReaddressOptions extends Numbered {
  from: string;
  to?: string;
  drop?: boolean;
  reason?: string;
}

const ACCOUNT = ['<account>', 'the name of a POP3 account'] as const;
const NUMBERS = ['[n...]', 'numbers of messages, as the list has them'] as const;
const byUidl = () => repeated('--uidl <uidl>', 'by its UIDL');

export function addMailboxChanges(mailbox: Command, { run, world }: Commands): void {
  mailbox
    .command('fetch')
    .description('Fetches messages whatever their size and state: too large, stuck, fetched before.')
    .argument(...ACCOUNT)
    .argument(...NUMBERS)
    .addOption(byUidl())
    .option('--wait', 'wait for the end of the session; exit 1 when it had errors')
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox fetch sales 4 --wait')
    .action(
      run((account: string, words: string[], options: Numbered & { wait?: boolean }) =>
        fetchMessages(world, account, words, options),
      ),
    );
  mailbox
    .command('mark-fetched')
    .description('Calls messages fetched: they stay on the server and are not downloaded.')
    .argument(...ACCOUNT)
    .argument(...NUMBERS)
    .addOption(byUidl())
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox mark-fetched sales 4 5')
    .action(run((account: string, words: string[], options: Numbered) => markFetched(world, account, words, options)));
  addDeletion(mailbox, { run, world });
  mailbox
    .command('readdress')
    .description('For one message: drops a recipient whom the internal server refuses, or sends its copy elsewhere.')
    .argument(...ACCOUNT)
    .argument('[n]', 'the number of the message, as the list has it')
    .addOption(byUidl())
    .requiredOption('--from <address>', 'the recipient who is refused')
    .option('--to <address>', 'who gets its copy instead')
    .option('--drop', 'nobody gets its copy')
    .option('--reason <text>', 'why, for the log and the audit trail')
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox readdress sales 4 --from gone@a.com --to info@a.com')
    .action(
      run((account: string, word: string | undefined, options: ReaddressOptions) =>
        readdress(world, account, word, options),
      ),
    );
}

function addDeletion(mailbox: Command, { run, world }: Pick<Commands, 'run' | 'world'>): void {
  mailbox
    .command('delete')
    .description('Deletes messages from the POP3 server. It says how many, and asks.')
    .argument(...ACCOUNT)
    .argument(...NUMBERS)
    .addOption(byUidl())
    .option('--no-close', 'only mark them: mailbox close deletes them, mailbox undelete takes it back')
    .option('--reason <text>', 'why, for the log and the audit trail')
    .option('--yes', 'without asking')
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox delete sales 4 5 --yes')
    .action(
      run((account: string, words: string[], options: DeleteOptions) => deleteMessages(world, account, words, options)),
    );
  mailbox
    .command('undelete')
    .description('Takes back every deletion since the mailbox was opened (RSET).')
    .argument(...ACCOUNT)
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox undelete sales')
    .action(run((account: string, options: Globals) => undelete(world, account, options)));
  mailbox
    .command('close')
    .description('Leaves the mailbox: what was marked is deleted now.')
    .argument(...ACCOUNT)
    .addHelpText('after', '\nExample:\n  $ mailgate mailbox close sales')
    .action(run((account: string, options: Globals) => close(world, account, options)));
}

function fetchMessages(
  world: World,
  account: string,
  words: string[],
  options: Numbered & { wait?: boolean },
): Promise<number> {
  const { count: _count, ...which } = selected(words, options);
  const { wait = false } = options;
  return withLink(world, options, async ({ call, hello, language, texts }) => {
    const asked = call('mailbox.fetch', { account, ...which, wait }, PATIENT);
    const result = await showing(world, texts.waiting, asked);
    const { session, report, changed, later } = result;
    const own = mailboxTexts[language];
    const words = [
      own.changed('fetch', changed.length),
      ...(session === null ? [] : [later ? own.inNext(session) : own.inSession(session)]),
    ];
    const code = tellChange(world, options, result, { done: words.join(' '), nameOf, language });
    if (report !== null && !options.json) for (const line of reportLines(report, language, hello.now)) say(world, line);
    return report !== null && report.errors.length > 0 ? exits.errors : code;
  });
}

function markFetched(world: World, account: string, words: string[], options: Numbered): Promise<number> {
  const { count: _count, ...which } = selected(words, options);
  return withLink(world, options, async ({ call, language, texts }) => {
    const asked = call('mailbox.mark-fetched', { account, ...which }, PATIENT);
    const result = await showing(world, texts.waiting, asked);
    const done = mailboxTexts[language].changed('mark-fetched', result.changed.length);
    return tellChange(world, options, result, { done, nameOf, language });
  });
}

function deleteMessages(world: World, account: string, words: string[], options: DeleteOptions): Promise<number> {
  const { count, ...which } = selected(words, options);
  const { close: closes, reason } = options;
  return withLink(world, options, async (link) => {
    if (closes && !(await mayDelete(world, link, options, { count, account }))) return exits.refused;

    const { call, language, texts } = link;
    const params = { account, ...which, close: closes, ...(reason === undefined ? {} : { reason }) };
    const result = await showing(world, texts.waiting, call('mailbox.delete', params, PATIENT));
    const done = mailboxTexts[language].changed(closes ? 'delete' : 'mark-deleted', result.changed.length);
    return tellChange(world, options, result, { done, nameOf, language });
  });
}

async function mayDelete(
  world: World,
  link: Link,
  { yes = false }: DeleteOptions,
  { count, account }: { count: number; account: string },
): Promise<boolean> {
  const { ask, needsYes } = mailboxTexts[link.language];
  return yes || (await agreed(world, link, { ask: ask(count, account), needsYes: needsYes(count, account) }));
}

function undelete(world: World, account: string, options: Globals): Promise<number> {
  return asking(world, options, {
    ask: ({ call }) => call('mailbox.undelete', { account }, PATIENT),
    lines: (_answer, { language }) => [mailboxTexts[language].takenBack(account)],
  });
}

function close(world: World, account: string, options: Globals): Promise<number> {
  return asking(world, options, {
    ask: ({ call }) => call('mailbox.close', { account }, PATIENT),
    lines: ({ deleted }, { language }) => [mailboxTexts[language].changed('delete', deleted)],
  });
}

async function readdress(
  world: World,
  account: string,
  word: string | undefined,
  options: ReaddressOptions,
): Promise<number> {
  const { from, to = null, drop = false, reason } = options;
  const [which, ...others] = singles(word === undefined ? [] : [word], options);
  if (which === undefined || others.length > 0) throw new Failure(exits.usage, 'One message at a time.');
  if ((to === null) !== drop) throw new Failure(exits.usage, 'Who gets the copy? Give --to ADDRESS, or --drop.');

  const params = { account, ...which, from, to, ...(reason === undefined ? {} : { reason }) };
  return await asking(world, options, {
    ask: ({ call }) => call('mailbox.readdress', params, PATIENT),
    lines: (done, { language }) => [mailboxTexts[language].readdressed(done.uidl, done.from, done.to)],
  });
}

const nameOf = ({ number, uidl }: { number: number; uidl: string }): string =>
  number === 0 ? uidl : `${number}${uidl === '' ? '' : ` (${uidl})`}`;

/** `mailgate accounts`: the POP3 accounts, what limits them, and whether they let the gateway in. `renumbered` answers I06's question. */
import { Argument } from 'commander';
import type { ResultOf } from '../protocol/commands.ts';
import { formatClock, formatSize } from '../protocol/lines.ts';
import type { AccountDetail, Language } from '../protocol/model.ts';
import { phrases } from '../protocol/phrases.ts';
import { asking } from './asking.ts';
import { type Commands, family } from './commands.ts';
import { exits } from './exits.ts';
import { PATIENT, withLink } from './link.ts';
import { showing } from './progress.ts';
import { tableOf } from './table.ts';
import type { Texts } from './texts.ts';
import { accountTexts } from './texts/accounts.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

type Answer = 'adopt' | 'fetch';

export function addAccounts(commands: Commands): void {
  const { program, run, world } = commands;
  const accounts = family(commands, 'accounts', 'The POP3 accounts.', 'mailgate accounts list');
  accounts
    .command('list')
    .description('Every account: how it is, what waits in it, and what limits its messages (G13).')
    .addHelpText('after', '\nExample:\n  $ mailgate accounts list --json')
    .action(run((options: Globals) => list(world, options)));
  accounts
    .command('test')
    .description('Connects, logs in and lists, and prints the dialogue. Nothing is fetched or deleted.')
    .argument('<account...>', 'names of POP3 accounts')
    .addHelpText('after', '\nExample:\n  $ mailgate accounts test sales')
    .action(run((names: string[], options: Globals) => testAccounts(world, names, options)));
  accounts
    .command('forget-ids')
    .description('Forgets what was downloaded, so that it is fetched again ("Clear message Ids").')
    .argument('<account>', 'the name of a POP3 account')
    .option('--uidl <uidl>', 'only this message')
    .addHelpText('after', '\nExample:\n  $ mailgate accounts forget-ids sales --uidl 0000012a4f3c')
    .action(run((name: string, options: Globals & { uidl?: string }) => forgetIds(world, name, options)));
  program
    .command('renumbered')
    .description('Says what the messages of a mailbox are whose UIDLs have all changed: known, or new.')
    .argument('<account>', 'the name of a POP3 account')
    .addArgument(new Argument('<answer>', 'known ones under new names, or new ones').choices(['adopt', 'fetch']))
    .addHelpText('after', '\nExample:\n  $ mailgate renumbered sales adopt')
    .action(run((name: string, answer: Answer, options: Globals) => renumbered(world, name, answer, options)));
}

function list(world: World, options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language, texts }) => {
    const { accounts } = await call('accounts.list', {});
    if (options.json) for (const account of accounts) sayJson(world, { ...account, password: '***' });
    else for (const line of accountLines(accounts, language, texts)) say(world, line);
    return exits.done;
  });
}

function accountLines(accounts: AccountDetail[], language: Language, texts: Texts): string[] {
  if (accounts.length === 0) return [texts.noAccount];

  const { columns } = accountTexts[language];
  const rows = accounts.map((account) => cells(account, language, texts));
  return [...tableOf(columns, rows), ...accounts.flatMap((account) => tooLarge(account, language))];
}

function cells(account: AccountDetail, language: Language, texts: Texts): string[] {
  const { name, state, left, oversize, stuck, limit, nextAt } = account;
  const own = accountTexts[language];
  return [
    name,
    texts.accountState[state],
    `${left}`,
    `${oversize}`,
    `${stuck}`,
    limitText(limit.bytes, language),
    own.setBy[limit.setBy],
    nextAt === null ? own.never : formatClock(nextAt),
    remarks(account, language).join('; '),
  ];
}

/** What needs a person first, then what the last session said. */
function remarks({ name, renumbered, signIn, note, lastError }: AccountDetail, language: Language): string[] {
  const own = accountTexts[language];
  const open = [
    renumbered && own.renumbered(name),
    signIn && !signIn.signedIn && own.signedOut(name),
    note,
    renumbered || lastError === null ? null : phrases[language].reason(lastError), // the question is the same, at length
  ];
  return open.filter((remark) => typeof remark === 'string' && remark !== '') as string[];
}

/** G13: which messages a raised limit would release, and whose limits there are. */
function tooLarge({ name, tooLarge: messages, limit, limits, oversize }: AccountDetail, language: Language): string[] {
  if (messages.length === 0) return [];

  const own = accountTexts[language];
  const { account, mailServer, configuration, disk } = limits;
  const text = (bytes: number) => limitText(bytes, language);
  return [
    '',
    own.tooLarge(name, Math.max(oversize, messages.length), text(limit.bytes)),
    own.limits(text(account), text(mailServer), text(configuration), text(disk)),
    ...messages.map(
      ({ uidl, bytes, from, subject }) => `  ${formatSize(bytes, language)}  ${uidl}  ${from}  ${subject}`,
    ),
  ];
}

const limitText = (bytes: number, language: Language): string =>
  bytes === 0 ? accountTexts[language].none : formatSize(bytes, language);

function testAccounts(world: World, names: string[], options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language, texts }) => {
    let code: number = exits.done;
    for (const account of names) {
      const result = await showing(world, texts.waiting, call('accounts.test', { account }, PATIENT));
      if (options.json) sayJson(world, { account, ...result });
      else for (const line of testLines(result, language)) say(world, line);
      if (!result.ok) code = exits.errors;
    }
    return code;
  });
}

function testLines({ ok, messages, bytes, why, dialogue }: ResultOf<'accounts.test'>, language: Language): string[] {
  const { works, fails } = accountTexts[language];
  return [...dialogue, ok ? works(messages, formatSize(bytes, language)) : fails(why)];
}

function forgetIds(world: World, account: string, options: Globals & { uidl?: string }): Promise<number> {
  const { uidl } = options;
  return asking(world, options, {
    ask: ({ call }) => call('accounts.forget-ids', { account, ...(uidl === undefined ? {} : { uidl }) }, PATIENT),
    lines: ({ forgotten }, { language }) => [accountTexts[language].forgotten(forgotten, account)],
  });
}

function renumbered(world: World, account: string, answer: Answer, options: Globals): Promise<number> {
  return asking(world, options, {
    ask: ({ call }) => call('renumbered.answer', { account, answer }, PATIENT),
    lines: (_answer, { language }) => [accountTexts[language].answered[answer](account)],
  });
}

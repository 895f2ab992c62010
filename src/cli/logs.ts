/** `mailgate logs`: the logs of the download sessions. */
import { formatDate, formatSize } from '../protocol/lines.ts';
import { safe } from '../protocol/safe.ts';
import { type Commands, family, integer } from './commands.ts';
import { exits } from './exits.ts';
import { withLink } from './link.ts';
import { pagesOf, printList } from './list.ts';
import { watchingTexts } from './texts/watching.ts';
import { type Globals, red, say, sayJson, type World } from './world.ts';

/** Sessions, and lines of one, that are asked for at a time. */
const SESSIONS = 500;
const LINES = 2_000;

export function addLogs(commands: Commands): void {
  const { run, world } = commands;
  const logs = family(commands, 'logs', 'The logs of the download sessions.', 'mailgate logs list');
  logs
    .command('list')
    .description('The sessions, newest first, and the files of their logs.')
    .addHelpText('after', '\nExample:\n  $ mailgate logs list --json')
    .action(run((options: Globals) => list(world, options)));
  logs
    .command('show')
    .description('The log of one session; the dialogues of what failed in it follow.')
    .argument('<session>', 'the number of a session', integer(0))
    .addHelpText('after', '\nExample:\n  $ mailgate logs show 12')
    .action(run((session: number, options: Globals) => show(world, session, options)));
}

function list(world: World, options: Globals): Promise<number> {
  return withLink(world, options, async ({ call, language }) => {
    const pages = pagesOf(
      async (range) => {
        const { total, sessions } = await call('logs.list', range);
        return { total, items: sessions };
      },
      { page: SESSIONS },
    );
    const { logColumns: titles, noLog: empty } = watchingTexts[language];
    await printList(world, options, pages, {
      titles,
      empty,
      cells: ({ session, startedAt, messages, bytes, errors, file }) => [
        `${session}`,
        formatDate(startedAt, language),
        `${messages}`,
        formatSize(bytes, language),
        `${errors}`,
        file ?? '',
      ],
    });
    return exits.done;
  });
}

function show(world: World, session: number, options: Globals): Promise<number> {
  return withLink(world, options, async ({ call }) => {
    const first = await call('logs.show', { session, limit: LINES });
    const rest = pagesOf(
      async ({ offset, limit }) => {
        const { total, lines } = await call('logs.show', { session, offset: offset + first.lines.length, limit });
        return { total: total - first.lines.length, items: lines };
      },
      { page: LINES },
    );
    const lines = [...first.lines];
    if (lines.length < first.total) for await (const { items } of rest) lines.push(...items);
    if (options.json) sayJson(world, { ...first, lines });
    else for (const line of lines) sayLogLine(world, line);
    return exits.done;
  });
}

/** As `tail` has it: what went wrong stands out. */
function sayLogLine(world: World, line: string): void {
  if (line.includes('*** ')) world.stdout.write(`${red(world, safe(line))}\n`);
  else say(world, line);
}

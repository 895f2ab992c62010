/** `mailgate status`: one screen of state (S06, S11), and the same for `mailgate` without a terminal. */
import type { Status } from '../protocol/commands.ts';
import { formatClock, formatDate, formatSize } from '../protocol/lines.ts';
import type { Language, TraceStatus } from '../protocol/model.ts';
import { phrases } from '../protocol/phrases.ts';
import { safe } from '../protocol/safe.ts';
import { ageText } from './amounts.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { withLink } from './link.ts';
import { queueTexts } from './texts/queue.ts';
import { type Texts, texts } from './texts.ts';
import { type Globals, red, say, sayJson, type World } from './world.ts';

export function addStatus({ program, run, world }: Commands): void {
  program
    .command('status')
    .description('The state of the gateway on one screen.')
    .addHelpText('after', '\nExample:\n  $ mailgate status --json')
    .action(run((globals: Globals) => showStatus(world, globals)));
}

export function showStatus(world: World, globals: Globals): Promise<number> {
  return withLink(world, globals, async ({ call, hello, language }) => {
    const status = await call('status', {});
    if (globals.json) sayJson(world, status);
    else for (const line of statusLines(status, language, hello.now)) say(world, line);
    if (!globals.json && status.gateway.problems.length > 0) showProblems(world, status, language);
    return exits.done;
  });
}

function showProblems(world: World, { gateway }: Status, language: Language): void {
  const label = texts[language].labels.problems.padEnd(LABEL);
  gateway.problems.forEach((problem, n) => {
    world.stdout.write(`${red(world, safe(`${n === 0 ? label : ' '.repeat(LABEL)}${problem}`))}\n`);
  });
}

/** Wide enough for every label in both languages. */
const LABEL = 18;

/** The page, without the problems. `now` is the gateway's clock: ages are by the clock that stamped them (WS18). */
function statusLines(status: Status, language: Language, now: string): string[] {
  const say = texts[language];
  const { labels } = say;
  const rows: [label: string, values: string[]][] = [
    [labels.session, [sessionText(status, say, language)]],
    [labels.accounts, status.accounts.length === 0 ? [say.noAccount] : accountRows(status, say, language)],
    [labels.queue, [queueText(status, say, language, now), ...restTexts(status, language)]],
    [labels.counters, [countersText(status, say)]],
    [
      labels.traces,
      (['pop3', 'smtp-in', 'smtp-out'] as const).map((name) => `${name} ${traceText(status.traces[name], say)}`),
    ],
  ];
  return [
    headText(status, say, language),
    ...rows.flatMap(([label, values]) => values.map((value, n) => `${(n === 0 ? label : '').padEnd(LABEL)}${value}`)),
  ];
}

function headText({ gateway }: Status, say: Texts, language: Language): string {
  const { name, version, pid, home, startedAt, health } = gateway;
  return `MailGate ${version}  ${name}  ${say.health[health]}  pid ${pid}  ${say.since} ${formatDate(startedAt, language)}  ${home}`;
}

function sessionText({ session: { running, last, nextAt } }: Status, say: Texts, language: Language): string {
  const now = running && say.sessionRunning(running);
  const before = last && say.sessionLast(last, formatDate(last.finishedAt, language));
  const next = nextAt && say.next(formatClock(nextAt));
  return [now ?? before ?? say.noSession, next].filter(Boolean).join(' ');
}

function accountRows({ accounts }: Status, say: Texts, language: Language): string[] {
  const width = Math.max(...accounts.map(({ name }) => name.length));
  return accounts.map(({ name, state, lastError, consecutiveErrors, left, oversize, stuck, note }) =>
    [
      name.padEnd(width),
      say.accountState[state],
      consecutiveErrors > 0 && `(${say.inARow(consecutiveErrors)})`,
      left > 0 && say.left(left, oversize, stuck),
      note,
      lastError === null ? null : phrases[language].reason(lastError),
    ]
      .filter(Boolean)
      .join('  '),
  );
}

/** Who comes in the morning sees why nothing leaves. */
function restTexts({ sendingPaused, frozen }: Status, language: Language): string[] {
  const say = queueTexts[language];
  return [...(sendingPaused ? [say.paused(sendingPaused)] : []), ...(frozen ? [say.frozen(frozen)] : [])];
}

function queueText({ queue }: Status, say: Texts, language: Language, now: string): string {
  const counts = (['waiting', 'sending', 'deferred', 'held'] as const).map(
    (state) => `${queue[state]} ${say.queueCounts[state]}`,
  );
  const oldest =
    queue.oldestAt === null ? [] : [say.oldest(ageText(Date.parse(now) - Date.parse(queue.oldestAt), say))];
  return [...counts, formatSize(queue.bytes, language), ...oldest].join(', ');
}

function countersText({ counters }: Status, say: Texts): string {
  const names = Object.keys(say.counters) as (keyof Status['counters'])[];
  return names.map((name) => `${counters[name]} ${say.counters[name]}`).join(', ');
}

/** `on for sales until 10:50`. */
export function traceText({ on, account, peer, until, sessions }: TraceStatus, say: Texts): string {
  if (!on) return say.off;
  const parts = [
    say.on,
    account && say.forAccount(account),
    peer && say.withPeer(peer),
    until && say.until(formatClock(until)),
    sessions && say.forSessions(sessions),
  ];
  return parts.filter(Boolean).join(' ');
}

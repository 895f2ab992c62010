/** The running download session, or the last one: a line, and a row for each mailbox. */
import type { AccountStatus, MailboxProgress } from '../../protocol/model.ts';
import { phrases } from '../../protocol/phrases.ts';
import type { GatewayState } from '../../protocol/state.ts';
import type { Look } from '../look.ts';
import type { Shown } from '../store/model.ts';
import type { Text } from '../text/text.ts';
import { accountsTexts } from '../text/accounts.ts';
import { texts } from '../text/texts.ts';
import { bar } from '../widgets/bar.ts';
import { clockTime, count, duration, size } from './format.ts';
import { cell, fill, type Row, type Span, span, spread, widthOf } from './row.ts';
import { cells, cut, remote, remoteLine } from './width.ts';

const NARROW = 60;
/** Between what a mailbox does and what is remarked of it. */
const GAP = 2;

/** ` Download session 12   running 0:14        next 10:50`. */
export function sessionHeading(shown: Shown, gateway: GatewayState): Row {
  const { look, size: screen, now } = shown;
  const say = texts[look.language];
  const { nextAt } = gateway.session;
  const next = nextAt === null ? say.noNext : say.nextAt(clockTime(nextAt, now, look));
  const title = sessionTitle(shown, gateway);
  const row = [span(next, 'dim'), span(' ')];
  // On a narrow screen what runs is more than when the next one comes.
  return widthOf(title) + widthOf(row) + 2 > screen.columns
    ? fill(title, screen.columns)
    : spread(title, row, screen.columns);
}

export function sessionTitle({ look, now, size: screen }: Shown, { session }: GatewayState): Row {
  const say = texts[look.language];
  const named = (id: number): string => (screen.columns < NARROW ? say.session(id) : say.downloadSession(id));
  if (session.running !== null) {
    const { id, startedAt } = session.running;
    return [span(` ${named(id)}`, 'strong'), span(`   ${say.running} ${duration(startedAt, now)}`, 'good')];
  }
  if (session.last === null) return [span(` ${say.noSession}`, 'strong')];
  const { id, finishedAt, messages, errors } = session.last;
  const result = span(`   ${say.sessionDone(messages, errors)}`, errors > 0 ? 'wrong' : 'plain');
  return [span(` ${named(id)}`, 'strong'), span(`   ${clockTime(finishedAt, now, look)}`, 'dim'), result];
}

/** One row a mailbox, what needs a person first; at most `height` rows, the last of which counts those left out. */
export function mailboxRows(shown: Shown, gateway: GatewayState, height: number): Row[] {
  const say = texts[shown.look.language];
  const { columns } = shown.size;
  if (gateway.accounts.length === 0 && gateway.mailboxes.length === 0) {
    return height > 0 ? [fill([span(`   ${say.noAccounts}`, 'dim')], columns)] : [];
  }
  const boxes = mailboxesOf(gateway).toSorted((one, other) => urgency(one) - urgency(other));
  // In a single row the most urgent one says more than how many there are.
  const shownBoxes = boxes.length > height ? boxes.slice(0, Math.max(1, height - 1)) : boxes;
  const name = Math.min(20, Math.max(8, ...boxes.map(({ account }) => cells(remote(account, shown.look)))));
  const rows = shownBoxes.map((box) => mailboxRow(shown, box, accountOf(gateway, box.account), name));
  const hidden = boxes.length - shownBoxes.length;
  if (hidden > 0 && height > 1) rows.push(fill([span(`   ${say.more(hidden)}`, 'dim')], columns));
  return rows;
}

/** Rows that the mailboxes would like to have. */
export function mailboxCount(gateway: GatewayState): number {
  return Math.max(1, mailboxesOf(gateway).length);
}

/** The mailboxes of the session, and the accounts that were not part of it. */
function mailboxesOf(gateway: GatewayState): MailboxProgress[] {
  const known = new Set(gateway.mailboxes.map(({ account }) => account));
  const others = gateway.accounts
    .filter(({ name }) => !known.has(name))
    .map(({ name }): MailboxProgress => {
      return { account: name, state: 'waiting', messages: 0, of: 0, bytes: 0, current: '', error: null };
    });
  return [...gateway.mailboxes, ...others];
}

const order: Record<MailboxProgress['state'], number> = { failed: 0, fetching: 1, connecting: 2, done: 4, waiting: 5 };

function urgency({ state, error }: MailboxProgress): number {
  return state === 'done' && error !== null ? 3 : order[state];
}

function accountOf({ accounts }: GatewayState, name: string): AccountStatus | null {
  return accounts.find((account) => account.name === name) ?? null;
}

function mailboxRow(shown: Shown, box: MailboxProgress, account: AccountStatus | null, nameWidth: number): Row {
  const { look, size: screen } = shown;
  const say = texts[look.language];
  const start: Row = [span('   '), cell(remote(box.account, look), nameWidth, 'strong'), span('  ')];
  const error = box.error ?? (box.state === 'waiting' ? (account?.lastError ?? null) : null);
  if (error !== null) return failedRow(shown, start, box, error, account);
  if (box.state === 'waiting') {
    const left = [...start, span(`  ${standing(account, say)}`, 'dim')];
    return remarked(left, account, look, screen.columns);
  }

  const barWidth = look.plain || screen.columns < NARROW ? 0 : Math.min(24, Math.floor(screen.columns / 6));
  const done = box.messages;
  const part: Row =
    box.state === 'fetching' && barWidth > 0
      ? [span('  '), span(bar(done, box.of, barWidth), 'good')]
      : [span('  '), cell(say.mailboxes[box.state], Math.max(barWidth, 12))];
  const numbers = box.state === 'connecting' ? [] : [span('  '), cell(progress(box, look), 11, 'plain', 'right')];
  const bytes =
    box.state === 'connecting' || screen.columns < NARROW
      ? []
      : [span('  '), cell(size(box.bytes, look.language), 8, 'plain', 'right')];
  const current: Span[] = box.current === '' ? [] : [span(`   ${remote(box.current, look)}`, 'dim')];
  return remarked([...start, ...part, ...numbers, ...bytes], account, look, screen.columns, current);
}

/**
 * What waits for a person at the right edge: counts first, then the account's note, as much as there is room for in whole words.
 * `rest` is cut for it.
 */
function remarked(left: Row, account: AccountStatus | null, look: Look, columns: number, rest: Row = []): Row {
  const remarks = remarksOf(account, look).map((words): Row => [span(`! ${words} `, 'warn')]);
  const room = columns - widthOf(left) - GAP;
  const fitting = remarks.find((row) => widthOf(row) <= room) ?? [];
  return spread([...left, ...rest], fitting, columns);
}

/** From the richest to the barest. */
function remarksOf(account: AccountStatus | null, look: Look): string[] {
  if (account === null) return [];
  const own = accountsTexts[look.language];
  const { stuck, oversize, note } = account;
  const said = note === '' ? [] : [own.note(remoteLine(note, look))];
  const counts = [...(stuck > 0 ? [own.stuck(stuck)] : []), ...(oversize > 0 ? [own.oversize(oversize)] : [])];
  const some = counts.length > 0 ? [counts, counts.slice(0, 1)] : [said];
  return [[...counts, ...said], ...some].filter((words) => words.length > 0).map((words) => words.join(' · '));
}

/** `✗ Login refused: -ERR …      third session in a row`: the sign, what happened, and how long it has been so. */
function failedRow(
  { look, size: screen }: Shown,
  start: Row,
  box: MailboxProgress,
  error: string,
  account: AccountStatus | null,
): Row {
  const say = texts[look.language];
  const told = remoteLine(phrases[look.language].reason(error), look);
  const state = box.state === 'done' ? `${say.mailboxes.done} ${progress(box, look)}, ` : '';
  const left: Row = [...start, span(`✗ ${state}${told}`, 'wrong')];
  const times = account?.consecutiveErrors ?? 0;
  const again = times > 1 && screen.columns >= 100 ? [span(say.sessionInARow(times), 'dim'), span(' ')] : [];
  // What went wrong is more than what waits beside it.
  const least = Math.min(widthOf(left), widthOf(start) + Math.floor(screen.columns / 3));
  const room = screen.columns - least - widthOf(again) - GAP;
  const remarks = remarksOf(account, look).map((words): Row => [span(`! ${words}   `, 'warn')]);
  const fitting = remarks.find((row) => widthOf(row) <= room) ?? [];
  return spread(left, [...fitting, ...again], screen.columns);
}

function progress({ messages, of }: MailboxProgress, look: Look): string {
  return cut(`${count(messages, look.language)}/${count(of, look.language)}`, 11);
}

function standing(account: AccountStatus | null, say: Text): string {
  if (account === null) return say.mailboxes.waiting;
  const { state } = account;
  return state === 'paused' || state === 'locked' || state === 'disabled' ? say.accounts[state] : say.mailboxes.waiting;
}

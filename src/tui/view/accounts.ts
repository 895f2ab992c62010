/** The page Accounts: every account on a row, and below the list the selected one with its limits explained. */
import { phrases } from '../../protocol/phrases.ts';
import { accountsRows, pageRows, topIn } from '../layout.ts';
import type { Look } from '../look.ts';
import { accountIndex, accountsOf, type AccountRow, listedAccounts } from '../store/accounts.ts';
import type { Shown } from '../store/model.ts';
import { accountsTexts } from '../text/accounts.ts';
import { texts } from '../text/texts.ts';
import { type Cell, type Column, fitColumns, tableRow } from '../widgets/table.ts';
import { accountRows, accountTitle, mailboxOf, stateSigns } from './account.ts';
import { clockTime, count, size, UNKNOWN } from './format.ts';
import { keyNames } from './key-names.ts';
import { blank, fill, filledUp, reversed, type Row, type Span, span, spread } from './row.ts';
import { remote, remoteLine } from './width.ts';

const ids = ['account', 'state', 'errors', 'left', 'oversize', 'stuck', 'limit', 'next', 'mailbox', 'remark'] as const;
type ColumnId = (typeof ids)[number];

const columns: readonly Column<ColumnId>[] = [
  { id: 'account', width: 8, share: 2 },
  { id: 'state', width: 12 },
  { id: 'errors', width: 6, align: 'right' },
  { id: 'left', width: 7, align: 'right' },
  { id: 'oversize', width: 9, align: 'right' },
  { id: 'stuck', width: 7, align: 'right' },
  { id: 'limit', width: 15 },
  { id: 'next', width: 11 },
  { id: 'mailbox', width: 22, share: 2 },
  { id: 'remark', width: 12, share: 5 },
];

/** In the order in which they go on a narrow screen: what the part below the list says first. */
const drop: readonly ColumnId[] = ['mailbox', 'next', 'limit', 'errors', 'left', 'oversize', 'stuck'];

const MARKS = 3;

export function accountsPage(shown: Shown): Row[] {
  const { world, ui, size: screen } = shown;
  const own = accountsTexts[shown.look.language];
  const accounts = listedAccounts(world, ui);
  const cursor = accountIndex(accounts, ui);
  const { heads, list, detail } = accountsRows(screen, accounts.length);
  const width = screen.columns - MARKS;
  const fitted = fitColumns(columns, drop, width - 1);
  const top = topIn({ top: ui.accounts.top, cursor, total: accounts.length }, list);
  const rows = accounts
    .slice(top, top + list)
    .map((account, index) => accountRow(shown, fitted, account, top + index === cursor));
  if (rows.length === 0) rows.push(fill([span(`   ${emptyText(shown)}`, 'dim')], screen.columns));
  const headCells = Object.fromEntries(ids.map((id) => [id, { text: own.columns[id], tone: 'dim' }])) as Record<
    ColumnId,
    Cell
  >;
  const head = heads ? [fill([span(' '.repeat(MARKS)), ...tableRow(fitted, headCells, width)], screen.columns)] : [];
  const selected = accounts[cursor];
  const below = selected === undefined || detail <= 0 ? [] : detailRows(shown, selected, detail);
  return filledUp([title(shown, accounts, cursor), ...head, ...rows, ...below], pageRows(screen), screen.columns);
}

function title({ world, ui, look, size: screen }: Shown, listed: readonly AccountRow[], cursor: number): Row {
  const say = texts[look.language];
  const all = accountsOf(world).length;
  const number = (value: number): string => count(value, look.language);
  const { filter } = ui.accounts;
  const { wrong } = world.accounts;
  const left: Span[] = [
    span(` ${say.places.accounts}`, 'strong'),
    span(`   ${filter === '' ? number(all) : say.ofTotal(number(listed.length), number(all))}`),
  ];
  if (filter !== '') left.push(span(`   ${say.filter(remote(filter, look))}`, 'warn'));
  if (wrong !== null) left.push(span(`   ✗ ${remote(wrong, look)}`, 'wrong'));
  const place = listed.length === 0 ? '' : say.ofTotal(number(cursor + 1), number(listed.length));
  return spread(left, place === '' ? [] : [span(`${place} `, 'dim')], screen.columns);
}

function emptyText({ world, ui, look }: Shown): string {
  const own = accountsTexts[look.language];
  if (ui.accounts.filter !== '' && accountsOf(world).length > 0) return own.noneMatches;
  return own.none;
}

/** A blank, the account's title, and as much of it as there is room for; what is left out is counted, and how to see it said. */
function detailRows(shown: Shown, account: AccountRow, height: number): Row[] {
  const { columns: width } = shown.size;
  const own = accountsTexts[shown.look.language];
  const rows = accountRows(shown, account, MARKS);
  const room = height - 1;
  const key = keyNames(['enter'], shown.look);
  const shownRows =
    rows.length <= room
      ? rows
      : [
          ...rows.slice(0, Math.max(0, room - 1)),
          fill([span(`   ${own.moreRows(rows.length - Math.max(0, room - 1), key)}`, 'dim')], width),
        ];
  return [blank(width), accountTitle(shown, account), ...shownRows];
}

function accountRow(shown: Shown, fitted: readonly Column<ColumnId>[], account: AccountRow, selected: boolean): Row {
  const { columns: width } = shown.size;
  const kept = new Set(fitted.map(({ id }) => id));
  const row = fill(
    [span(selected ? ' ▸ ' : '   ', 'strong'), ...tableRow(fitted, cellsOf(shown, account, kept), width - MARKS)],
    width,
  );
  return selected ? reversed(row) : row;
}

function cellsOf(shown: Shown, account: AccountRow, kept: ReadonlySet<ColumnId>): Record<ColumnId, Cell> {
  const { look, now } = shown;
  const { status, detail } = account;
  const own = accountsTexts[look.language];
  const { sign, tone } = stateSigns[status.state];
  const number = (value: number, wakes: 'warn' | 'plain'): Cell =>
    value === 0 ? { text: '0', tone: 'dim' } : { text: count(value, look.language), tone: wakes };
  return {
    account: { text: remote(status.name, look), tone: 'strong' },
    state: { text: `${sign} ${own.states[status.state]}`, tone },
    errors: number(status.consecutiveErrors, 'warn'),
    left: number(status.left, 'plain'),
    oversize: number(status.oversize, 'warn'),
    stuck: number(status.stuck, 'warn'),
    limit: { text: limitText(account, look) },
    next: { text: detail === null ? UNKNOWN : clockTime(detail.nextAt, now, look) },
    mailbox: { text: detail === null ? UNKNOWN : remote(mailboxOf(detail), look) },
    remark: remark(account, look, kept),
  };
}

/** `20 MB account`. */
function limitText({ detail }: AccountRow, look: Look): string {
  if (detail === null || detail.limit.bytes === 0) return UNKNOWN;
  const { bytes, setBy } = detail.limit;
  return `${size(bytes, look.language)} ${accountsTexts[look.language].limitWords[setBy]}`;
}

/** What a person would ask about first: the open question, counts that have no column here, the note, the last error. */
function remark({ status, detail }: AccountRow, look: Look, kept: ReadonlySet<ColumnId>): Cell {
  const own = accountsTexts[look.language];
  const { stuck, oversize, note, lastError } = status;
  const asked = (detail?.renumbered ?? null) !== null;
  const parts = [
    ...(asked ? [own.askedAbout] : []),
    ...(stuck > 0 && !kept.has('stuck') ? [own.stuck(stuck)] : []),
    ...(oversize > 0 && !kept.has('oversize') ? [own.oversize(oversize)] : []),
    ...(note === '' ? [] : [own.note(remoteLine(note, look))]),
    // A question that is open says the same.
    ...(lastError === null || asked ? [] : [remoteLine(phrases[look.language].reason(lastError), look)]),
  ];
  return { text: parts.join(' · '), tone: lastError !== null && !asked ? 'wrong' : 'warn' };
}

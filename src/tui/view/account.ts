/** One account, all that is known of it: what is wrong and what to do first, then its limits, each explained (G13), then the rest. */
import type { AccountDetail, AccountStatus } from '../../protocol/model.ts';
import { phrases } from '../../protocol/phrases.ts';
import { pageRows, textRows } from '../layout.ts';
import type { Look } from '../look.ts';
import { type AccountRow, selectedAccount } from '../store/accounts.ts';
import type { Shown } from '../store/model.ts';
import { isReadOnly } from '../store/moment.ts';
import { deciders, keepersOf, type LimitName, limitNames, raise } from '../store/size-limits.ts';
import { type AccountsText, accountsTexts } from '../text/accounts.ts';
import { texts } from '../text/texts.ts';
import { clockTime, dateTime, size, UNKNOWN } from './format.ts';
import { keyNames } from './key-names.ts';
import { cell, fill, filledUp, type Row, type Span, span, spread, type Tone } from './row.ts';
import { cells, cut, remote, remoteLine, wrap } from './width.ts';

/** Before a label, and between it and what it names. */
const INDENT = 3;
const GAP = 2;
/** Narrower than this, what a label names stands under it. */
const BESIDE = 60;

/** The account, opened: its title, and as much of the rest as the page holds. */
export function accountPage(shown: Shown): Row[] {
  const { ui, size: screen } = shown;
  const rows = accountPageRows(shown);
  const height = textRows(screen);
  const top = Math.max(0, Math.min(ui.account?.top ?? 0, rows.length - height));
  const account = selectedAccount(shown.world, ui);
  const title = account === null ? [] : accountTitle(shown, account);
  return filledUp([fill(title, screen.columns), ...rows.slice(top, top + height)], pageRows(screen), screen.columns);
}

/** All rows under the title; scrolling shows a part of them. */
export function accountPageRows(shown: Shown): Row[] {
  const account = selectedAccount(shown.world, shown.ui);
  const own = accountsTexts[shown.look.language];
  return account === null
    ? [fill([span(`   ${own.none}`, 'dim')], shown.size.columns)]
    : accountRows(shown, account, INDENT);
}

export const stateSigns: Record<AccountStatus['state'], { sign: string; tone: Tone }> = {
  ok: { sign: '●', tone: 'good' },
  error: { sign: '✗', tone: 'wrong' },
  locked: { sign: '✗', tone: 'wrong' },
  paused: { sign: '!', tone: 'warn' },
  never: { sign: '○', tone: 'dim' },
  disabled: { sign: '○', tone: 'dim' },
};

/** ` support   ✗ locked   third session in a row`. */
export function accountTitle({ look, size: screen }: Shown, { status }: AccountRow): Row {
  const own = accountsTexts[look.language];
  const { sign, tone } = stateSigns[status.state];
  const times = status.consecutiveErrors;
  const left: Row = [
    span(` ${cut(remote(status.name, look), Math.floor(screen.columns / 2))}`, 'strong'),
    span(`   ${sign} ${own.states[status.state]}`, tone),
  ];
  return spread(left, times > 1 ? [span(`${texts[look.language].sessionInARow(times)} `, 'dim')] : [], screen.columns);
}

type Label = keyof AccountsText['labels'];
/** What stands beside a label: a text that is wrapped. */
type Line = { label: Label; text: string; tone?: Tone };

/** The account under its title; what needs a person comes first. */
export function accountRows(shown: Shown, account: AccountRow, indent: number): Row[] {
  const own = accountsTexts[shown.look.language];
  const width = Math.max(...Object.values(own.labels).map(cells));
  let before: Label | null = null;
  return linesOf(shown, account).flatMap((line) => {
    const rows = labelled(line, line.label === before ? '' : own.labels[line.label], { shown, indent, width });
    before = line.label;
    return rows;
  });
}

function linesOf(shown: Shown, { status, detail }: AccountRow): Line[] {
  const { look, now } = shown;
  const own = accountsTexts[look.language];
  const { lastError, note, lastSuccessAt } = status;
  return [
    // A question that is open says the same at length.
    ...(lastError === null || (detail?.renumbered ?? null) !== null ? [] : [errorLine(lastError, look)]),
    ...(detail === null ? [] : questionLines(shown, detail)),
    ...(note === '' ? [] : [{ label: 'note', text: own.note(remoteLine(note, look)), tone: 'warn' } as const]),
    ...(detail === null ? [] : signInLines(shown, detail)),
    ...(status.left === 0 ? [] : [leftLine(status, own)]),
    ...(detail === null ? [unaskedLine(shown)] : limitLines(shown, detail)),
    ...(detail === null ? [] : tooLargeLines(detail, status, look)),
    ...(detail === null ? [] : [{ label: 'next', text: clockTime(detail.nextAt, now, look) } as const]),
    { label: 'success', text: dateTime(lastSuccessAt, look) },
    ...traceLines(shown, status.name),
    ...(detail === null ? [] : mailboxLines(detail, look)),
  ];
}

/** Before the gateway has said what the limits are, or when it does not say. */
function unaskedLine({ world, look }: Shown): Line {
  const text = world.accounts.wrong === null ? accountsTexts[look.language].asking : UNKNOWN;
  return { label: 'limit', text, tone: 'dim' };
}

function errorLine(error: string, look: Look): Line {
  return { label: 'error', text: remoteLine(phrases[look.language].reason(error), look), tone: 'wrong' };
}

function questionLines(shown: Shown, { renumbered }: AccountDetail): Line[] {
  if (renumbered === null) return [];
  const own = accountsTexts[shown.look.language];
  const { known, gone, fresh } = renumbered;
  const key = isReadOnly(shown.world, shown.readOnly)
    ? ''
    : `${own.colon}${own.pressFor.answer(keyNames(['A'], shown.look))}`;
  return [{ label: 'question', text: `${own.question(known, gone, fresh)}${key}.`, tone: 'warn' }];
}

function signInLines(shown: Shown, { oauth2, signIn }: AccountDetail): Line[] {
  const { look, now } = shown;
  if (oauth2 === null && signIn === null) return [];
  const own = accountsTexts[look.language];
  const provider = oauth2 === null ? '' : `${remote(oauth2, look)}${own.colon}`;
  if (signIn === null) return [{ label: 'signIn', text: `${provider}${own.byProgram}` }];
  if (!signIn.signedIn) {
    const press = isReadOnly(shown.world, shown.readOnly)
      ? ''
      : `${own.colon}${own.pressFor.signIn(keyNames(['s'], look))}`;
    return [{ label: 'signIn', text: `${provider}${own.notSignedIn}${press}`, tone: 'wrong' }];
  }
  const user = own.signedIn(signIn.user === null ? null : remote(signIn.user, look));
  const until = signIn.expiresAt === null ? '' : `, ${own.tokenUntil(clockTime(signIn.expiresAt, now, look))}`;
  return [{ label: 'signIn', text: `${provider}${user}${until}` }];
}

function leftLine({ left, oversize, stuck }: AccountStatus, own: AccountsText): Line {
  const parts = [
    own.left(left),
    ...(oversize > 0 ? [own.oversize(oversize)] : []),
    ...(stuck > 0 ? [own.stuck(stuck)] : []),
  ];
  return { label: 'left', text: parts.join(', '), tone: oversize + stuck > 0 ? 'warn' : 'plain' };
}

/** The limit that counts and who sets it, the limit of each, and what a raise would bring. */
function limitLines({ look }: Shown, detail: AccountDetail): Line[] {
  const own = accountsTexts[look.language];
  const { limits, limit } = detail;
  const by = deciders(limits);
  if (limit.bytes === 0 || by.length === 0) return [{ label: 'limit', text: own.anySize }];
  // A disk with room for anything limits nothing, and is not what an operator looks for here.
  const shown = limitNames.filter((name) => name !== 'disk' || limits.disk > 0);
  const each = shown.map((name) => `${own.limitLabels[name]} ${limitText(name, limits[name], look)}`);
  const raised = raise(detail);
  return [
    { label: 'limit', text: own.setBy(size(limit.bytes, look.language), named(by, own)), tone: 'strong' },
    { label: 'limit', text: each.join(' · ') },
    ...(raised === null ? [] : [{ label: 'limit', text: raiseText(raised, look) } as const]),
  ];
}

function limitText(name: LimitName, bytes: number, look: Look): string {
  const own = accountsTexts[look.language];
  if (bytes > 0) return size(bytes, look.language);
  return name === 'mailServer' ? own.unknownLimit : own.noLimit;
}

function raiseText({ by, upTo, next, released, of }: NonNullable<ReturnType<typeof raise>>, look: Look): string {
  const own = accountsTexts[look.language];
  return own.raise({
    who: named(by, own),
    upTo: upTo === null ? null : size(upTo, look.language),
    next: named(next, own),
    released,
    total: of,
  });
}

function tooLargeLines({ tooLarge, limits }: AccountDetail, { oversize }: AccountStatus, look: Look): Line[] {
  const own = accountsTexts[look.language];
  const more = oversize - tooLarge.length;
  return [
    ...tooLarge.map((message): Line => {
      const { bytes, from, subject } = message;
      const why = own.keptBy(named(keepersOf(message, limits), own));
      const what = `${remote(from, look)} "${remote(subject.replaceAll(/\s+/g, ' ').trim(), look)}"`;
      return { label: 'tooLarge', text: `${size(bytes, look.language)}  ${why}${own.colon}${cut(what, 80)}` };
    }),
    ...(tooLarge.length > 0 && more > 0 ? [{ label: 'tooLarge', text: own.unnamed(more), tone: 'dim' } as const] : []),
  ];
}

function traceLines({ world, look, now }: Shown, name: string): Line[] {
  const pop3 = world.gateway?.traces.pop3;
  if (pop3?.on !== true || (pop3.account !== null && pop3.account !== name)) return [];
  const own = accountsTexts[look.language];
  const say = texts[look.language];
  const until = pop3.until === null ? '' : `, ${say.until(clockTime(pop3.until, now, look))}`;
  const what = pop3.account === null ? own.tracedWith(say.everything) : own.traced;
  return [{ label: 'trace', text: `${what}${until}`, tone: 'good' }];
}

function mailboxLines(detail: AccountDetail, look: Look): Line[] {
  const own = accountsTexts[look.language];
  const parts = [
    `${remote(mailboxOf(detail), look)}:${detail.port}`,
    own.security[detail.security],
    own.login(remote(detail.authentication, look)),
    ...(detail.keepOnServer ? [own.keeps] : []),
  ];
  return [
    { label: 'mailbox', text: parts.join(', ') },
    ...(detail.comment === '' ? [] : [{ label: 'comment', text: remote(detail.comment, look) } as const]),
  ];
}

/** `anna@pop.isp.com`; a user that is an address already stands apart from the host. */
export function mailboxOf({ user, host }: Pick<AccountDetail, 'user' | 'host'>): string {
  return user.includes('@') ? `${user} @ ${host}` : `${user}@${host}`;
}

function named(names: readonly LimitName[], own: AccountsText): string {
  const words = names.map((name) => own.limitNames[name]);
  const last = words.pop() ?? UNKNOWN;
  return words.length === 0 ? last : words.join(', ') + own.and + last;
}

type Place = { shown: Shown; indent: number; width: number };

/** The label before the first row of its text, or above it where the screen is narrow. */
function labelled({ text, tone }: Line, label: string, { shown, indent, width }: Place): Row[] {
  const { columns } = shown.size;
  const beside = columns >= BESIDE;
  const start = beside ? indent + width + GAP : indent + 2;
  const pieces = wrap(text, Math.max(8, columns - start - 1));
  const rows = pieces.map((piece, index): Row => {
    const head: Span[] =
      beside && index === 0
        ? [span(' '.repeat(indent)), cell(label, width, 'dim'), span(' '.repeat(GAP))]
        : [span(' '.repeat(start))];
    return fill([...head, span(piece, tone ?? 'plain')], columns);
  });
  if (beside || label === '') return rows;
  return [fill([span(' '.repeat(indent)), span(label, 'dim')], columns), ...rows];
}

/**
 * A person's look into a POP3 mailbox (S60, S61, G08): what is there and why, and what is to become of it. Looking changes nothing.
 * What is decided stands in the ledger before the answer; what is deleted goes with QUIT, and is told as a fact then (I03, I05).
 */
import type { MethodName, ParsedParamsOf, ResultOf, SessionReport } from '../../protocol/commands.ts';
import { CallError } from '../../protocol/errors.ts';
import type { Bus } from '../base/bus.ts';
import type { Account } from '../config/config.ts';
import { wish, wishesOf } from '../inbound/wishes.ts';
import type { ListedMessage, Pop3Result } from '../pop3/mailbox.ts';
import type { Ledger, LedgerEntry, Memos } from '../store/store.ts';
import { type AnswersOf, accountNamed, Occupied } from './answers.ts';
import { type Choice, choose, createShownLists, type Wish } from './mailbox-choice.ts';
import { labelIn, readLabels, shownOf } from './mailbox-labels.ts';
import {
  entryOfMessage,
  entryToChange,
  type Judging,
  limitsOf,
  NAMELESS,
  type OtherLimits,
} from './mailbox-message.ts';
import { deliveredTo, headerIn, textIn } from './mailbox-top.ts';
import { chooseUnseen } from './mailbox-unseen.ts';
import { createVisits, type Visit, type VisitParts } from './mailbox-visit.ts';
import { readdress } from './readdress.ts';

/** How a session that was asked for is under way; `joined`: it was running already. */
export type SessionAsked =
  | { kind: 'running'; session: number; joined: boolean; finished: Promise<SessionReport> }
  | { kind: 'refused'; why: string };

export interface BrowserParts extends VisitParts {
  /** Those of the configuration of now. */
  accounts(): readonly Account[];
  /** How large a message may be for configuration, internal server and disk, as they are now. */
  otherLimits(): Promise<OtherLimits>;
  /** The routing of now, as the ledger names it. */
  routing(): string;
  /** Asks for a session of one account. */
  trigger(account: string, by: string): Promise<SessionAsked>;
  ledger: Pick<Ledger, 'entries' | 'remember' | 'noteDeleted' | 'attempts'>;
  memos: Pick<Memos, 'put' | 'all'>;
  bus: Bus;
}

/** `later`: after whoever is in the mailbox now. */
type Decided = ResultOf<'mailbox.mark-fetched'> & { later: boolean };

type BrowserMethod = Extract<MethodName, `mailbox.${string}`>;

export interface MailboxBrowser {
  answers: AnswersOf<BrowserMethod>;
  /** Leaves every mailbox without QUIT. */
  close(): void;
}

/** Characters of a UIDL in an event. RFC 1939 §7 allows 70; the ledger has it whole. */
const UIDL_TOLD = 255;

export function createMailboxBrowser(parts: BrowserParts): MailboxBrowser {
  const { clock, ledger } = parts;
  const visits = createVisits(parts);
  const shown = createShownLists(clock);

  /** Does something with the messages that a call names. */
  function withMessages<T>(
    params: Wish & { account: string },
    by: string,
    work: (visit: Visit, choice: Choice) => Promise<Pop3Result<T>>,
  ): Promise<T> {
    const account = accountNamed(parts.accounts(), params.account);
    return visits.inside(account, { fresh: false }, (visit) =>
      work(visit, choose(params, visit, shown.of(account.name, by))),
    );
  }

  /** Reads what the ledger has of messages: of what may be 100,000 only those that somebody looks at. */
  async function know(visit: Visit, messages: readonly ListedMessage[]): Promise<void> {
    const uidls = messages.map(({ uidl }) => uidl).filter((uidl) => !visit.unsure.has(uidl));
    const entries = await ledger.entries(visit.account.name, uidls);
    for (const [uidl, entry] of entries) visit.ledger.set(uidl, entry);
  }

  async function list({ account: name, offset, limit }: ParsedParamsOf<'mailbox.list'>, by: string) {
    const account = accountNamed(parts.accounts(), name);
    return await visits.inside(account, { fresh: offset === 0 }, async (visit) => {
      const range = visit.listing.slice(offset, offset + limit);
      await know(visit, range);
      const read = await readLabels(visit, range);
      if (!read.ok) return read;

      shown.remember(account.name, by, visit);
      const judging = await judgingOf(account);
      const messages = range.map((message) => shownOf(visit, message, judging));
      return done({ total: visit.listing.length, bytes: sum(visit.listing), messages });
    });
  }

  async function judgingOf(account: Account): Promise<Judging> {
    const limits = limitsOf(account, await parts.otherLimits());
    return { account, limits, routing: parts.routing(), now: clock.now() };
  }

  async function top({ number, uidl, lines, account }: ParsedParamsOf<'mailbox.top'>, by: string) {
    const name = accountNamed(parts.accounts(), account).name;
    return await visits.inside(accountNamed(parts.accounts(), account), { fresh: false }, async (visit) => {
      // Who has seen no list yet sees this message now, and means it by its number from now on.
      if (shown.of(name, by) === null) shown.remember(name, by, visit);
      const message = theOne(choose(one({ number, uidl }), visit, shown.of(name, by)));
      await know(visit, [message]);
      const got = await visit.mailbox.top(message.number, lines);
      if (!got.ok) return got;

      const header = headerIn(got.value);
      visit.labels.set(message.number, labelIn(header));
      const nameless = visit.unsure.has(message.uidl);
      const entry = nameless ? null : entryOfMessage(message, visit.ledger.get(message.uidl));
      return done({
        message: shownOf(visit, message, await judgingOf(visit.account)),
        headers: header.fields(),
        text: await textIn(got.value),
        deliveredTo: deliveredTo(entry),
        attempts: nameless ? [] : await ledger.attempts(name, message.uidl),
      });
    });
  }

  /** Changes what the ledger says of messages, durably; those without a UIDL of their own are skipped. */
  async function decide(
    visit: Visit,
    { messages, skipped }: Choice,
    change: (entry: LedgerEntry) => LedgerEntry,
  ): Promise<ResultOf<'mailbox.mark-fetched'>> {
    const [nameless, named] = [true, false].map((is) => messages.filter(({ uidl }) => visit.unsure.has(uidl) === is));
    await know(visit, named ?? []);
    const entries = (named ?? []).map((message) =>
      change(entryToChange(message, visit.ledger.get(message.uidl), visit.labels.get(message.number), clock.now())),
    );
    if (entries.length > 0) await ledger.remember(visit.account.name, entries);
    for (const entry of entries) visit.ledger.set(entry.uidl, entry);
    return {
      changed: (named ?? []).map(({ number, uidl }) => ({ number, uidl })),
      skipped: [...skipped, ...(nameless ?? []).map(({ number, uidl }) => ({ number, uidl, why: NAMELESS }))],
    };
  }

  async function fetch(params: ParsedParamsOf<'mailbox.fetch'>, by: string): Promise<ResultOf<'mailbox.fetch'>> {
    const { name } = accountNamed(parts.accounts(), params.account);
    const decided = await wanted(params, by).catch((error: unknown) => {
      if (error instanceof Occupied) return noteWish(name, params, by);
      throw error;
    });
    if (decided.changed.length === 0) return { ...decided, session: null, report: null };

    const asked = await parts.trigger(name, by);
    if (asked.kind === 'refused') {
      const message = `It is remembered, and fetched with the next session; there can be none now: ${asked.why}`;
      throw new CallError('refused', message, decided);
    }
    const uidls = decided.changed.map(({ uidl }) => uidl);
    const fetched = untilFetched(name, uidls, by, asked);
    fetched.catch(() => {}); // told by the session itself, and to whoever waits
    return { ...decided, ...(params.wait ? await fetched : { session: asked.session, report: null }) };
  }

  async function wanted(params: ParsedParamsOf<'mailbox.fetch'>, by: string): Promise<Decided> {
    const change = await withMessages(params, by, async (visit, choice) => {
      nothingMarked(visit);
      const decided = await decide(visit, choice, (entry) => ({ ...entry, wanted: true }));
      if (decided.changed.length > 0) await visits.leave(visit); // the session is to find the mailbox free
      return done(decided);
    });
    return { ...change, later: false };
  }

  /** Somebody else is in the mailbox: the next session finds the wish. */
  async function noteWish(account: string, which: Wish, by: string): Promise<Decided> {
    const known = await ledger.entries(account, which.uidls ?? []);
    const { messages, skipped } = chooseUnseen(which, shown.of(account, by), new Set(known.keys()));
    const uidls = messages.map(({ uidl }) => uidl);
    await wish(parts.memos, account, uidls);
    return { changed: messages.map(({ number, uidl }) => ({ number, uidl })), skipped, later: uidls.length > 0 };
  }

  /** A session that was running already may have been past this mailbox: then another one is asked for. */
  async function untilFetched(
    account: string,
    uidls: string[],
    by: string,
    { session, joined, finished }: Extract<SessionAsked, { kind: 'running' }>,
  ): Promise<{ session: number; report: SessionReport }> {
    const report = await finished;
    const entries = await ledger.entries(account, joined ? uidls : []);
    const open = new Set(joined ? await wishesOf(parts.memos, account) : []);
    const isOpen = (uidl: string) => open.has(uidl) || entries.get(uidl)?.wanted === true;
    if (!uidls.some(isOpen)) return { session, report };

    const next = await parts.trigger(account, by);
    if (next.kind === 'refused') return { session, report };
    return { session: next.session, report: await next.finished };
  }

  async function remove(params: ParsedParamsOf<'mailbox.delete'>, by: string): Promise<ResultOf<'mailbox.delete'>> {
    return await withMessages(params, by, async (visit, { messages, skipped }) => {
      const others = [...visit.marked.values()].find((marker) => marker !== by);
      if (params.close && others !== undefined) throw markedBy(others, visit.marked.size);

      const already = messages.filter(({ number }) => visit.marked.has(number));
      const wanted = messages.filter(({ number }) => !visit.marked.has(number));
      for (const { number } of wanted) visit.marked.set(number, by); // before DELE: from now on nobody takes the mailbox away
      const answered = await visit.mailbox.delete(wanted.map(({ number }) => number));
      if (!answered.ok) return answered;

      const deleted = new Set(answered.value);
      const refused = wanted.filter(({ number }) => !deleted.has(number));
      for (const { number } of refused) visit.marked.delete(number);
      if (params.close && visit.marked.size > 0) await leaveDeleting(visit);
      return done({
        changed: wanted.filter(({ number }) => deleted.has(number)).map(({ number, uidl }) => ({ number, uidl })),
        skipped: [
          ...skipped,
          ...already.map(({ number, uidl }) => ({ number, uidl, why: 'It is marked for deletion already.' })),
          ...refused.map(({ number, uidl }) => ({ number, uidl, why: 'The POP3 server refused to delete it.' })),
        ],
      });
    });
  }

  /** QUIT: only its +OK says that what was marked is gone (I05). Answers with how many that were. */
  async function leaveDeleting(visit: Visit): Promise<number> {
    const doomed = [...visit.marked.keys()].flatMap((number) => visit.byNumber.get(number) ?? []);
    const left = await visit.mailbox.quit();
    visits.end(visit);
    if (!left.ok) {
      const message = `${left.failure.message}. Whether anything was deleted is not known: list the mailbox again.`;
      throw new CallError('refused', message, { kind: left.failure.kind });
    }

    const account = visit.account.name;
    for (const { uidl } of doomed) {
      const told = uidl.slice(0, UIDL_TOLD);
      parts.bus.tell({ type: 'message.deleted', session: 0, account, uidl: told, why: 'operator' });
    }
    // A UIDL that is listed again after this may name another message (POP16).
    const named = doomed.map(({ uidl }) => uidl).filter((uidl) => !visit.unsure.has(uidl));
    await ledger.noteDeleted(account, named, clock.now());
    return doomed.length;
  }

  const answers: MailboxBrowser['answers'] = {
    'mailbox.list': list,
    'mailbox.top': top,
    'mailbox.fetch': fetch,
    'mailbox.mark-fetched': (params, by) =>
      withMessages(params, by, async (visit, choice) => done(await decide(visit, choice, markFetched))),
    'mailbox.delete': remove,
    async 'mailbox.undelete'({ account: name }) {
      const account = accountNamed(parts.accounts(), name);
      return await visits.ifOpen(account, async (visit) => {
        const taken = await visit?.mailbox.undelete();
        // A session that cannot be spoken to any more deletes nothing either.
        if (visit && taken?.ok === false) visits.end(visit);
        visit?.marked.clear();
        return { account: account.name };
      });
    },
    'mailbox.close': ({ account }) =>
      visits.ifOpen(accountNamed(parts.accounts(), account), async (visit) => ({
        deleted: visit ? await leaveDeleting(visit) : 0,
      })),
    async 'mailbox.readdress'({ account, number, uidl, from, to }, by) {
      return await withMessages({ account, ...one({ number, uidl }) }, by, async (visit, choice) => {
        const message = theOne(choice);
        const { skipped } = await decide(visit, choice, (entry) => readdress(entry, { from, to }));
        if (skipped.length > 0) throw new CallError('refused', NAMELESS);
        return done({ uidl: message.uidl, from, to });
      });
    },
  };

  const markFetched = (entry: LedgerEntry): LedgerEntry => ({
    ...entry,
    ...{ outcome: 'marked', keep: true, wanted: false, broke: 0 }, // nor is it set aside any more: somebody has decided
    deliveredAt: entry.deliveredAt ?? clock.now(),
  });

  return {
    answers,
    close() {
      visits.close();
      shown.close();
    },
  };
}

const done = <T>(value: T): Pop3Result<T> => ({ ok: true, value });

const sum = (listing: readonly ListedMessage[]): number =>
  listing.reduce((all, { bytes }) => Math.min(all + bytes, Number.MAX_SAFE_INTEGER), 0); // LIST says anything

const one = ({ number, uidl }: { number?: number | undefined; uidl?: string | undefined }): Wish =>
  number === undefined ? { uidls: uidl === undefined ? [] : [uidl] } : { numbers: [number] };

/** The message of a call that names one. */
function theOne({ messages, skipped }: Choice): ListedMessage {
  const [message] = messages;
  if (message) return message;
  throw new CallError('not_found', skipped[0]?.why ?? 'Name the message by "number" or by "uidl".');
}

/** What is marked would be lost, or deleted, when the mailbox is left for a session. */
function nothingMarked({ marked }: Visit): void {
  const [by] = marked.values();
  if (by !== undefined) throw markedBy(by, marked.size);
}

function markedBy(by: string, count: number): CallError {
  const what = count === 1 ? '1 message is' : `${count} messages are`;
  const message = `${what} marked for deletion by ${by}: close the mailbox, or undelete, first.`;
  return new CallError('conflict', message);
}

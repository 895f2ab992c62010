/** What the Control Panel's account page did: how each account is, a try of its connection, and its memory of what was fetched. */
import { CallError } from '../../protocol/errors.ts';
import type { AccountDetail, AccountStatus } from '../../protocol/model.ts';
import type { Instant } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { MailboxGate } from '../base/gate.ts';
import type { Account } from '../config/config.ts';
import { numberingMemo, readNumbering, writeNumbering } from '../inbound/renumbering.ts';
import type { ListedMessage, OpenMailbox, Pop3Opened, Pop3Result } from '../pop3/mailbox.ts';
import type { Ledger, LedgerEntry, Memos } from '../store/store.ts';
import { accountDetail, tooLargeOf } from './account-detail.ts';
import { accountNamed, type AnswersOf, occupied } from './answers.ts';
import { recordDialogue } from './dialogue-record.ts';
import type { OtherLimits } from './mailbox-message.ts';

export interface AccountToolParts {
  /** Those of the configuration of now, in its order. */
  accounts(): readonly Account[];
  /** How they are, as everybody is told. */
  statuses(): readonly AccountStatus[];
  /** How large a message may be for configuration, internal server and disk, as they are now. */
  otherLimits(): Promise<OtherLimits>;
  /** Null: it has a password. */
  signIn(account: string): Promise<AccountDetail['signIn']>;
  /** When it is fetched next by itself. */
  nextAt(account: string): Instant | null;
  /** Opens a mailbox with this dialogue; the signal ends it at any time. */
  open(account: string, dialogue: Dialogue, stop: AbortSignal): Promise<Pop3Opened>;
  gate: MailboxGate;
  ledger: Pick<Ledger, 'known' | 'entries' | 'forget'>;
  memos: Memos;
  stop: AbortSignal;
}

type AccountMethod = 'accounts.list' | 'accounts.test' | 'accounts.forget-ids' | 'renumbered.answer';

export function createAccountTools(parts: AccountToolParts): AnswersOf<AccountMethod> {
  const { gate, ledger, memos } = parts;
  const named = (name: string) => accountNamed(parts.accounts(), name);

  async function detail(account: Account, otherLimits: OtherLimits): Promise<AccountDetail> {
    const status = parts.statuses().find(({ name }) => name === account.name);
    const nextAt = parts.nextAt(account.name);
    return accountDetail(account, {
      status,
      otherLimits,
      tooLarge: mayHoldTooLarge(status) ? await tooLarge(account, otherLimits) : [],
      numbering: await memos.get(numberingMemo(account.name)),
      signIn: await parts.signIn(account.name),
      nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
    });
  }

  async function tooLarge(account: Account, otherLimits: OtherLimits): Promise<LedgerEntry[]> {
    const known = await ledger.known(account.name);
    const uidls = tooLargeOf(account, otherLimits, known.values());
    const entries = await ledger.entries(account.name, uidls);
    return uidls.flatMap((uidl) => entries.get(uidl) ?? []);
  }

  /** The ledger is not to change under a session, which decides by what it read at its start. */
  async function alone<T>(account: string, work: () => Promise<T>): Promise<T> {
    const inside = gate.enterForBrowser(account, () => false);
    if (!inside) throw occupied(account);
    try {
      return await work();
    } finally {
      inside.leave();
    }
  }

  async function forget(account: string, uidl: string | undefined): Promise<number> {
    const { size } = uidl === undefined ? await ledger.known(account) : await ledger.entries(account, [uidl]);
    await ledger.forget(account, uidl === undefined ? null : [uidl]);
    return size;
  }

  return {
    'accounts.list': async () => {
      const others = await parts.otherLimits();
      return { accounts: await Promise.all(parts.accounts().map((account) => detail(account, others))) };
    },
    'accounts.test': ({ account }) => test(named(account), parts),
    'accounts.forget-ids': async ({ account, uidl }) => {
      const { name } = named(account);
      return { forgotten: await alone(name, () => forget(name, uidl)) };
    },
    'renumbered.answer': async ({ account, answer }) => {
      const { name } = named(account);
      await alone(name, async () => {
        const memo = numberingMemo(name);
        if (readNumbering(await memos.get(memo))?.state !== 'asked') throw nothingAsked(name);
        await memos.put(memo, writeNumbering({ state: answer }));
      });
      return { account: name, answer };
    },
  };
}

/** A ledger of 100,000 messages is not read for each look at the accounts: the last session has said whether it is worth it. */
const mayHoldTooLarge = (status: AccountStatus | undefined): boolean =>
  status === undefined || status.state === 'never' || status.oversize > 0;

function nothingAsked(account: string): CallError {
  return new CallError('refused', `Nothing is asked about the mailbox of ${account}.`, { account });
}

type Tested = Awaited<ReturnType<AnswersOf<AccountMethod>['accounts.test']>>;

/** Connects, logs in, lists and leaves. A session that comes meanwhile goes first. */
async function test(account: Account, { gate, open, stop }: AccountToolParts): Promise<Tested> {
  if (account.problem !== null) return { ok: false, messages: 0, bytes: 0, why: account.problem, dialogue: [] };

  const abort = new AbortController();
  const inside = gate.enterForBrowser(account.name, (to) => {
    if (to === 'session') abort.abort();
    return to === 'session';
  });
  if (!inside) throw occupied(account.name);

  const record = recordDialogue();
  try {
    const opened = await open(account.name, record, AbortSignal.any([stop, abort.signal]));
    const listed = opened.ok ? await listAndLeave(opened.mailbox) : opened;
    if (abort.signal.aborted) throw occupied(account.name);
    if (!listed.ok) return { ok: false, messages: 0, bytes: 0, why: listed.failure.message, dialogue: record.lines };
    const bytes = listed.value.reduce((sum, message) => Math.min(sum + message.bytes, Number.MAX_SAFE_INTEGER), 0);
    return { ok: true, messages: listed.value.length, bytes, why: '', dialogue: record.lines };
  } finally {
    inside.leave();
  }
}

async function listAndLeave(mailbox: OpenMailbox): Promise<Pop3Result<ListedMessage[]>> {
  try {
    const listed = await mailbox.list();
    if (listed.ok) await mailbox.quit(); // nothing is marked: whatever it answers, nothing is deleted
    return listed;
  } finally {
    mailbox.destroy();
  }
}

/**
 * Asks for what the state does not tell of the accounts (limits, mailboxes, sign-ins), and only while their page is open: once it is
 * opened, and when events say that something is different. One question at a time, a second apart.
 */
import { CallError } from '../../protocol/errors.ts';
import type { EventType, GatewayEvent } from '../../protocol/events.ts';
import type { ReaderOptions } from './queue-reader.ts';

/** Milliseconds between an answer and the next question: a session over 100 accounts tells of one after the other. */
const PAUSE = 1_000;
/** Milliseconds after a question that failed. */
const PAUSE_AFTER_FAILURE = 3_000;

export interface AccountsReader {
  /** Asks if something is to be asked. */
  look(): void;
  /** What was told is not so any more. `anew`: it is another gateway than before, or the same one started again. */
  changed(anew?: 'anew'): void;
}

export function createAccountsReader({ store, link, clock }: ReaderOptions): AccountsReader {
  let stale = true;
  let asking = false;
  /** A gateway that does not know the question, or does not answer it to us, is not asked again. */
  let refused = false;
  let pause: { cancel(): void } | null = null;

  function look(): void {
    const { world, ui } = store.present();
    if (ui.page !== 'accounts' || world.link.is !== 'live' || asking || pause !== null) return;
    if (!stale || refused) return;
    void ask();
  }

  async function ask(): Promise<void> {
    asking = true;
    stale = false;
    let rest = PAUSE;
    try {
      const { accounts } = await link.call('accounts.list', {});
      store.tell(() => ({ accounts: { details: accounts, wrong: null } }));
    } catch (error) {
      refused = error instanceof CallError && !error.mayTryAgain;
      stale = true;
      rest = PAUSE_AFTER_FAILURE;
      const why = error instanceof Error ? error.message : String(error);
      store.tell((world) => ({ accounts: { ...world.accounts, wrong: why } }));
    }
    asking = false;
    pause = clock.after(rest, () => {
      pause = null;
      look();
    });
  }

  return {
    look,
    changed(anew) {
      stale = true;
      if (anew !== undefined) refused = false;
      look();
    },
  };
}

/** After one of these an account may be another than the gateway last said. */
const telling: ReadonlySet<EventType> = new Set<EventType>([
  'accounts.configured',
  'session.scheduled',
  'session.finished',
  'mailbox.finished',
  'mailbox.failed',
  'mailbox.renumbered',
  'message.oversize',
  'account.noted',
  'signin.changed',
]);
/** Commands that change an account, whoever gave them. */
const CHANGING = /^(accounts|renumbered|mailbox|signin)\./;

export function tellsOfAccounts(event: GatewayEvent): boolean {
  return telling.has(event.type) || (event.type === 'command.done' && CHANGING.test(event.method));
}

/**
 * What is asked of the gateway: pending at once, then done or failed with the gateway's own reason; nothing is shown as done before
 * the answer, and what is being asked is not asked twice (T29).
 */
import type { TraceName } from '../protocol/model.ts';
import type { Clock } from './clock.ts';
import type { GatewayLink } from './link/gateway.ts';
import type { Notice, QueueAction } from './store/model.ts';
import { untagged } from './store/move-queue.ts';
import type { Answer } from './store/answer.ts';
import type { Effect } from './store/step.ts';
import type { Store } from './store/store.ts';
import { createSignIn } from './sign-in.ts';
import { accountsTexts } from './text/accounts.ts';
import type { Text } from './text/text.ts';
import { texts } from './text/texts.ts';

/** Milliseconds that an answer stays on the screen when no key takes it away. */
const NOTICE_STAYS = 10_000;

export type ActionOptions = { store: Store; link: GatewayLink; clock: Clock; quit: () => void; suspend: () => void };

export function createActions({ store, link, clock, quit, suspend }: ActionOptions): (effect: Effect) => void {
  const { language } = store.present().look;
  const say = texts[language];
  const own = accountsTexts[language];

  function notice(kind: Notice['kind'], text: string): void {
    const until = kind === 'pending' ? null : clock.now() + NOTICE_STAYS;
    store.amend((ui) => ({ ...ui, notice: { kind, text, until } }));
  }

  async function ask(name: string, pending: string, call: () => Promise<string>): Promise<void> {
    if (store.present().world.link.is !== 'live') return notice('failed', say.notNow);
    if (store.present().ui.busy.includes(name)) return notice('pending', say.stillBusy);
    store.amend((ui) => ({ ...ui, busy: [...ui.busy, name] }));
    notice('pending', pending);
    try {
      notice('done', await call());
    } catch (error) {
      notice('failed', say.failed(pending.replace(/ ?…$/, ''), error instanceof Error ? error.message : String(error)));
    }
    store.amend((ui) => ({ ...ui, busy: ui.busy.filter((other) => other !== name) }));
  }

  async function trigger(): Promise<string> {
    const { session, joined } = await link.call('trigger', {});
    return joined ? say.sessionJoined(session) : say.sessionStarted(session);
  }

  async function triggerAccounts(accounts: string[]): Promise<string> {
    const { session, joined } = await link.call('trigger', { accounts });
    const names = accounts.join(', ');
    return joined ? own.triggerJoined(names, session) : own.triggered(names, session);
  }

  async function switchTrace(trace: TraceName, on: boolean, account?: string): Promise<string> {
    const status = await link.call('trace.set', { trace, on, ...(account === undefined ? {} : { account }) });
    const state = status.on ? say.on : say.off;
    return account === undefined
      ? say.switched(say.traces[trace], state)
      : own.switchedFor(say.traces[trace], account, state);
  }

  async function answerFor(account: string, answer: Answer): Promise<string> {
    await link.call('renumbered.answer', { account, answer });
    return own.answer.given[answer](account);
  }

  async function change(action: QueueAction, ids: string[]): Promise<string> {
    const { changed, skipped } = await link.call(`queue.${action}`, { ids });
    store.amend((ui) => untagged(ui, changed));
    return changedText(say, action, changed, skipped);
  }

  const signIn = createSignIn({ store, link, notice, ask });

  return (effect) => {
    switch (effect.do) {
      case 'trigger':
        void ask('trigger', say.startingSession, () =>
          effect.accounts === undefined ? trigger() : triggerAccounts(effect.accounts),
        );
        return;
      case 'trace':
        void ask(`trace ${effect.trace}`, say.switching(say.traces[effect.trace]), () =>
          switchTrace(effect.trace, effect.on, effect.account),
        );
        return;
      case 'queue':
        void ask(`queue ${effect.action}`, say.acting(effect.action, effect.ids.length), () =>
          change(effect.action, effect.ids),
        );
        return;
      case 'signin':
        void signIn.begin(effect.account);
        return;
      case 'cancelSignIn':
        signIn.cancel(effect.account);
        return;
      case 'answer':
        void ask(`renumbered ${effect.account}`, own.answer.giving(effect.account), () =>
          answerFor(effect.account, effect.answer),
        );
        return;
      case 'retryLink':
        link.retryNow();
        return;
      case 'suspend':
        suspend();
        return;
      case 'quit':
        quit();
        return;
    }
  };
}

function changedText(
  say: Text,
  action: QueueAction,
  changed: readonly string[],
  skipped: readonly { id: string; why: string }[],
): string {
  const done = say.acted(action, changed.length);
  const first = skipped[0];
  return first === undefined ? done : `${done} ${say.skipped(skipped.length, `${first.id}: ${first.why}`)}`;
}

/**
 * The device sign-in as its reader begins and cancels it (G06). A sign-in that nobody has before his eyes any more is taken back, so
 * that nobody can finish it unseen; `link/sign-in-waiter` waits for its end.
 */
import { isReadOnly } from './store/moment.ts';
import type { GatewayLink } from './link/gateway.ts';
import type { Notice } from './store/model.ts';
import { asksForCode, codeCame, codeOf, signInEnded, signInOpened } from './store/sign-in.ts';
import type { Store } from './store/store.ts';
import { accountsTexts } from './text/accounts.ts';
import { texts } from './text/texts.ts';

/** Milliseconds: the gateway asks the authorization server, which may be slow. */
const CODE_WITHIN = 60_000;

export type SignInOptions = {
  store: Store;
  link: Pick<GatewayLink, 'call'>;
  notice: (kind: Notice['kind'], text: string) => void;
  /** Asks the gateway once for the same thing, with a notice before and after. */
  ask: (name: string, pending: string, call: () => Promise<string>) => Promise<void>;
};

export type SignIn = {
  /** Opens the dialog, or says why not. */
  begin: (account: string) => Promise<void>;
  cancel: (account: string) => void;
};

export function createSignIn({ store, link, notice, ask }: SignInOptions): SignIn {
  const { language } = store.present().look;
  const say = texts[language];
  const own = accountsTexts[language];

  async function begin(account: string): Promise<void> {
    const { world, ui, readOnly } = store.present();
    const name = `signin ${account}`;
    if (world.link.is !== 'live') return notice('failed', say.notNow);
    const { role, skew } = world.link;
    if (role !== 'admin' || isReadOnly(world, readOnly)) return notice('failed', own.adminOnly(say.roles[role]));
    if (ui.busy.includes(name)) return notice('pending', say.stillBusy);

    store.go((now) => ({ ...signInOpened(now, account), notice: null, busy: [...now.busy, name] }));
    try {
      const started = await link.call('signin.start', { subject: account }, { timeout: CODE_WITHIN });
      if (asksForCode(store.present().ui, account)) {
        store.amend((now) => codeCame(now, account, codeOf(started, skew)));
      } else {
        cancel(account);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      store.amend((now) =>
        asksForCode(now, account) ? signInEnded(now, account, { signedIn: false, user: null, why }) : now,
      );
    }
    store.amend((now) => ({ ...now, busy: now.busy.filter((other) => other !== name) }));
  }

  function cancel(account: string): void {
    if (store.present().world.link.is !== 'live') return notice('failed', own.signIn.goesOn(account));
    void ask(`cancel ${account}`, own.signIn.cancelling(account), async () => {
      const { cancelled } = await link.call('signin.cancel', { subject: account });
      return cancelled ? own.signIn.cancelled(account) : own.signIn.nothingWaited(account);
    });
  }

  return { begin, cancel };
}

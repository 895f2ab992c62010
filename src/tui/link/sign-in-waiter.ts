/**
 * Waits with the reader for the end of the sign-in on the screen. The gateway goes on with it whether it is watched or not: after a
 * lost link it is asked again, and says what came of it meanwhile.
 */
import { CallError } from '../../protocol/errors.ts';
import type { Waiting } from '../store/model.ts';
import { showsCode, type SignInEnd, signInEnded } from '../store/sign-in.ts';
import type { ReaderOptions } from './queue-reader.ts';

/** Milliseconds after a question that failed, with the link still there. */
const PAUSE_AFTER_FAILURE = 3_000;

export function createSignInWaiter({ store, link, clock }: ReaderOptions): { look(): void } {
  /** The codes whose end is being waited for. */
  const asked = new Set<Waiting>();

  function look(): void {
    const { world, ui } = store.present();
    if (world.link.is !== 'live' || ui.prompt?.is !== 'signin' || ui.prompt.stage.is !== 'waiting') return;
    if (!asked.has(ui.prompt.stage)) void ask(ui.prompt.account, ui.prompt.stage);
  }

  async function ask(account: string, code: Waiting): Promise<void> {
    asked.add(code);
    try {
      // As long as the person takes; the code's own end is the deadline, and the gateway keeps it.
      over(account, code, await link.call('signin.wait', { subject: account }, { timeout: null }));
      asked.delete(code);
    } catch (error) {
      if (error instanceof CallError && !error.mayTryAgain) {
        over(account, code, { signedIn: false, user: null, why: error.message });
        asked.delete(code);
        return;
      }
      clock.after(PAUSE_AFTER_FAILURE, () => {
        asked.delete(code);
        look();
      });
    }
  }

  function over(account: string, code: Waiting, end: SignInEnd): void {
    store.amend((ui) => (showsCode(ui, account, code) ? signInEnded(ui, account, end) : ui));
  }

  return { look };
}

/** The dialog of a device sign-in (G06): opened, filled with the code, ended, left. Pure. */
import type { ResultOf } from '../../protocol/commands.ts';
import type { Ui, Waiting } from './model.ts';
import type { Step } from './step.ts';

/** Over the page of the account, while the gateway asks for a code. */
export function signInOpened(ui: Ui, account: string): Ui {
  return { ...ui, prompt: { is: 'signin', account, stage: { is: 'asking' } } };
}

/** The dialog of this account waits for a code, so that one that comes now has a reader. */
export function asksForCode({ prompt }: Ui, account: string): boolean {
  return prompt?.is === 'signin' && prompt.account === account && prompt.stage.is === 'asking';
}

/** `skew`: by how many milliseconds the gateway's clock is ahead of this one. */
export function codeOf(started: ResultOf<'signin.start'>, skew: number): Waiting {
  const { verificationUri: uri, verificationUriComplete: complete, userCode: code, expiresAt } = started;
  return { is: 'waiting', uri, complete, code, expiresAt: Date.parse(expiresAt) - skew };
}

export function codeCame(ui: Ui, account: string, code: Waiting): Ui {
  return asksForCode(ui, account) ? { ...ui, prompt: { is: 'signin', account, stage: code } } : ui;
}

/** The dialog that shows this very code, if it is still there. */
export function showsCode({ prompt }: Ui, account: string, code: Waiting): boolean {
  return prompt?.is === 'signin' && prompt.account === account && prompt.stage === code;
}

export type SignInEnd = ResultOf<'signin.wait'>;

export function signInEnded(ui: Ui, account: string, { signedIn, user, why }: SignInEnd): Ui {
  if (ui.prompt?.is !== 'signin' || ui.prompt.account !== account) return ui;
  return { ...ui, prompt: { is: 'signin', account, stage: { is: 'over', signedIn, user, why } } };
}

/** Esc: what waits for a person is cancelled; what is still being asked for is cancelled when its code comes. */
export function signInLeft(ui: Ui): Step {
  if (ui.prompt?.is !== 'signin') return { ui, effects: [] };
  const { account, stage } = ui.prompt;
  return {
    ui: { ...ui, prompt: null },
    effects: stage.is === 'waiting' ? [{ do: 'cancelSignIn', account }] : [],
  };
}

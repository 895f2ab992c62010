/**
 * The question about a mailbox whose messages all have new UIDLs (I06). Either answer decides about many messages, so its word is
 * typed out, the word of the command; anything else, and Enter alone, leaves (T27). Pure.
 */
import { selectedAccount } from './accounts.ts';
import type { Shown, Ui } from './model.ts';
import type { Step } from './step.ts';

export const answers = ['adopt', 'fetch'] as const;
export type Answer = (typeof answers)[number];

export function openAnswer({ world }: Shown, ui: Ui): Ui {
  const account = selectedAccount(world, ui);
  const question = account?.detail?.renumbered ?? null;
  if (account === null || question === null) return ui;
  const { known, gone, fresh } = question;
  return { ...ui, prompt: { is: 'answer', account: account.status.name, known, gone, fresh, typed: '' } };
}

/** Enter: gives the answer that was typed, else leaves. */
export function answerGiven(ui: Ui): Step {
  if (ui.prompt?.is !== 'answer') return { ui, effects: [] };
  const { account, typed } = ui.prompt;
  const answer = answers.find((word) => word === typed.toLowerCase());
  return { ui: { ...ui, prompt: null }, effects: answer === undefined ? [] : [{ do: 'answer', account, answer }] };
}

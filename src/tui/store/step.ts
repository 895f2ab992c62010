/** What comes of a key. */
import type { TraceName } from '../../protocol/model.ts';
import type { Answer } from './answer.ts';
import type { QueueAction, Ui } from './model.ts';

export type Effect =
  /** Without `accounts`: all of them. */
  | { do: 'trigger'; accounts?: string[] }
  | { do: 'trace'; trace: TraceName; on: boolean; account?: string }
  | { do: 'queue'; action: QueueAction; ids: string[] }
  | { do: 'signin'; account: string }
  /** Ends the sign-in that waits for a person. */
  | { do: 'cancelSignIn'; account: string }
  | { do: 'answer'; account: string; answer: Answer }
  | { do: 'retryLink' }
  | { do: 'suspend' }
  | { do: 'quit' };

export type Step = { ui: Ui; effects: Effect[] };

/** The movement of a command in lines: by the line, by the page, to an end. */
export type Movement = { by: number } | { to: 'first' | 'last' };

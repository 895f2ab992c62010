/** What comes of a key. */
import type { TraceName } from '../../protocol/model.ts';
import type { QueueAction, Ui } from './model.ts';

export type Effect =
  | { do: 'trigger' }
  | { do: 'trace'; trace: TraceName; on: boolean }
  | { do: 'queue'; action: QueueAction; ids: string[] }
  | { do: 'retryLink' }
  | { do: 'suspend' }
  | { do: 'quit' };

export type Step = { ui: Ui; effects: Effect[] };

/** The movement of a command in lines: by the line, by the page, to an end. */
export type Movement = { by: number } | { to: 'first' | 'last' };

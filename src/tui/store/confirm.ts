/**
 * The question before queued mail is changed: one message needs the key that says yes, more need their number typed. The default is
 * to leave, so that Enter held down confirms nothing (T27). Pure.
 */
import type { QueueAction, Shown, Tagged, Ui } from './model.ts';
import { selectedMessage } from './move-queue.ts';
import type { Step } from './step.ts';

/** The tagged messages, or the one that is selected or open. */
export function openConfirm({ world }: Shown, ui: Ui, action: QueueAction): Ui {
  const { tagged } = ui.queue;
  if (ui.message === null && tagged.size > 0) return ask(ui, action, [...tagged], '');
  const opened = world.opened?.is === 'shown' && world.opened.id === ui.message?.id ? world.opened.detail : null;
  const message = ui.message === null ? selectedMessage(world, ui) : opened;
  if (message === null) return ui;
  const only: Tagged = { bytes: message.bytes, recipients: message.recipients.length };
  return ask(ui, action, [[message.id, only]], message.subject);
}

/** Enter: does it when the count was typed, else leaves. */
export function confirmEnter(ui: Ui): Step {
  const { prompt } = ui;
  if (prompt?.is !== 'confirm') return { ui, effects: [] };
  const agreed = prompt.ids.length > 1 && prompt.typed === String(prompt.ids.length);
  return agreed ? confirmed(ui) : { ui: { ...ui, prompt: null }, effects: [] };
}

/** The key that says yes to one message. */
export function confirmYes(ui: Ui): Step {
  const { prompt } = ui;
  return prompt?.is === 'confirm' && prompt.ids.length === 1 ? confirmed(ui) : { ui, effects: [] };
}

function confirmed(ui: Ui): Step {
  const { prompt } = ui;
  if (prompt?.is !== 'confirm') return { ui, effects: [] };
  const { action, ids } = prompt;
  return { ui: { ...ui, prompt: null }, effects: [{ do: 'queue', action, ids }] };
}

function ask(ui: Ui, action: QueueAction, chosen: [string, Tagged][], subject: string): Ui {
  const sum = (field: keyof Tagged): number => chosen.reduce((total, [, message]) => total + message[field], 0);
  return {
    ...ui,
    prompt: {
      is: 'confirm',
      action,
      ids: chosen.map(([id]) => id),
      bytes: sum('bytes'),
      recipients: sum('recipients'),
      subject,
      typed: '',
    },
  };
}

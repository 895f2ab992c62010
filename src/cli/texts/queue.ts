/** The words of `queue`, `trash`, `pause` and `resume`. */
import type { Language, Rest } from '../../protocol/model.ts';
import { many, plusieurs } from './counts.ts';

/** What is done to messages of the queue. */
export type QueueAction = 'hold' | 'release' | 'retry' | 'return' | 'drop' | 'reroute' | 'readdress' | 'prioritise';
/** And to those of the trash. */
export type Action = QueueAction | 'restore' | 'empty';

export interface QueueTexts {
  ask(action: Action, messages: number): string;
  needsYes(action: Action, messages: number): string;
  changed(action: Action, messages: number): string;
  noneMatches: string;
  /** `size`: with its unit. */
  counted(sum: { messages: number; recipients: number; sending: number }, size: string): string;
  /** Behind the names of those that a command could not change. */
  moreSkipped(messages: number): string;
  held(by: string, reason: string, until: string | null): string;
  trash: { columns: readonly string[]; empty: string };
  exported(messages: number, folder: string): string;
  exportFailed: { there: string; odd: string };
  frozen(rest: Rest | null): string;
  paused(rest: Rest | null): string;
}

const asks: Record<Action, string> = {
  hold: 'Hold',
  release: 'Release',
  retry: 'Retry',
  return: 'Return',
  drop: 'Drop',
  reroute: 'Reroute',
  readdress: 'Readdress',
  prioritise: 'Prioritise',
  restore: 'Restore',
  empty: 'Delete for good',
};
const did: Record<Action, string> = {
  hold: 'held',
  release: 'released',
  retry: 'tried again now',
  return: 'returned',
  drop: 'dropped',
  reroute: 'rerouted',
  readdress: 'readdressed',
  prioritise: 'prioritised',
  restore: 'restored, and held',
  empty: 'deleted',
};
const warnings: Partial<Record<Action, string>> = {
  return: ' Their senders get a report.',
  drop: ' The senders are not told. They stay in the trash for a while.',
};

const forHow = (rest: Rest): string => (rest.reason === '' ? '' : ` (${rest.reason})`);

const en: QueueTexts = {
  ask: (action, messages) =>
    `${asks[action]} ${many(messages, 'message', 'messages')}?${warnings[action] ?? ''} [y/N] `,
  needsYes: (action, messages) =>
    `This would ${asks[action].toLowerCase()} ${many(messages, 'message', 'messages')}: without a terminal to ask on it takes --yes.`,
  changed: (action, messages) => `${many(messages, 'message', 'messages')} ${did[action]}.`,
  noneMatches: 'No message matches.',
  counted: ({ messages, recipients, sending }, size) =>
    `${many(messages, 'message', 'messages')} to ${many(recipients, 'recipient', 'recipients')}, ${size}` +
    `${sending > 0 ? `, ${sending} being sent right now` : ''}.`,
  moreSkipped: (messages) => `and ${many(messages, 'more', 'more')}`,
  held: (by, reason, until) =>
    `held by ${by}${reason === '' ? '' : `: ${reason}`}${until === null ? '' : `, until ${until}`}`,
  trash: {
    columns: ['id', 'dropped', 'by', 'size', 'sender', 'recipient', 'gone on', 'reason'],
    empty: 'The trash is empty.',
  },
  exported: (messages, folder) => `${many(messages, 'message', 'messages')} written to ${folder}.`,
  exportFailed: { there: 'there is such a file already', odd: 'what came is not what was read: nothing was written' },
  frozen: (rest) =>
    rest === null
      ? 'What is taken is sent again; what was held stays held.'
      : `What is taken is held until it is released${forHow(rest)}.`,
  paused: (rest) => (rest === null ? 'Sending goes on.' : `Sending is paused${forHow(rest)}.`),
};

const demande: Record<Action, string> = {
  hold: 'Retenir',
  release: 'Libérer',
  retry: 'Relancer',
  return: 'Renvoyer',
  drop: 'Supprimer',
  reroute: 'Réacheminer',
  readdress: 'Réadresser',
  prioritise: "Changer l'urgence de",
  restore: 'Restaurer',
  empty: 'Supprimer définitivement',
};
const fait: Record<Action, string> = {
  hold: 'retenu',
  release: 'libéré',
  retry: 'relancé',
  return: 'renvoyé',
  drop: 'supprimé',
  reroute: 'réacheminé',
  readdress: 'réadressé',
  prioritise: 'reclassé',
  restore: 'restauré',
  empty: 'effacé',
};
const avertissements: Partial<Record<Action, string>> = {
  return: ' Leurs expéditeurs reçoivent un rapport.',
  drop: ' Les expéditeurs ne sont pas prévenus. Ils restent un temps dans la corbeille.',
};

const fr: QueueTexts = {
  ask: (action, messages) =>
    `${demande[action]} ${plusieurs(messages, 'message', 'messages')} ?${avertissements[action] ?? ''} [o/N] `,
  needsYes: (action, messages) =>
    `${demande[action]} ${plusieurs(messages, 'message', 'messages')} : sans terminal où le demander, il faut --yes.`,
  changed: (action, messages) => `${plusieurs(messages, `message ${fait[action]}`, `messages ${fait[action]}s`)}.`,
  noneMatches: 'Aucun message ne correspond.',
  counted: ({ messages, recipients, sending }, size) =>
    `${plusieurs(messages, 'message', 'messages')} pour ${plusieurs(recipients, 'destinataire', 'destinataires')}, ${size}` +
    `${sending > 0 ? `, ${sending} en cours d'envoi` : ''}.`,
  moreSkipped: (messages) => `et ${plusieurs(messages, 'autre', 'autres')}`,
  held: (by, reason, until) =>
    `retenu par ${by}${reason === '' ? '' : ` : ${reason}`}${until === null ? '' : `, jusqu'à ${until}`}`,
  trash: {
    columns: ['nom', 'supprimé', 'par', 'taille', 'expéditeur', 'destinataire', 'effacé le', 'raison'],
    empty: 'La corbeille est vide.',
  },
  exported: (messages, folder) => `${plusieurs(messages, 'message écrit', 'messages écrits')} dans ${folder}.`,
  exportFailed: {
    there: 'il y a déjà un tel fichier',
    odd: "ce qui est arrivé n'est pas ce qui a été lu : rien n'a été écrit",
  },
  frozen: (rest) =>
    rest === null
      ? 'Ce qui est accepté part de nouveau ; ce qui était retenu le reste.'
      : `Ce qui est accepté est retenu jusqu'à ce qu'on le libère${forHow(rest)}.`,
  paused: (rest) => (rest === null ? "L'envoi reprend." : `L'envoi est suspendu${forHow(rest)}.`),
};

export const queueTexts: Record<Language, QueueTexts> = { en, fr };

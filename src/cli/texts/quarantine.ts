/** The words of `quarantine`. */
import type { Language } from '../../protocol/model.ts';
import { many, plusieurs } from './counts.ts';

type Change = 'release' | 'delete';

export interface QuarantineTexts {
  columns: readonly [id: string, at: string, size: string, from: string, to: string, rule: string, subject: string];
  empty: string;
  head: { stopped: string; from: string; to: string; account: string; expires: string };
  ask(change: Change, messages: number): string;
  needsYes(change: Change, messages: number): string;
  changed(change: Change, messages: number): string;
}

const asks = { release: 'Release', delete: 'Delete for good' };
const did = { release: 'released', delete: 'deleted' };

const en: QuarantineTexts = {
  columns: ['id', 'stopped', 'size', 'from', 'to', 'rule', 'subject'],
  empty: 'The quarantine is empty.',
  head: { stopped: 'stopped', from: 'From', to: 'To', account: 'account', expires: 'deleted on' },
  ask: (change, messages) => `${asks[change]} ${many(messages, 'message', 'messages')}? [y/N] `,
  needsYes: (change, messages) =>
    `This would ${change} ${many(messages, 'message', 'messages')}: without a terminal to ask on it takes --yes.`,
  changed: (change, messages) => `${many(messages, 'message', 'messages')} ${did[change]}.`,
};

const demande = { release: 'Libérer', delete: 'Supprimer définitivement' };
const fait = { release: 'libéré', delete: 'supprimé' };

const fr: QuarantineTexts = {
  columns: ['nom', 'arrêté', 'taille', 'de', 'à', 'règle', 'objet'],
  empty: 'La quarantaine est vide.',
  head: { stopped: 'arrêté', from: 'De', to: 'À', account: 'compte', expires: 'supprimé le' },
  ask: (change, messages) => `${demande[change]} ${plusieurs(messages, 'message', 'messages')} ? [o/N] `,
  needsYes: (change, messages) =>
    `${demande[change]} ${plusieurs(messages, 'message', 'messages')} : sans terminal où le demander, il faut --yes.`,
  changed: (change, messages) => `${plusieurs(messages, `message ${fait[change]}`, `messages ${fait[change]}s`)}.`,
};

export const quarantineTexts: Record<Language, QuarantineTexts> = { en, fr };

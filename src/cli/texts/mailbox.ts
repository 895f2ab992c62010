/** The words of `mailbox`. */
import type { Language, MailboxMessage } from '../../protocol/model.ts';
import { many, plusieurs } from './counts.ts';

type Change = 'fetch' | 'mark-fetched' | 'delete' | 'mark-deleted';

export interface MailboxTexts {
  columns: readonly [
    number: string,
    state: string,
    size: string,
    deleted: string,
    from: string,
    subject: string,
    why: string,
  ];
  state: Record<MailboxMessage['state'], string>;
  /** DELE was sent, QUIT was not. */
  deleted: string;
  empty: string;
  more(shown: number, total: number): string;
  deliveredTo(addresses: string): string;
  changed(change: Change, messages: number): string;
  inSession(session: number): string;
  /** Somebody else is in the mailbox now. */
  inNext(session: number): string;
  ask(messages: number, account: string): string;
  needsYes(messages: number, account: string): string;
  takenBack(account: string): string;
  readdressed(uidl: string, from: string, to: string | null): string;
}

const en: MailboxTexts = {
  columns: ['no.', 'state', 'size', 'deleted on', 'from', 'subject', 'remark'],
  state: { new: 'new', fetched: 'fetched', oversize: 'too large', stuck: 'stuck', kept: 'kept' },
  deleted: 'deleted',
  empty: 'The mailbox is empty.',
  more: (shown, total) => `${shown} of ${many(total, 'message', 'messages')}; --all shows the rest.`,
  deliveredTo: (addresses) => `  Delivered to ${addresses}`,
  changed: (change, messages) => {
    const counted = many(messages, 'message', 'messages');
    const is = messages === 1 ? 'is' : 'are';
    switch (change) {
      case 'fetch':
        return `${counted} ${is} fetched.`;
      case 'mark-fetched':
        return `${counted} marked as fetched.`;
      case 'delete':
        return `${counted} deleted.`;
      case 'mark-deleted':
        return `${counted} marked: mailbox close deletes, mailbox undelete takes it back.`;
    }
  },
  inSession: (session) => `Session ${session} does it.`,
  inNext: (session) => `The mailbox is in use: it is remembered, and session ${session} or the one after it does it.`,
  ask: (messages, account) =>
    `Delete ${many(messages, 'message', 'messages')} of ${account} from the POP3 server for good? [y/N] `,
  needsYes: (messages, account) =>
    `This would delete ${many(messages, 'message', 'messages')} of ${account} for good: without a terminal to ask on it takes --yes.`,
  takenBack: (account) => `${account}: nothing is marked as deleted any more.`,
  readdressed: (uidl, from, to) =>
    to === null ? `${uidl}: <${from}> gets no copy.` : `${uidl}: the copy of <${from}> goes to <${to}>.`,
};

const fr: MailboxTexts = {
  columns: ['n°', 'état', 'taille', 'supprimé le', 'de', 'objet', 'remarque'],
  state: { new: 'nouveau', fetched: 'téléchargé', oversize: 'trop gros', stuck: 'bloqué', kept: 'conservé' },
  deleted: 'supprimé',
  empty: 'La boîte aux lettres est vide.',
  more: (shown, total) => `${shown} sur ${plusieurs(total, 'message', 'messages')} ; --all montre les autres.`,
  deliveredTo: (addresses) => `  Remis à ${addresses}`,
  changed: (change, messages) => {
    switch (change) {
      case 'fetch':
        return `${plusieurs(messages, 'message sera téléchargé', 'messages seront téléchargés')}.`;
      case 'mark-fetched':
        return `${plusieurs(messages, 'message marqué comme téléchargé', 'messages marqués comme téléchargés')}.`;
      case 'delete':
        return `${plusieurs(messages, 'message supprimé', 'messages supprimés')}.`;
      case 'mark-deleted':
        return `${plusieurs(messages, 'message marqué', 'messages marqués')} : mailbox close supprime, mailbox undelete annule.`;
    }
  },
  inSession: (session) => `La session ${session} s'en charge.`,
  inNext: (session) => `La boîte est occupée : c'est noté, et la session ${session} ou la suivante s'en charge.`,
  ask: (messages, account) =>
    `Supprimer définitivement ${plusieurs(messages, 'message', 'messages')} de ${account} du serveur POP3 ? [o/N] `,
  needsYes: (messages, account) =>
    `Supprimer définitivement ${plusieurs(messages, 'message', 'messages')} de ${account} : sans terminal où le demander, il faut --yes.`,
  takenBack: (account) => `${account} : plus rien n'est marqué comme supprimé.`,
  readdressed: (uidl, from, to) =>
    to === null ? `${uidl} : <${from}> ne reçoit pas de copie.` : `${uidl} : la copie de <${from}> va à <${to}>.`,
};

export const mailboxTexts: Record<Language, MailboxTexts> = { en, fr };

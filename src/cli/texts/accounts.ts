/** The words of `accounts` and `renumbered`. */
import type { Language, SizeLimit } from '../../protocol/model.ts';
import { many, plusieurs } from './counts.ts';

export interface AccountTexts {
  columns: readonly [
    name: string,
    state: string,
    left: string,
    oversize: string,
    stuck: string,
    limit: string,
    setBy: string,
    next: string,
    note: string,
  ];
  setBy: Record<SizeLimit['setBy'], string>;
  none: string;
  never: string;
  renumbered(account: string): string;
  signedOut(account: string): string;
  tooLarge(account: string, messages: number, limit: string): string;
  limits(own: string, mailServer: string, configuration: string, disk: string): string;
  works(messages: number, size: string): string;
  fails(why: string): string;
  forgotten(entries: number, account: string): string;
  answered: Record<'adopt' | 'fetch', (account: string) => string>;
}

const en: AccountTexts = {
  columns: ['name', 'state', 'left', 'too large', 'stuck', 'limit', 'set by', 'next', 'note'],
  setBy: {
    nobody: '',
    account: 'account',
    'mail server': 'internal server',
    configuration: 'configuration',
    disk: 'disk',
  },
  none: 'none',
  never: '-',
  renumbered: (account) => `renumbered: mailgate renumbered ${account} adopt|fetch`,
  signedOut: (account) => `not signed in: mailgate sign-in ${account}`,
  tooLarge: (account, messages, limit) =>
    `${account}: ${many(messages, 'message is', 'messages are')} larger than ${limit}; a raised limit releases them, the smallest first.`,
  limits: (own, mailServer, configuration, disk) =>
    `  Limits: account ${own}, internal server ${mailServer}, configuration ${configuration}, disk ${disk}.`,
  works: (messages, size) => `It works: ${many(messages, 'message', 'messages')}, ${size}.`,
  fails: (why) => `It does not work: ${why}`,
  forgotten: (entries, account) => `${many(entries, 'message', 'messages')} of ${account} forgotten.`,
  answered: {
    adopt: (account) => `${account}: the messages are taken for the known ones.`,
    fetch: (account) => `${account}: the messages are taken for new ones.`,
  },
};

const fr: AccountTexts = {
  columns: ['nom', 'état', 'restent', 'trop gros', 'bloqués', 'limite', 'fixée par', 'prochaine', 'remarque'],
  setBy: {
    nobody: '',
    account: 'compte',
    'mail server': 'serveur interne',
    configuration: 'configuration',
    disk: 'disque',
  },
  none: 'aucune',
  never: '-',
  renumbered: (account) => `renumérotée : mailgate renumbered ${account} adopt|fetch`,
  signedOut: (account) => `non authentifié : mailgate sign-in ${account}`,
  tooLarge: (account, messages, limit) =>
    `${account} : ${plusieurs(messages, 'message dépasse', 'messages dépassent')} ${limit} ; une limite relevée les libère, les plus petits d'abord.`,
  limits: (own, mailServer, configuration, disk) =>
    `  Limites : compte ${own}, serveur interne ${mailServer}, configuration ${configuration}, disque ${disk}.`,
  works: (messages, size) => `Cela fonctionne : ${plusieurs(messages, 'message', 'messages')}, ${size}.`,
  fails: (why) => `Cela ne fonctionne pas : ${why}`,
  forgotten: (entries, account) => `${plusieurs(entries, 'message oublié', 'messages oubliés')} de ${account}.`,
  answered: {
    adopt: (account) => `${account} : les messages sont considérés comme déjà connus.`,
    fetch: (account) => `${account} : les messages sont considérés comme nouveaux.`,
  },
};

export const accountTexts: Record<Language, AccountTexts> = { en, fr };

/** What reports say to people, in both languages. Remote text in the arguments has been made safe by the caller. */
import type { Language } from '../../protocol/model.ts';
import { phrases } from '../../protocol/phrases.ts';

interface Words {
  logTitle(gateway: string): string;
  /** The second line of a log: of a session that is over, of one that runs, and before one began. */
  logOver(session: number, from: string, to: string): string;
  logBegun(session: number, from: string): string;
  logOpen(from: string): string;
  leftOut(lines: number): string;
  /** In a mail. */
  leftOutOfMail(lines: number, where: string): string;
  logSubject(session: number, messages: number, errors: number): string;
  outside(errors: number): string;
  logNowSubject(reason: string, more: number): string;
  ringGone: string;
  logGone: string;
  tries(number: number, account: string, subject: string): string;
  over(message: string): string;
  summary(raised: number, cleared: number, more: number, keys: string): string;
  accountFails(account: string, sessions: number, reason: string): string;
  accountLocked(account: string, reason: string): string;
  accountWorks(account: string): string;
  /** The reason names the internal server. */
  mailServerFails(sessions: number, reason: string): string;
  mailServerWorks: string;
  queueWaits(hours: string): string;
  queueMoves: string;
  noSuccess(account: string, hours: string): string;
  success(account: string): string;
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const pluriel = (count: number, un: string, plusieurs: string): string => `${count} ${count < 2 ? un : plusieurs}`;

const english: Words = {
  logTitle: (gateway) => `Session log of the mail gateway ${gateway}`,
  logOver: (session, from, to) => `Session ${session}: ${from} to ${to}`,
  logBegun: (session, from) => `Session ${session}: begun ${from}, interrupted`,
  logOpen: (from) => `Begun ${from}, interrupted before a session`,
  leftOut: (lines) => `... ${plural(lines, 'line is', 'lines are')} left out here ...`,
  leftOutOfMail: (lines, where) => `... ${plural(lines, 'line is', 'lines are')} left out here: see ${where} ...`,
  logSubject: (session, messages, errors) =>
    `Session ${session}: ${plural(messages, 'message', 'messages')}, ${plural(errors, 'error', 'errors')}`,
  outside: (errors) => `; outside the session: ${plural(errors, 'error', 'errors')}`,
  logNowSubject: (reason, more) => (more === 0 ? reason : `${reason}, and ${more} more`),
  ringGone: '... what was before is not kept any more ...',
  logGone: '... the log of this session is not kept any more ...',
  tries: (number, account, subject) => `--- Message ${number} of ${account}: ${subject}`,
  over: (message) => `Over: ${message}`,
  summary: (raised, cleared, more, keys) =>
    `Further alerts: ${raised} raised, ${cleared} cleared${more === 0 ? '' : `, and ${more} more`} (${keys}): see mailgate alerts list.`,
  accountFails: (account, sessions, reason) =>
    sessions === 1
      ? `POP3 account ${account} failed: ${reason}`
      : `POP3 account ${account} has failed in ${sessions} consecutive sessions: ${reason}`,
  accountLocked: (account, reason) => `POP3 account ${account} is locked out: ${reason}`,
  accountWorks: (account) => `POP3 account ${account} works again.`,
  mailServerFails: (sessions, reason) => (sessions === 1 ? reason : `In ${sessions} consecutive sessions: ${reason}`),
  mailServerWorks: 'The internal server takes mail again.',
  queueWaits: (hours) =>
    `A message has waited in the outgoing queue for more than ${hours} hours: see mailgate queue list.`,
  queueMoves: 'No message waits that long in the outgoing queue any more.',
  noSuccess: (account, hours) => `POP3 account ${account} was not downloaded without an error for ${hours} hours.`,
  success: (account) => `POP3 account ${account} was downloaded without an error.`,
};

/** The daemon words its reasons in English. */
const said = (reason: string): string => phrases.fr.reason(reason);

const french: Words = {
  logTitle: (gateway) => `Journal de session de la passerelle de messagerie ${gateway}`,
  logOver: (session, from, to) => `Session ${session} : du ${from} au ${to}`,
  logBegun: (session, from) => `Session ${session} : commencée le ${from}, interrompue`,
  logOpen: (from) => `Commencé le ${from}, interrompu avant une session`,
  leftOut: (lines) => `... ${pluriel(lines, 'ligne omise', 'lignes omises')} ici ...`,
  leftOutOfMail: (lines, where) => `... ${pluriel(lines, 'ligne omise', 'lignes omises')} ici : voir ${where} ...`,
  logSubject: (session, messages, errors) =>
    `Session ${session} : ${pluriel(messages, 'message', 'messages')}, ${pluriel(errors, 'erreur', 'erreurs')}`,
  outside: (errors) => ` ; hors session : ${pluriel(errors, 'erreur', 'erreurs')}`,
  logNowSubject: (reason, more) => (more === 0 ? reason : `${reason}, et ${pluriel(more, 'autre', 'autres')}`),
  ringGone: "... ce qui précède n'est plus conservé ...",
  logGone: "... le journal de cette session n'est plus conservé ...",
  tries: (number, account, subject) => `--- Message ${number} de ${account} : ${subject}`,
  over: (message) => `Terminé : ${message}`,
  summary: (raised, cleared, more, keys) =>
    `Autres alertes : ${pluriel(raised, 'levée', 'levées')}, ${pluriel(cleared, 'terminée', 'terminées')}${more === 0 ? '' : ` et ${more} de plus`} (${keys}) : voir mailgate alerts list.`,
  accountFails: (account, sessions, reason) =>
    sessions === 1
      ? `Le compte POP3 ${account} a échoué : ${said(reason)}`
      : `Le compte POP3 ${account} a échoué dans ${sessions} sessions consécutives : ${said(reason)}`,
  accountLocked: (account, reason) => `Le compte POP3 ${account} est verrouillé : ${said(reason)}`,
  accountWorks: (account) => `Le compte POP3 ${account} fonctionne de nouveau.`,
  mailServerFails: (sessions, reason) =>
    sessions === 1 ? said(reason) : `Dans ${sessions} sessions consécutives : ${said(reason)}`,
  mailServerWorks: 'Le serveur interne accepte de nouveau le courrier.',
  queueWaits: (hours) =>
    `Un message attend dans la file d'envoi depuis plus de ${hours} heures : voir mailgate queue list.`,
  queueMoves: "Plus aucun message n'attend aussi longtemps dans la file d'envoi.",
  noSuccess: (account, hours) => `Le compte POP3 ${account} n'a pas été relevé sans erreur depuis ${hours} heures.`,
  success: (account) => `Le compte POP3 ${account} a été relevé sans erreur.`,
};

export const words: Record<Language, Words> = { en: english, fr: french };

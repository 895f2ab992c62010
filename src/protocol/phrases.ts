/**
 * The words of the log lines that follow the language. Those of the queue and of the sending (S100, S103, S110) are no part of it:
 * they stay English in both languages, and stand in lines.ts.
 */
import type { EventOf } from './events.ts';
import type { Language, TraceName } from './model.ts';
import { inFrench } from './reasons.ts';

type Changed = EventOf<'queue.changed'>;
type Change = Changed['change'];
type Refused = EventOf<'message.refused'>;
type Report = EventOf<'report.mailed'>['report'];

/** Sizes in words. */
interface Oversize {
  size: string;
  limit: string;
  setBy: EventOf<'message.oversize'>['setBy'];
  from: string;
}

export interface Phrases {
  error(text: string): string;
  warning(text: string): string;
  started(version: string): string;
  stopping(reason: string): string;
  sessionStarted(session: number, accounts: number): string;
  sessionFinished(session: number, messages: number, errors: number): string;
  connecting(host: string, login: boolean): string;
  messages(count: number): string;
  message(number: number, size: string, from: string, subject: string): string;
  delivered(address: string, reply: string): string;
  stays(number: number, why: string): string;
  noRecipient(number: number): string;
  renumbered(account: string, known: number, gone: number, fresh: number): string;
  refused(number: number, by: Refused['by'], rule: string, why: string, quarantine: string): string;
  reworked(number: number, change: string): string;
  oversize(number: number, it: Oversize): string;
  noticeFor(number: number, address: string): string;
  stuck(number: number, reason: string): string;
  deleted(uidl: string, why: EventOf<'message.deleted'>['why']): string;
  quarantine(what: string | number, change: EventOf<'quarantine.changed'>['change'], by: string): string;
  mailed(report: Report, to: string, reply: string): string;
  notMailed(report: Report, to: string, reason: string): string;
  signedIn(subject: string, user: string): string;
  signedOut(subject: string, reason: string): string;
  listening(folder: string, port: number): string;
  portTaken(port: number): string;
  notListening(port: number, reason: string): string;
  changed(what: string | number, it: Pick<Changed, 'change' | 'by' | 'reason' | 'to'>): string;
  silenced(file: string, prefix: string, sender: string, subject: string): string;
  unrecognised(sender: string, subject: string): string;
  warned(file: string, to: string, report: string): string;
  confirmed(file: string, to: string, report: string): string;
  damaged(file: string, reason: string, kept: string): string;
  purged(total: number, why: EventOf<'queue.purged'>['why'], by: string, reason: string): string;
  frozen(on: boolean, by: string, reason: string): string;
  paused(on: boolean, by: string, reason: string): string;
  returned(file: string, to: string, report: string): string;
  unreported(sender: string, subject: string, why: EventOf<'queue.unreported'>['why']): string;
  traceOn(trace: TraceName, account: string | null): string;
  traceOff(trace: TraceName): string;
  traceLine(trace: TraceName): string;
  alert(message: string): string;
  command(method: string, by: string, what: string, result: string): string;
  /** The daemon words its reasons in English (reasons.ts). */
  reason(text: string): string;
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
/** In French 0 is singular too. */
const pluriel = (count: number, un: string, plusieurs: string): string => `${count} ${count < 2 ? un : plusieurs}`;
const because = (reason: string): string => (reason === '' ? '' : ` (${reason})`);

const english: Phrases = {
  error: (text) => `*** Error: ${text}`,
  warning: (text) => `Warning: ${text}`,
  started: (version) => `MailGate ${version} started.`,
  stopping: (reason) => `MailGate is stopping: ${reason}.`,
  sessionStarted: (session, accounts) => `Session ${session} started (${plural(accounts, 'account', 'accounts')}).`,
  sessionFinished: (session, messages, errors) =>
    `Session ${session} finished: ${english.messages(messages)}, ${plural(errors, 'error', 'errors')}.`,
  connecting: (host, login) => `Connecting to ${host}...${login ? 'Login successful...' : ''}done.`,
  messages: (count) => plural(count, 'message', 'messages'),
  message: (number, size, from, subject) => `Message ${number} (${size}) From: <${from}> Subject: ${subject}`,
  delivered: (address, reply) => `Delivered to: <${address}> (${reply})`,
  stays: (number, why) => `Message ${number} stays on the POP3 server: ${why}`,
  noRecipient: (number) =>
    `Message ${number} has no recipient here, and nobody takes unroutable messages: it stays on the POP3 server.`,
  renumbered: (account, known, gone, fresh) =>
    `${gone} of ${known} known messages ${gone === 1 ? 'is' : 'are'} gone and ${plural(fresh, 'new one has', 'new ones have')} come: the server seems to have renumbered the mailbox. Nothing is fetched until you answer: mailgate renumbered ${account} adopt (they are the known ones) or fetch (they are new).`,
  refused: (number, by, rule, why, quarantine) =>
    `Message ${number} ${quarantine === '' ? 'dropped' : `put into quarantine as ${quarantine}`} (${englishRefusal(by, rule)}): ${why}`,
  reworked: (number, change) => `Message ${number}: ${change}`,
  oversize: (number, { size, limit, setBy, from }) =>
    `Message ${number} (${size}) From: <${from}> is larger than ${limit}, ${englishLimit[setBy]}: it is not downloaded and stays on the POP3 server.`,
  noticeFor: (number, address) => `Notice on message ${number} to: <${address}>`,
  stuck: (number, reason) => `Message ${number} is set aside: ${reason}`,
  deleted: (uidl, why) => `Deleted from the POP3 server: ${uidl} (${englishDeletion[why]}).`,
  quarantine: (what, change, by) =>
    `Quarantine: ${typeof what === 'string' ? what : english.messages(what)} ${change}${change === 'expired' ? '' : ` by ${by}`}.`,
  mailed: (report, to, reply) => `${report === 'notice' ? 'Notice' : 'Session log'} mailed to: <${to}> (${reply})`,
  notMailed: (report, to, reason) => `The ${report} for <${to}> could not be handed to the internal server: ${reason}`,
  signedIn: (subject, user) => `${subject} is signed in${user === '' ? '' : ` as ${user}`}.`,
  signedOut: (subject, reason) => `${subject} is not signed in any more: ${reason}`,
  listening: (folder, port) => `Now queuing outbound messages in ${folder}; listening on TCP port ${port}.`,
  portTaken: (port) =>
    `Cannot listen on TCP port ${port}: another service uses it. Stop that service, or choose another port here and in the mail server.`,
  notListening: (port, reason) => `Cannot listen on TCP port ${port}: ${reason}`,
  changed: (what, { change, by, reason, to = '' }) =>
    `Queue: ${typeof what === 'string' ? what : english.messages(what)} ${englishChange(change, to)} by ${by}${because(reason)}.`,
  silenced: (file, prefix, sender, subject) =>
    `Queue: ${file} from <${sender}> dropped silently: its subject begins with "${prefix}" (${subject}).`,
  unrecognised: (sender, subject) => `Sender's address unknown: <${sender}> (${subject}).`,
  warned: (file, to, report) => `Queue: ${file} still waits: <${to}> is told (${report}).`,
  confirmed: (file, to, report) => `Queue: ${file} was relayed: <${to}> is told (${report}).`,
  damaged: (file, reason, kept) =>
    `${file} is damaged (${reason}): ${kept === '' ? 'it is held' : `it was moved to corrupt/${kept}`}.`,
  purged: (total, why, by, reason) =>
    `Trash: ${english.messages(total)} deleted for good${why === 'age' ? ': the days there are over' : ` by ${by}${because(reason)}`}.`,
  frozen: (on, by, reason) =>
    `Queue: new messages are ${on ? 'held until they are released' : 'sent again'}, by ${by}${because(reason)}.`,
  paused: (on, by, reason) => `Sending ${on ? 'paused' : 'resumed'} by ${by}${because(reason)}.`,
  returned: (file, to, report) => `Queue: ${file} returned to <${to}> (${report}).`,
  unreported: (sender, subject, why) =>
    `No notification to: <${sender}> (${subject}). ${why === 'null sender' ? 'The sender is empty.' : "Sender's address unknown."}`,
  traceOn: (trace, account) => `${englishBanner[trace]} activated${account === null ? '' : ` for ${account}`}.`,
  traceOff: (trace) => `${englishBanner[trace]} deactivated.`,
  traceLine: (trace) => englishTrace[trace],
  alert: (message) => `Alert: ${message}`,
  command: (method, by, what, result) => `Command ${method} by ${by}: ${what}${because(result)}`,
  reason: (text) => text,
};

function englishChange(change: Change, to: string): string {
  return to === '' ? change : `${change} to ${to}`;
}
const englishLimit: Record<Oversize['setBy'], string> = {
  account: 'the limit of the account',
  'mail server': 'what the internal server takes',
  configuration: 'the limit set for the internal server',
  disk: 'what the disk of the gateway has room for',
};
const englishDeletion: Record<EventOf<'message.deleted'>['why'], string> = {
  delivered: 'delivered',
  age: 'its days there are over',
  spam: 'refused as spam',
  rule: 'stopped by a rule',
  operator: 'by an operator',
};
function englishRefusal(by: Refused['by'], rule: string): string {
  if (by === 'internal server') return 'refused as spam by the internal server';
  return by === 'rule' ? `rule ${rule}` : by === 'scanner' ? 'scanner' : 'SpamAssassin';
}
const englishBanner: Record<TraceName, string> = {
  pop3: 'POP3 trace',
  'smtp-in': 'Inbound SMTP trace',
  'smtp-out': 'SMTP trace for sending outgoing mail',
};
const englishTrace: Record<TraceName, string> = {
  pop3: 'POP3 trace',
  'smtp-in': 'Inbound SMTP trace',
  'smtp-out': 'Outbound SMTP trace',
};

const french: Phrases = {
  error: (text) => `*** Erreur : ${text}`,
  warning: (text) => `Avertissement : ${text}`,
  started: (version) => `MailGate ${version} démarré.`,
  stopping: (reason) => `MailGate s'arrête : ${reason}.`,
  sessionStarted: (session, accounts) => `Session ${session} démarrée (${pluriel(accounts, 'compte', 'comptes')}).`,
  sessionFinished: (session, messages, errors) =>
    `Session ${session} terminée : ${french.messages(messages)}, ${pluriel(errors, 'erreur', 'erreurs')}.`,
  connecting: (host, login) => `Connexion à ${host}...${login ? 'Identification réussie...' : ''}terminé.`,
  messages: (count) => pluriel(count, 'message', 'messages'),
  message: (number, size, from, subject) => `Message ${number} (${size}) De : <${from}> Objet : ${subject}`,
  delivered: (address, reply) => `Remis à : <${address}> (${reply})`,
  stays: (number, why) => `Le message ${number} reste sur le serveur POP3 : ${why}`,
  noRecipient: (number) =>
    `Le message ${number} n'a pas de destinataire ici, et personne ne prend les messages non routables : il reste sur le serveur POP3.`,
  renumbered: (account, known, gone, fresh) =>
    `${gone} des ${known} messages connus ${gone < 2 ? 'a' : 'ont'} disparu et ${pluriel(fresh, 'nouveau est arrivé', 'nouveaux sont arrivés')} : le serveur semble avoir renuméroté la boîte. Rien n'est téléchargé tant que vous n'avez pas répondu : mailgate renumbered ${account} adopt (ce sont les mêmes) ou fetch (ils sont nouveaux).`,
  refused: (number, by, rule, why, quarantine) =>
    `Message ${number} ${quarantine === '' ? 'supprimé' : `mis en quarantaine sous ${quarantine}`} (${frenchRefusal(by, rule)}) : ${why}`,
  reworked: (number, change) => `Message ${number} : ${change}`,
  oversize: (number, { size, limit, setBy, from }) =>
    `Le message ${number} (${size}) De : <${from}> dépasse ${limit}, ${frenchLimit[setBy]} : il n'est pas téléchargé et reste sur le serveur POP3.`,
  noticeFor: (number, address) => `Notification au sujet du message ${number} à : <${address}>`,
  stuck: (number, reason) => `Le message ${number} est mis de côté : ${reason}`,
  deleted: (uidl, why) => `Supprimé du serveur POP3 : ${uidl} (${frenchDeletion[why]}).`,
  quarantine: (what, change, by) => {
    const many = typeof what === 'number' && what > 1 ? 's' : '';
    const subject = typeof what === 'string' ? what : french.messages(what);
    return `Quarantaine : ${subject} ${frenchQuarantine[change]}${many}${change === 'expired' ? '' : ` par ${by}`}.`;
  },
  mailed: (report, to, reply) =>
    `${report === 'notice' ? 'Notification envoyée' : 'Journal de session envoyé'} à : <${to}> (${reply})`,
  notMailed: (report, to, reason) =>
    `${report === 'notice' ? 'La notification destinée' : 'Le journal de session destiné'} à <${to}> n'a pas pu être ${report === 'notice' ? 'remise' : 'remis'} au serveur interne : ${reason}`,
  signedIn: (subject, user) => `${subject} est authentifié${user === '' ? '' : ` en tant que ${user}`}.`,
  signedOut: (subject, reason) => `${subject} n'est plus authentifié : ${reason}`,
  listening: (folder, port) =>
    `Les messages sortants sont mis en file d'attente dans ${folder} ; écoute sur le port TCP ${port}.`,
  portTaken: (port) =>
    `Impossible d'écouter sur le port TCP ${port} : un autre service l'utilise. Arrêtez ce service, ou choisissez un autre port ici et dans le serveur de messagerie.`,
  notListening: (port, reason) => `Impossible d'écouter sur le port TCP ${port} : ${reason}`,
  changed: (what, { change, by, reason, to = '' }) => {
    const many = typeof what === 'number' && what > 1 ? 's' : '';
    const subject = typeof what === 'string' ? what : french.messages(what);
    const whither = to === '' ? '' : ` vers ${to}`;
    return `Queue: ${subject} ${frenchChange[change]}${many}${whither} par ${by}${because(reason)}.`;
  },
  silenced: (file, prefix, sender, subject) =>
    `Queue: ${file} de <${sender}> supprimé sans avis : son objet commence par « ${prefix} » (${subject}).`,
  unrecognised: (sender, subject) => `Adresse de l'expéditeur inconnue : <${sender}> (${subject}).`,
  warned: (file, to, report) => `Queue: ${file} attend encore : <${to}> en est averti (${report}).`,
  confirmed: (file, to, report) => `Queue: ${file} a été relayé : <${to}> en est averti (${report}).`,
  damaged: (file, reason, kept) =>
    `${file} est endommagé (${reason}) : il est ${kept === '' ? 'retenu' : `déplacé dans corrupt/${kept}`}.`,
  purged: (total, why, by, reason) =>
    `Corbeille : ${french.messages(total)} ${total > 1 ? 'effacés' : 'effacé'} définitivement${why === 'age' ? ', durée de conservation écoulée' : ` par ${by}${because(reason)}`}.`,
  frozen: (on, by, reason) =>
    `Queue: les nouveaux messages sont ${on ? "retenus jusqu'à leur libération" : 'de nouveau envoyés'}, par ${by}${because(reason)}.`,
  paused: (on, by, reason) => `Envoi ${on ? 'suspendu' : 'repris'} par ${by}${because(reason)}.`,
  returned: (file, to, report) => `Queue: ${file} renvoyé à <${to}> (${report}).`,
  unreported: (sender, subject, why) =>
    `Pas de notification à : <${sender}> (${subject}). ${why === 'null sender' ? "L'expéditeur est vide." : "Adresse de l'expéditeur inconnue."}`,
  traceOn: (trace, account) => `${frenchBanner[trace]} activée${account === null ? '' : ` pour ${account}`}.`,
  traceOff: (trace) => `${frenchBanner[trace]} désactivée.`,
  traceLine: (trace) => frenchTrace[trace],
  alert: (message) => `Alerte : ${message}`,
  command: (method, by, what, result) => `Commande ${method} par ${by} : ${what}${because(result)}`,
  reason: inFrench,
};

const frenchLimit: Record<Oversize['setBy'], string> = {
  account: 'la limite du compte',
  'mail server': 'ce que le serveur interne accepte',
  configuration: 'la limite fixée pour le serveur interne',
  disk: 'la place libre sur le disque de la passerelle',
};
const frenchDeletion: Record<EventOf<'message.deleted'>['why'], string> = {
  delivered: 'remis',
  age: 'durée de conservation écoulée',
  spam: 'refusé comme indésirable',
  rule: 'intercepté par une règle',
  operator: 'par un opérateur',
};
const frenchQuarantine: Record<EventOf<'quarantine.changed'>['change'], string> = {
  released: 'libéré',
  deleted: 'supprimé',
  expired: 'expiré',
};
function frenchRefusal(by: Refused['by'], rule: string): string {
  if (by === 'internal server') return 'refusé comme indésirable par le serveur interne';
  return by === 'rule' ? `règle ${rule}` : by === 'scanner' ? 'analyseur' : 'SpamAssassin';
}
const frenchBanner: Record<TraceName, string> = {
  pop3: 'Trace POP3',
  'smtp-in': 'Trace SMTP entrante',
  'smtp-out': "Trace SMTP pour l'envoi du courrier sortant",
};
const frenchTrace: Record<TraceName, string> = {
  pop3: 'Trace POP3',
  'smtp-in': 'Trace SMTP entrante',
  'smtp-out': 'Trace SMTP sortante',
};
const frenchChange: Record<Change, string> = {
  held: 'retenu',
  released: 'libéré',
  retried: 'relancé',
  dropped: 'supprimé',
  returned: 'renvoyé',
  restored: 'restauré',
  rerouted: 'dirigé',
  readdressed: 'réadressé',
  prioritised: 'reclassé',
};

export const phrases: Record<Language, Phrases> = { en: english, fr: french };

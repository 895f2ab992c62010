/** The words of the commands' output that several of them need; a family's own are in texts/. English and French; help is English. */
import type { QueuedMessage, Language, RecipientState } from '../protocol/model.ts';
import type { Status } from '../protocol/commands.ts';
import { many, plusieurs } from './texts/counts.ts';

export interface Texts {
  cannotReach: (socket: string) => string;
  howToStart: (home: string | null) => string;
  health: Record<Status['gateway']['health'], string>;
  since: string;
  labels: { session: string; accounts: string; queue: string; counters: string; traces: string; problems: string };
  sessionRunning(running: NonNullable<Status['session']['running']>): string;
  sessionLast(last: NonNullable<Status['session']['last']>, at: string): string;
  noSession: string;
  next(at: string): string;
  triggered(session: number, joined: boolean): string;
  progress(messages: number, of: number): string;
  accountState: Record<Status['accounts'][number]['state'], string>;
  /** `oversize` and `stuck` of them wait for a person. */
  left(messages: number, oversize: number, stuck: number): string;
  inARow(sessions: number): string;
  noAccount: string;
  queueCounts: Record<QueuedMessage['state'], string>;
  oldest(age: string): string;
  counters: Record<keyof Status['counters'], string>;
  on: string;
  off: string;
  forAccount(account: string): string;
  withPeer(peer: string): string;
  until(at: string): string;
  forSessions(sessions: number): string;
  columns: [
    id: string,
    state: string,
    age: string,
    size: string,
    tries: string,
    sender: string,
    recipient: string,
    reply: string,
  ];
  nothingWaits: string;
  recipientState: Record<RecipientState['state'], string>;
  messageHead: { queued: string; from: string; to: string; via: string; nextAttempt: string };
  attempt(number: number, at: string, seconds: string): string;
  yes: readonly string[];
  leftAlone: string;
  units: { second: string; minute: string; hour: string; day: string };
  lost(reason: string): string;
  missed: string;
  /** While other servers are spoken to. */
  waiting: string;
}

/** Those that there are, in brackets. */
function parts(...of: (string | false)[]): string {
  const there = of.filter((part) => part !== false);
  return there.length === 0 ? '' : ` (${there.join(', ')})`;
}

const en: Texts = {
  cannotReach: (socket) => `The daemon cannot be reached on ${socket}.`,
  howToStart: (home) =>
    `Verify that the service is started (systemctl status mailgate), or start it: mailgate run${home === null ? '' : ` --home ${home}`}`,
  health: { ok: 'ok', degraded: 'degraded' },
  since: 'since',
  labels: {
    session: 'Session',
    accounts: 'Accounts',
    queue: 'Queue',
    counters: 'Since start',
    traces: 'Traces',
    problems: 'Problems',
  },
  sessionRunning: ({ id, accounts, done, messages, of }) =>
    `${id} running: ${messages} of ${many(of, 'message', 'messages')}, ${done} of ${many(accounts, 'account', 'accounts')} done.`,
  sessionLast: ({ id, messages, errors }, at) =>
    `${id} finished ${at}: ${many(messages, 'message', 'messages')}, ${many(errors, 'error', 'errors')}.`,
  noSession: 'None yet.',
  next: (at) => `Next ${at}.`,
  triggered: (session, joined) =>
    joined ? `Session ${session} is running already; joined.` : `Session ${session} started.`,
  progress: (messages, of) => `${messages} of ${many(of, 'message', 'messages')}`,
  accountState: {
    never: 'not yet',
    ok: 'ok',
    error: 'error',
    paused: 'paused',
    locked: 'locked',
    disabled: 'disabled',
  },
  left: (messages, oversize, stuck) =>
    `${messages} left on the server${parts(oversize > 0 && `${oversize} too large`, stuck > 0 && `${stuck} stuck`)}`,
  inARow: (sessions) => `${many(sessions, 'session', 'sessions')} in a row`,
  noAccount: 'None is configured.',
  queueCounts: { waiting: 'waiting', sending: 'sending', deferred: 'deferred', held: 'held' },
  oldest: (age) => `oldest ${age}`,
  counters: {
    downloaded: 'downloaded',
    delivered: 'delivered',
    refused: 'refused',
    accepted: 'accepted',
    sent: 'sent',
    returned: 'returned',
    dropped: 'dropped',
  },
  on: 'on',
  off: 'off',
  forAccount: (account) => `for ${account}`,
  withPeer: (peer) => `with ${peer}`,
  until: (at) => `until ${at}`,
  forSessions: (sessions) => `for ${many(sessions, 'more session', 'more sessions')}`,
  columns: ['id', 'state', 'age', 'size', 'try', 'sender', 'recipient', 'last reply'],
  nothingWaits: 'Nothing is waiting.',
  recipientState: { waiting: 'waiting', sent: 'sent', deferred: 'deferred', failed: 'failed' },
  messageHead: { queued: 'queued', from: 'From', to: 'To', via: 'via', nextAttempt: 'next attempt' },
  attempt: (number, at, seconds) => `Attempt ${number}   ${at}   took ${seconds} s`,
  yes: ['y', 'yes'],
  leftAlone: 'Nothing was changed.',
  units: { second: 's', minute: 'min', hour: 'h', day: 'd' },
  lost: (reason) => `${reason} Trying again until it is back.`,
  missed: 'Some events were missed: the gateway no longer has them.',
  waiting: 'Waiting for the answer…',
};

const fr: Texts = {
  cannotReach: (socket) => `Le service est injoignable sur ${socket}.`,
  howToStart: (home) =>
    `Vérifiez que le service se trouve dans l'état Démarré (systemctl status mailgate), ou démarrez-le : mailgate run${home === null ? '' : ` --home ${home}`}`,
  health: { ok: 'en ordre', degraded: 'dégradé' },
  since: 'depuis',
  labels: {
    session: 'Session',
    accounts: 'Comptes',
    queue: "File d'attente",
    counters: 'Depuis le début',
    traces: 'Traces',
    problems: 'Problèmes',
  },
  sessionRunning: ({ id, accounts, done, messages, of }) =>
    `${id} en cours : ${messages} sur ${plusieurs(of, 'message', 'messages')}, ${done} sur ${plusieurs(accounts, 'compte', 'comptes')} terminés.`,
  sessionLast: ({ id, messages, errors }, at) =>
    `${id} terminée ${at} : ${plusieurs(messages, 'message', 'messages')}, ${plusieurs(errors, 'erreur', 'erreurs')}.`,
  noSession: 'Aucune encore.',
  next: (at) => `Prochaine ${at}.`,
  triggered: (session, joined) =>
    joined ? `La session ${session} est déjà en cours ; rejointe.` : `Session ${session} démarrée.`,
  progress: (messages, of) => `${messages} sur ${plusieurs(of, 'message', 'messages')}`,
  accountState: {
    never: 'pas encore',
    ok: 'en ordre',
    error: 'erreur',
    paused: 'en pause',
    locked: 'verrouillé',
    disabled: 'désactivé',
  },
  left: (messages, oversize, stuck) => {
    const which = [
      oversize > 0 && plusieurs(oversize, 'trop gros', 'trop gros'),
      stuck > 0 && plusieurs(stuck, 'bloqué', 'bloqués'),
    ];
    return `${plusieurs(messages, 'reste', 'restent')} sur le serveur${parts(...which)}`;
  },
  inARow: (sessions) => `${plusieurs(sessions, 'session', 'sessions')} de suite`,
  noAccount: "Aucun n'est configuré.",
  queueCounts: { waiting: 'en attente', sending: 'en envoi', deferred: 'différé', held: 'retenu' },
  oldest: (age) => `le plus ancien ${age}`,
  counters: {
    downloaded: 'téléchargés',
    delivered: 'remis',
    refused: 'refusés',
    accepted: 'acceptés',
    sent: 'envoyés',
    returned: 'renvoyés',
    dropped: 'supprimés',
  },
  on: 'activée',
  off: 'désactivée',
  forAccount: (account) => `pour ${account}`,
  withPeer: (peer) => `avec ${peer}`,
  until: (at) => `jusqu'à ${at}`,
  forSessions: (sessions) => `pour encore ${plusieurs(sessions, 'session', 'sessions')}`,
  columns: ['nom', 'état', 'âge', 'taille', 'essai', 'expéditeur', 'destinataire', 'dernière réponse'],
  nothingWaits: "Rien n'attend.",
  recipientState: { waiting: 'en attente', sent: 'envoyé', deferred: 'différé', failed: 'refusé' },
  messageHead: { queued: 'en file', from: 'De', to: 'À', via: 'par', nextAttempt: 'prochain essai' },
  attempt: (number, at, seconds) => `Essai ${number}   ${at}   en ${seconds} s`,
  yes: ['o', 'oui', 'y'],
  leftAlone: "Rien n'a été changé.",
  units: { second: 's', minute: 'min', hour: 'h', day: 'j' },
  lost: (reason) => `${reason} Nouveaux essais jusqu'à son retour.`,
  missed: 'Des événements ont été manqués : la passerelle ne les a plus.',
  waiting: 'En attente de la réponse…',
};

export const texts: Record<Language, Texts> = { en, fr };

/** Les textes de la page Comptes en français. */
import type { AccountsText } from './accounts.ts';

/** In French 0 is singular too. */
const pluriel = (count: number, un: string, plusieurs = `${un}s`): string => `${count} ${count < 2 ? un : plusieurs}`;

const frenchNotes: readonly (readonly [RegExp, string])[] = [
  [/^sign in again$/, 'à authentifier de nouveau'],
  [/^token is dead$/, 'jeton expiré'],
  [/^token dies within a day$/, 'jeton valable moins d’un jour'],
  [/^token dies in (\d+) days?$/, 'jeton valable encore $1 j'],
];

export const accountsFrench: AccountsText = {
  columns: {
    account: 'compte',
    state: 'état',
    errors: 'échecs',
    left: 'restent',
    oversize: 'trop gros',
    stuck: 'bloqués',
    limit: 'limite',
    next: 'prochaine',
    mailbox: 'boîte',
    remark: 'remarque',
  },
  states: {
    never: 'pas encore',
    ok: 'ok',
    error: 'erreur',
    paused: 'en pause',
    locked: 'bloqué',
    disabled: 'désactivé',
  },
  none: 'Aucun compte à relever.',
  noneMatches: 'Aucun compte ne répond au filtre.',
  stuck: (count) => pluriel(count, 'bloqué'),
  oversize: (count) => `${count} trop gros`,
  askedAbout: 'renumérotée ?',
  note: (text) => frenchNotes.reduce((note, [from, to]) => note.replace(from, to), text),
  limitWords: { nobody: '', account: 'compte', 'mail server': 'serveur', configuration: 'config.', disk: 'disque' },
  limitNames: {
    account: 'le compte',
    mailServer: 'le serveur interne',
    configuration: 'la configuration',
    disk: 'le disque',
  },
  limitLabels: { account: 'compte', mailServer: 'serveur interne', configuration: 'configuration', disk: 'disque' },
  and: ' et ',
  colon: ' : ',

  labels: {
    error: 'Dernière erreur',
    question: 'Renumérotée ?',
    note: 'Note',
    signIn: 'Authentification',
    left: 'Sur le serveur',
    limit: 'Limite de taille',
    tooLarge: 'Trop gros',
    next: 'Prochaine relève',
    success: 'Dernier succès',
    trace: 'Trace',
    mailbox: 'Boîte',
    comment: 'Commentaire',
  },
  security: { none: 'non chiffré', stls: 'STLS', tls: 'TLS' },
  login: (how) => `identification ${how}`,
  keeps: 'le courrier remis reste sur le serveur',
  traced: 'POP3 active pour ce compte',
  tracedWith: (all) => `POP3 active, pour ${all}`,
  question: (known, gone, fresh) =>
    `${gone} ${gone < 2 ? 'a' : 'ont'} disparu sur ${pluriel(known, 'message connu', 'messages connus')}, ${pluriel(fresh, 'nouveau est arrivé', 'nouveaux sont arrivés')}. Rien n’est relevé avant votre réponse`,
  pressFor: { answer: (key) => `${key} répond`, signIn: (key) => `${key} authentifie` },
  signedIn: (user) => (user === null ? 'authentifié' : `authentifié en tant que ${user}`),
  tokenUntil: (time) => `jusqu’à ${time}`,
  notSignedIn: 'non authentifié',
  byProgram: 'le jeton vient d’un programme',
  left: (count) => pluriel(count, 'message'),
  setBy: (size, who) => `${size}, fixée par ${who}`,
  anySize: 'aucune : les messages de toute taille sont relevés',
  noLimit: 'aucune',
  unknownLimit: 'aucune, ou pas encore connue',
  raise: ({ who, upTo, next, released, total }) => {
    const all = total === 1 ? 'il' : `les ${total}`;
    const freed = `${released === total ? all : `${released} sur ${total}`} ${released < 2 ? 'serait libéré' : 'seraient libérés'}`;
    if (upTo === null) return `Sans limite chez ${who}, ${freed}.`;
    return `Avec ${upTo} chez ${who}, ${freed} ; au-delà décide ${next}.`;
  },
  keptBy: (who) => `trop gros pour ${who}`,
  unnamed: (count) => `et ${pluriel(count, 'autre')}`,
  moreRows: (count, key) => `encore ${pluriel(count, 'ligne')} : ${key} montre tout`,
  asking: 'question à la passerelle …',

  triggered: (account, session) => `Session ${session} lancée pour ${account}.`,
  triggerJoined: (account, session) => `La session ${session} tournait déjà : rejointe, pour ${account}.`,
  switchedFor: (trace, account, state) => `La trace ${trace} pour ${account} est ${state}.`,
  adminOnly: (role) => `Seul un admin peut authentifier un compte ; ce lien est ${role}.`,

  signIn: {
    title: (account) => `Authentifier ${account}`,
    asking: 'demande d’un code …',
    goTo: 'Ouvrez cette page, n’importe où :',
    orWhole: 'ou, avec le code :',
    typeCode: 'et tapez ce code :',
    byBrowser: (account) =>
      `Ce fournisseur ne donne pas de code : l’adresse où finit cette page est à rapporter. Échap, puis : mailgate sign-in ${account}`,
    waiting: 'attente …',
    left: (time) => `encore ${time}`,
    runOut: 'Le code a expiré.',
    lost: 'Pas de lien : code et authentification continuent, l’issue sera demandée au retour du lien.',
    done: (account, user) => `${account} est authentifié${user === null ? '' : ` en tant que ${user}`}.`,
    failed: (account, why) => `${account} n’est pas authentifié : ${why}`,
    close: (key) => `${key} ferme.`,
    cancelling: (account) => `Annulation de l’authentification de ${account} …`,
    cancelled: (account) => `L’authentification de ${account} est annulée.`,
    nothingWaited: (account) => `Aucune authentification de ${account} n’attendait plus.`,
    goesOn: (account) =>
      `Pas de lien : l’authentification de ${account} n’a pu être annulée ; elle finit avec son code.`,
  },

  answer: {
    title: (account) => `Le serveur a-t-il renuméroté la boîte de ${account} ?`,
    short: (account, gone, fresh) => `${account} renumérotée ? -${gone} +${fresh}`,
    what: (known, gone, fresh) =>
      `Sur ${pluriel(known, 'message connu', 'messages connus')}, ${gone} ${gone < 2 ? 'a' : 'ont'} disparu, et ${fresh} ${fresh < 2 ? 'est venu sous un nouvel UIDL' : 'sont venus sous de nouveaux UIDL'}.`,
    means: {
      adopt:
        'Ce sont les mêmes. Ce qui fut remis n’est pas relevé de nouveau ; la session suivante continue comme avant.',
      fetch: 'Ils sont nouveaux. Tous sont relevés et remis ; si c’étaient les mêmes, tous arrivent deux fois.',
    },
    meansShortly: { adopt: 'les mêmes, pas relevés', fetch: 'nouveaux, tous relevés' },
    type: 'tapez adopt ou fetch puis Entrée, Échap pour renoncer',
    giving: (account) => `Réponse pour ${account} …`,
    given: {
      adopt: (account) => `Les messages de ${account} sont pris pour les mêmes.`,
      fetch: (account) => `Les messages de ${account} sont relevés comme nouveaux.`,
    },
  },
};

/**
 * What the daemon says of its own accord is worded in English, once, and stays so in JSON and in the ring: a reader of those can rely
 * on it. A screen in French says it in French by this table; what it does not have (a server's reply, say) stays as it was.
 */

type Translation = readonly [english: RegExp, french: string];

/** Beginnings and whole sentences. The first one that fits is taken; what follows a beginning is looked at by itself. */
const beginnings: readonly Translation[] = [
  [/^Unexpected disconnection from POP3 server: /, 'Déconnexion inattendue du serveur POP3 : '], // S71
  [/^Login refused: /, 'Identification refusée : '],
  [/^Nothing can be handed over to the internal server: /, 'Rien ne peut être remis au serveur interne : '],

  // The state of an account.
  [
    /^Its messages all have new UIDLs: nothing is fetched until somebody says what they are \(mailgate renumbered\)\./,
    "Ses messages ont tous de nouveaux UIDL : rien n'est téléchargé tant que personne n'a dit ce qu'ils sont (mailgate renumbered).",
  ],
  [
    /^A message has no recipient here, and nobody takes unroutable messages\./,
    "Un message n'a pas de destinataire ici, et personne ne prend les messages non routables.",
  ],

  // A message of a mailbox: why it is in its state (G08).
  [
    /^An operator wants it: the next session fetches it, whatever its size\./,
    'Un opérateur le veut : la prochaine session le télécharge, quelle que soit sa taille.',
  ],
  [
    /^It has no recipient here, and nobody takes unroutable messages\./,
    "Il n'a pas de destinataire ici, et personne ne prend les messages non routables.",
  ],
  [/^It is larger than (\d+) octets, the limit of the account\./, 'Il dépasse $1 octets, la limite du compte.'],
  [
    /^It is larger than (\d+) octets, the limit set for the internal server\./,
    'Il dépasse $1 octets, la limite fixée pour le serveur interne.',
  ],
  [
    /^It is larger than (\d+) octets, what the internal server takes\./,
    'Il dépasse $1 octets, ce que le serveur interne accepte.',
  ],
  [
    /^The disk of the gateway has no room for it now: it is fetched when there is\./,
    "Le disque de la passerelle n'a pas la place pour lui : il sera téléchargé quand il y en aura.",
  ],
  [/^It is set aside: /, 'Il est mis de côté : '],
  [/^Refused in 1 session, and tried again in each: /, 'Refusé dans 1 session, et essayé de nouveau à chacune : '],
  [
    /^Refused in (\d+) sessions, and tried again in each: /,
    'Refusé dans $1 sessions, et essayé de nouveau à chacune : ',
  ],
  [/^Refused in 1 session: /, 'Refusé dans 1 session : '],
  [/^Refused in (\d+) sessions: /, 'Refusé dans $1 sessions : '],
  [/^Delivered at (\S+) to (\S+(?:, \S+)*)\. /, 'Remis le $1 à $2. '],
  [/^Delivered at (\S+)\. /, 'Remis le $1. '],
  [/^Refused as spam at (\S+)\. /, 'Refusé comme indésirable le $1. '],
  [/^Stopped by a rule at (\S+)\. /, 'Intercepté par une règle le $1. '],
  [/^Marked as fetched by an operator at (\S+)\. /, 'Marqué comme téléchargé par un opérateur le $1. '],
  [
    /^The server gives it no UIDL of its own: what became of it is known only once it is fetched again\./,
    "Le serveur ne lui donne pas d'UIDL à lui : ce qu'il est devenu ne se saura qu'en le téléchargeant de nouveau.",
  ],
  [/^ ?The next session deletes it\.$/, 'La prochaine session le supprime.'],
  [/^ ?It stays on the server\.$/, 'Il reste sur le serveur.'],
  [
    /^ ?Its days there are over: the next session deletes it\.$/,
    ' Sa durée de conservation est écoulée : la prochaine session le supprime.',
  ],

  // Why a command has left a message out.
  [/^The mailbox has no message of that number\.$/, "La boîte n'a pas de message de ce numéro."],
  [/^The mailbox has no such message any more\.$/, "La boîte n'a plus ce message."],
  [
    /^Several messages have this UIDL: name it by its number\.$/,
    'Plusieurs messages ont cet UIDL : désignez-le par son numéro.',
  ],
  [
    /^Nobody has seen such a message yet: try again when the mailbox is free\.$/,
    "Personne n'a encore vu ce message : réessayez quand la boîte sera libre.",
  ],
  [/^It is marked for deletion already\.$/, 'Il est déjà marqué pour être supprimé.'],
  [/^The POP3 server refused to delete it\.$/, 'Le serveur POP3 a refusé de le supprimer.'],

  // Alerts about a mailbox.
  [
    /^1 message has no recipient here and stays on the POP3 server\. Name the recipient, or let one take unroutable messages\./,
    "1 message n'a pas de destinataire ici et reste sur le serveur POP3. Déclarez le destinataire, ou laissez-en un prendre les messages non routables.",
  ],
  [
    /^(\d+) messages have no recipient here and stay on the POP3 server\. Name the recipient, or let one take unroutable messages\./,
    "$1 messages n'ont pas de destinataire ici et restent sur le serveur POP3. Déclarez le destinataire, ou laissez-en un prendre les messages non routables.",
  ],
  [
    /^1 message stays on the POP3 server: the disk of the gateway has no room\. Free some; the next session fetches them\./,
    '1 message reste sur le serveur POP3 : le disque de la passerelle est plein. Libérez de la place ; la prochaine session le télécharge.',
  ],
  [
    /^(\d+) messages stay on the POP3 server: the disk of the gateway has no room\. Free some; the next session fetches them\./,
    '$1 messages restent sur le serveur POP3 : le disque de la passerelle est plein. Libérez de la place ; la prochaine session les télécharge.',
  ],
  [
    /^1 message is stuck on the POP3 server and waits? for a decision: /,
    '1 message est bloqué sur le serveur POP3 et attend une décision : ',
  ],
  [
    /^(\d+) messages are stuck on the POP3 server and wait for a decision: /,
    '$1 messages sont bloqués sur le serveur POP3 et attendent une décision : ',
  ],
  [
    /^1 message has no UIDL of its own on the POP3 server: as long as it is there, it is downloaded in each session, and known by content\. Nothing is lost\./,
    "1 message n'a pas d'UIDL à lui sur le serveur POP3 : tant qu'il y est, il est téléchargé à chaque session et reconnu à son contenu. Rien ne se perd.",
  ],
  [
    /^(\d+) messages have no UIDL of their own on the POP3 server: as long as they are there, they are downloaded in each session, and known by content\. Nothing is lost\./,
    "$1 messages n'ont pas d'UIDL à eux sur le serveur POP3 : tant qu'ils y sont, ils sont téléchargés à chaque session et reconnus à leur contenu. Rien ne se perd.",
  ],
];

/** What follows a beginning, or stands by itself. */
const endings: readonly Translation[] = [[/The server has closed the connection$/, 'Le serveur a fermé la connexion']];

/** What the daemon worded in English, in French as far as it is known. */
export function inFrench(text: string): string {
  const known = beginnings.find(([english]) => english.test(text));
  if (!known) return endings.reduce((said, [english, french]) => said.replace(english, french), text);

  const [english, french] = known;
  const whole = english.exec(text)?.[0] ?? '';
  const rest = text.slice(whole.length);
  return whole.replace(english, french) + (rest === '' ? '' : inFrench(rest));
}

/** The words of `logs`, `alerts` and `sign-in`. */
import type { Language } from '../../protocol/model.ts';
import { many, plusieurs } from './counts.ts';

export interface WatchingTexts {
  logColumns: readonly [session: string, at: string, messages: string, size: string, errors: string, file: string];
  noLog: string;
  alertColumns: readonly [key: string, at: string, about: string, seenBy: string, message: string];
  noAlert: string;
  acknowledged(alerts: number): string;
  noSuchAlert(key: string): string;
  goTo(address: string): string;
  typeCode(code: string): string;
  /** What to do with the address at which the page of a sign-in by browser ends. */
  bringBack(subject: string): string[];
  until(clock: string): string;
  waiting: string;
  signedIn(subject: string, user: string | null): string;
  notSignedIn(subject: string, why: string): string;
  cancelled: string;
  forgotten(subject: string): string;
  nothingToForget(subject: string): string;
}

const en: WatchingTexts = {
  logColumns: ['session', 'started', 'messages', 'size', 'errors', 'file'],
  noLog: 'There is no session yet.',
  alertColumns: ['key', 'since', 'about', 'seen by', 'message'],
  noAlert: 'No alert stands.',
  acknowledged: (alerts) => `${many(alerts, 'alert', 'alerts')} acknowledged.`,
  noSuchAlert: (key) => `${key}: no such alert stands`,
  goTo: (address) => `Open ${address}`,
  typeCode: (code) => `and type the code ${code}`,
  bringBack: (subject) => [
    'Sign in there, in any browser. The page then ends at an address that begins with http://localhost and shows nothing:',
    `copy that address, and give it in another terminal: mailgate sign-in '${subject}' --address 'ADDRESS'`,
  ],
  until: (clock) => `It holds until ${clock}. Ctrl-C gives up.`,
  waiting: 'Waiting for the sign-in…',
  signedIn: (subject, user) => `${subject} is signed in${user === null ? '' : ` as ${user}`}.`,
  notSignedIn: (subject, why) => `${subject} is not signed in: ${why}`,
  cancelled: 'it was given up.',
  forgotten: (subject) => `The tokens of ${subject} are forgotten.`,
  nothingToForget: (subject) => `There are no tokens of ${subject}.`,
};

const fr: WatchingTexts = {
  logColumns: ['session', 'début', 'messages', 'taille', 'erreurs', 'fichier'],
  noLog: "Aucune session n'a encore eu lieu.",
  alertColumns: ['clé', 'depuis', 'sujet', 'vue par', 'message'],
  noAlert: 'Aucune alerte.',
  acknowledged: (alerts) => `${plusieurs(alerts, 'alerte acquittée', 'alertes acquittées')}.`,
  noSuchAlert: (key) => `${key} : cette alerte n'existe pas`,
  goTo: (address) => `Ouvrez ${address}`,
  typeCode: (code) => `et saisissez le code ${code}`,
  bringBack: (subject) => [
    "Authentifiez-vous là, dans n'importe quel navigateur. La page se termine à une adresse qui commence par http://localhost et n'affiche rien :",
    `copiez cette adresse, et donnez-la dans un autre terminal : mailgate sign-in '${subject}' --address 'ADRESSE'`,
  ],
  until: (clock) => `Il est valable jusqu'à ${clock}. Ctrl-C abandonne.`,
  waiting: "En attente de l'authentification…",
  signedIn: (subject, user) => `${subject} est authentifié${user === null ? '' : ` en tant que ${user}`}.`,
  notSignedIn: (subject, why) => `${subject} n'est pas authentifié : ${why}`,
  cancelled: 'abandon.',
  forgotten: (subject) => `Les jetons de ${subject} sont oubliés.`,
  nothingToForget: (subject) => `Il n'y a pas de jetons pour ${subject}.`,
};

export const watchingTexts: Record<Language, WatchingTexts> = { en, fr };

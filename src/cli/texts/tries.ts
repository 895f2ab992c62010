/** The words of `route try`, `rules try`, `test` and `doctor`. */
import type { DoctorStep, Language } from '../../protocol/model.ts';

export interface TryTexts {
  recipient(name: string, address: string): string;
  unroutable(why: string): string;
  looked: string;
  verdict: Record<'pass' | 'intercept', string>;
  byRule(rule: string, action: string): string;
  attachments(names: string): string;
  /** The verdict, and why. */
  because(verdict: string, why: string): string;
  considered: string;
  works: string;
  fails: string;
  sizeLimit(octets: number, size: string): string;
  step: Record<DoctorStep['verdict'], string>;
  summary(verdict: string, text: string): string;
  advice(text: string): string;
  /** Null: it is the program's own text. */
  template(name: string | null): string;
  fault(what: string): string;
  subject(text: string): string;
}

const en: TryTexts = {
  recipient: (name, address) => `${name} <${address}>`,
  unroutable: (why) => `Nobody takes it: ${why}`,
  looked: 'What was looked at:',
  verdict: { pass: 'It passes', intercept: 'It is intercepted' },
  byRule: (rule, action) => `rule ${rule}${action === '' ? '' : `, ${action}`}`,
  attachments: (names) => `Attachments: ${names}`,
  because: (verdict, why) => (why === '' ? `${verdict}.` : `${verdict}: ${why}`),
  considered: 'What was considered:',
  works: 'It works.',
  fails: 'It does not work.',
  sizeLimit: (octets, size) => `The server takes messages of up to ${octets} octets (${size}).`,
  step: { ok: 'ok', fault: 'fault', unknown: 'unknown' },
  summary: (verdict, text) => `${verdict}: ${text}`,
  advice: (text) => `Advice: ${text}`,
  template: (name) => (name === null ? "The program's own text." : `From templates/${name}.`),
  fault: (what) => `Wrong there: ${what}.`,
  subject: (text) => `Subject: ${text}`,
};

const fr: TryTexts = {
  recipient: (name, address) => `${name} <${address}>`,
  unroutable: (why) => `Personne ne le prend : ${why}`,
  looked: 'Ce qui a été examiné :',
  verdict: { pass: 'Il passe', intercept: 'Il est intercepté' },
  byRule: (rule, action) => `règle ${rule}${action === '' ? '' : `, ${action}`}`,
  attachments: (names) => `Pièces jointes : ${names}`,
  because: (verdict, why) => (why === '' ? `${verdict}.` : `${verdict} : ${why}`),
  considered: 'Ce qui a été considéré :',
  works: 'Cela fonctionne.',
  fails: 'Cela ne fonctionne pas.',
  sizeLimit: (octets, size) => `Le serveur accepte des messages jusqu'à ${octets} octets (${size}).`,
  step: { ok: 'en ordre', fault: 'défaut', unknown: 'inconnu' },
  summary: (verdict, text) => `${verdict} : ${text}`,
  advice: (text) => `Conseil : ${text}`,
  template: (name) => (name === null ? 'Le texte du programme.' : `D'après templates/${name}.`),
  fault: (what) => `À corriger : ${what}.`,
  subject: (text) => `Objet : ${text}`,
};

export const tryTexts: Record<Language, TryTexts> = { en, fr };

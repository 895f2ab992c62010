/** How sign-ins are told: the fact on the bus, the remark on the account's row, and one alert that stands while something is amiss. */
import type { Alerts } from '../base/alerts.ts';
import type { Bus } from '../base/bus.ts';
import type { Instant } from '../base/clock.ts';
import type { SignedSubject } from './subject.ts';
import { diesSoon, noteOf, type Standing, type Tokens } from './tokens.ts';

export interface Board {
  signedIn(subject: SignedSubject, tokens: Tokens): void;
  /** `why`: a sentence. */
  signedOut(subject: SignedSubject, why: string): void;
  /** It has tokens, and they cannot be renewed now. */
  troubled(subject: SignedSubject, why: string): void;
  renewed(subject: SignedSubject): void;
  /** Looks at the row's remark and at the end that is known, as of now. */
  look(subject: SignedSubject, standing: Standing, now: Instant): void;
}

/** What is to be done, for a person at a terminal. */
export const remedyFor = ({ name }: SignedSubject): string => `Sign in again: mailgate sign-in ${shellWord(name)}`;

/** So that it can be copied into a shell. */
const shellWord = (name: string): string =>
  /^[\w.@+-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;

export function createBoard({ alerts, bus }: { readonly alerts: Alerts; readonly bus: Bus }): Board {
  const notes = new Map<string, string>();
  const alertOf = ({ key }: SignedSubject): string => `signin:${key}`;
  const dyingOf = ({ key }: SignedSubject): string => `signin-ends:${key}`;

  function note(subject: SignedSubject, text: string): void {
    if (subject.account === null || (notes.get(subject.key) ?? '') === text) return;
    notes.set(subject.key, text);
    bus.tell({ type: 'account.noted', account: subject.account, note: text });
  }

  return {
    signedIn(subject, { user }) {
      bus.tell({ type: 'signin.changed', subject: subject.name, signedIn: true, user: user ?? '', reason: '' });
      const who = user === null ? '' : ` as ${user}`;
      alerts.clear(alertOf(subject), `${subject.key} is signed in again${who}.`);
      alerts.clear(dyingOf(subject), `${subject.key} was signed in anew${who}.`);
    },

    signedOut(subject, why) {
      bus.tell({ type: 'signin.changed', subject: subject.name, signedIn: false, user: '', reason: why });
    },

    troubled(subject, why) {
      alerts.raise(alertOf(subject), `The access token of ${subject.key} cannot be renewed: ${why}`, subject.name);
    },

    renewed: (subject) => alerts.clear(alertOf(subject), `The access token of ${subject.key} is renewed again.`),

    look(subject, standing, now) {
      const { warnBefore } = subject.source.provider;
      note(subject, noteOf(standing, warnBefore, now));
      if (standing.is === 'signed out') {
        // It stands until somebody has signed in: nothing is fetched or sent before that.
        alerts.raise(
          alertOf(subject),
          `${subject.key} is not signed in. ${standing.why} ${remedyFor(subject)}`,
          subject.name,
        );
        alerts.clear(dyingOf(subject), `${subject.key} is not signed in any more.`);
        return;
      }

      const { refreshUntil } = standing.tokens;
      if (refreshUntil !== null && diesSoon(standing.tokens, warnBefore, now)) {
        // The date and not the days: words that change would be told again each day (G05).
        const day = new Date(refreshUntil).toISOString().slice(0, 10);
        const message = `The sign-in of ${subject.key} ends on ${day}. ${remedyFor(subject)}`;
        alerts.raise(dyingOf(subject), message, subject.name);
      } else {
        alerts.clear(dyingOf(subject), `The sign-in of ${subject.key} does not end soon any more.`);
      }
    },
  };
}

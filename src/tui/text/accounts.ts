/** The texts of the page Accounts, its sign-in and its question, in both languages. */
import type { AccountDetail, AccountStatus, Language } from '../../protocol/model.ts';
import type { Answer } from '../store/answer.ts';
import type { LimitName } from '../store/size-limits.ts';
import { accountsEnglish } from './accounts-en.ts';
import { accountsFrench } from './accounts-fr.ts';

export type AccountsText = {
  columns: Record<
    'account' | 'state' | 'errors' | 'left' | 'oversize' | 'stuck' | 'limit' | 'next' | 'mailbox' | 'remark',
    string
  >;
  states: Record<AccountStatus['state'], string>;
  none: string;
  noneMatches: string;
  stuck(count: number): string;
  oversize(count: number): string;
  /** Short, for a row. */
  askedAbout: string;
  note(text: string): string;
  /** Whose limit it is: a word for the list, a name for a sentence, and a label before the limit itself. */
  limitWords: Record<AccountDetail['limit']['setBy'], string>;
  limitNames: Record<LimitName, string>;
  limitLabels: Record<LimitName, string>;
  and: string;
  /** Between a name and what is said of it. */
  colon: string;

  labels: Record<
    | 'error'
    | 'question'
    | 'note'
    | 'signIn'
    | 'left'
    | 'limit'
    | 'tooLarge'
    | 'next'
    | 'success'
    | 'trace'
    | 'mailbox'
    | 'comment',
    string
  >;
  security: Record<AccountDetail['security'], string>;
  login(how: string): string;
  keeps: string;
  traced: string;
  tracedWith(all: string): string;
  question(known: number, gone: number, fresh: number): string;
  pressFor: Record<'answer' | 'signIn', (key: string) => string>;
  signedIn(user: string | null): string;
  tokenUntil(time: string): string;
  notSignedIn: string;
  byProgram: string;
  left(count: number): string;
  setBy(size: string, who: string): string;
  anySize: string;
  noLimit: string;
  unknownLimit: string;
  /** `upTo`, `next`: null when nobody would limit it any more. */
  raise(of: { who: string; upTo: string | null; next: string; released: number; total: number }): string;
  keptBy(who: string): string;
  unnamed(count: number): string;
  moreRows(count: number, key: string): string;
  asking: string;

  triggered(account: string, session: number): string;
  triggerJoined(account: string, session: number): string;
  switchedFor(trace: string, account: string, state: string): string;
  adminOnly(role: string): string;

  signIn: {
    title(account: string): string;
    asking: string;
    goTo: string;
    orWhole: string;
    typeCode: string;
    byBrowser(account: string): string;
    waiting: string;
    left(time: string): string;
    runOut: string;
    lost: string;
    done(account: string, user: string | null): string;
    failed(account: string, why: string): string;
    close(key: string): string;
    cancelling(account: string): string;
    cancelled(account: string): string;
    nothingWaited(account: string): string;
    goesOn(account: string): string;
  };

  answer: {
    title(account: string): string;
    short(account: string, gone: number, fresh: number): string;
    what(known: number, gone: number, fresh: number): string;
    means: Record<Answer, string>;
    meansShortly: Record<Answer, string>;
    type: string;
    giving(account: string): string;
    given: Record<Answer, (account: string) => string>;
  };
};

export const accountsTexts: Record<Language, AccountsText> = { en: accountsEnglish, fr: accountsFrench };

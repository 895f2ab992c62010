/** What the configuration says to the reports: session logs, notices, alerts. Pure. */
import { join } from 'node:path';
import type { Language } from '../../protocol/model.ts';
import { type Duration, days, hours } from '../base/clock.ts';
import type { Account, Config } from '../config/config.ts';

export interface SessionLogSettings {
  gatewayName: string;
  language: Language;
  /** `<home>/Log` (S44). */
  folder: string;
  /** Every log is kept on disk (S42, S43), not only one with an error (S45). */
  toDisk: boolean;
  /** Mailed only when there is an error that counts (S37). */
  onlyOnError: boolean;
  /** Consecutive sessions in which a mailbox must fail before that counts (S38). */
  threshold: number;
  /** Accounts whose connection faults do not count (S41). */
  quiet: ReadonlySet<string>;
  /** Whom the log is mailed to (S35, S36). */
  recipients: readonly string[];
  /** How long a log stays on disk (S46). */
  keepFiles: Duration;
  /** How long a session is listed: as long as its log can be shown, from its file or from the ring. */
  keepSessions: Duration;
}

export interface NoticeSettings {
  gatewayName: string;
  language: Language;
  /** `<home>/templates` (S68). */
  folder: string;
}

export interface AlertSettings {
  gatewayName: string;
  language: Language;
  /** Program and arguments; null: none. */
  command: readonly string[] | null;
  /** URLs may carry tokens: only their host is ever shown. */
  webhook: string | null;
  /** The program that tells the system's log; null: it is not told. Node has no datagrams on Unix sockets, so `logger` writes to /dev/log. */
  syslog: string | null;
}

export interface WatchSettings {
  language: Language;
  threshold: number;
  quiet: ReadonlySet<string>;
  /** Age of the oldest queued message; 0: never. */
  queued: Duration;
  /** Time without a success of an account; 0: never. */
  withoutSuccess: Duration;
  /** Accounts that are fetched by themselves; those with times of their own are judged by their failures alone. */
  watched: readonly { name: string; byTimes: boolean }[];
}

export function sessionLogSettings(config: Config, gatewayName: string): SessionLogSettings {
  const { options, recipients } = config;
  return {
    gatewayName,
    language: options.language,
    folder: join(config.home, 'Log'),
    toDisk: options.logmsgToDisk,
    onlyOnError: options.sendSessionLogOnlyOnError,
    threshold: options.errorCounterThreshold,
    quiet: quietAccounts(config.accounts),
    recipients: recipients.filter(({ sendSessionLog }) => sendSessionLog).map(({ address }) => address),
    keepFiles: days(options.keepSessionLogsDays),
    keepSessions: days(Math.max(options.keepSessionLogsDays, options.keepEventsDays)),
  };
}

export function noticeSettings(config: Config, gatewayName: string): NoticeSettings {
  return { gatewayName, language: config.options.language, folder: join(config.home, 'templates') };
}

export function alertSettings({ options }: Config, gatewayName: string): AlertSettings {
  return {
    gatewayName,
    language: options.language,
    command: options.errorAlertCommand,
    webhook: options.errorAlertWebhook,
    syslog: options.syslog ? 'logger' : null,
  };
}

export function watchSettings({ options, accounts }: Config): WatchSettings {
  const fetched = accounts.filter((account) => account.enabled && !options.paused && isTimed(account, options));
  return {
    language: options.language,
    threshold: options.errorCounterThreshold,
    quiet: quietAccounts(accounts),
    queued: hours(options.alertWhenQueuedHours),
    withoutSuccess: hours(options.alertWithoutSuccessHours),
    watched: fetched.map(({ name, pollAt }) => ({ name, byTimes: pollAt.length > 0 })),
  };
}

/** S41: the word, in any case of letters, anywhere in the comment. */
function quietAccounts(accounts: readonly Account[]): ReadonlySet<string> {
  return new Set(accounts.filter(({ comment }) => /\bNoWarning\b/i.test(comment)).map(({ name }) => name));
}

function isTimed(account: Account, options: Config['options']): boolean {
  return account.pollAt.length > 0 || (account.pollEveryMinutes ?? options.pollEveryMinutes) > 0;
}

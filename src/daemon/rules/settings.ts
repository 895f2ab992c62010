/** What the configuration says of content: [Rules], [Rule: X], [Scanner] and [SpamAssassin]. */
import type { Language } from '../../protocol/model.ts';
import { type Duration, seconds } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { RuleAction } from '../config/kinds/mail.ts';

/** Masks within one criterion are alternatives; the criteria that a rule names must all hold. */
export interface Rule {
  readonly name: string;
  readonly type: 'Pass-Through' | 'Intercept';
  readonly attachments: readonly string[];
  readonly subject: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly header: readonly string[];
  readonly action: RuleAction;
}

export interface ScannerSettings {
  /** The program and its arguments; at least one word. */
  readonly command: readonly string[];
  readonly interceptExitCodes: readonly number[];
  readonly timeout: Duration;
  /** Where it runs: a relative path in the command is of the home. */
  readonly folder: string;
}

export interface SpamSettings {
  readonly host: string;
  readonly port: number;
  readonly threshold: number;
  readonly action: 'tag' | 'quarantine' | 'drop';
}

/** How a refusal of the internal server is recognised as one of spam (S75, S76). */
export interface RefusalSettings {
  readonly code: number;
  readonly text: string;
}

export interface ContentSettings {
  /** In the order in which they are tried. */
  readonly rules: readonly Rule[];
  readonly scanner: ScannerSettings | null;
  readonly spam: SpamSettings | null;
  /** Of the note in place of an attachment that was removed. */
  readonly language: Language;
}

export function contentSettings(config: Config): ContentSettings {
  const { scanner, spamAssassin } = config;
  return {
    rules: config.rules.content,
    scanner:
      scanner.command === null
        ? null
        : {
            command: scanner.command,
            interceptExitCodes: scanner.interceptExitCodes,
            timeout: seconds(scanner.timeoutSeconds),
            folder: config.home,
          },
    spam: spamAssassin.host === null ? null : { ...spamAssassin, host: spamAssassin.host },
    language: config.options.language,
  };
}

export function refusalSettings({ rules }: Config): RefusalSettings {
  return { code: rules.spamErrorCode, text: rules.spamResponse };
}

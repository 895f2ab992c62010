/** How the screen is to look: the language, the characters and the colours that this terminal and its owner allow. */
import type { Language } from '../protocol/model.ts';

/** What a person asked for: `--color`, or nothing. The theme knows 16 colours; `256` and `true` get the same 16. */
export type ColorWish = 'never' | '16' | '256' | 'true' | null;

export type Look = {
  language: Language;
  /** No character above 0x7e is written; those of messages are escaped (T17). */
  ascii: boolean;
  /** False: bold, reverse and dim only (T13). */
  color: boolean;
  /** For screen readers: no rules, no bars, no sparklines (T19). */
  plain: boolean;
  zone: 'local' | 'utc';
};

export type LookOptions = {
  ascii: boolean;
  color: ColorWish;
  screenReader: boolean;
  language: Language;
  env: Record<string, string | undefined>;
};

/** Terminals that have no colours at all. */
const COLOURLESS = /^(vt\d+|ansi-m|xterm-mono|dumb)$/;

/** Decides from the options and the environment: an option wins over NO_COLOR, NO_COLOR over the terminal (no-color.org). */
export function lookOf({ ascii, color, screenReader, language, env }: LookOptions): Look {
  return {
    language,
    ascii: ascii || needsAscii(env),
    color: wantsColor(color, env),
    plain: screenReader || isSet(env['INK_SCREEN_READER']) || isSet(env['ACCESSIBLE']),
    zone: 'local',
  };
}

/** The terminal cannot be drawn on: no cursor movement (T08). */
export function cannotDraw(env: Record<string, string | undefined>): boolean {
  return env['TERM'] === 'dumb';
}

function wantsColor(wish: ColorWish, env: Record<string, string | undefined>): boolean {
  if (wish !== null) return wish !== 'never';
  if (isSet(env['NO_COLOR'])) return false;
  return !COLOURLESS.test(env['TERM'] ?? 'dumb');
}

// LC_ALL, LC_CTYPE and LANG, in the order of POSIX: the first that is set decides what the terminal can show.
function needsAscii(env: Record<string, string | undefined>): boolean {
  if (env['TERM'] === 'linux') return true;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const charset = /\.([^@]+)/.exec(locale)?.[1];
  return locale === 'C' || locale === 'POSIX' || (charset !== undefined && !/^utf-?8$/i.test(charset));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/** What a command knows of the world: `main.ts` hands it in, so that nothing here reads the process. */
import type { ReadStream, WriteStream } from 'node:tty';
import type { Language } from '../protocol/model.ts';
import { safe } from '../protocol/safe.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface World {
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  /** From now on it is no reason to end that nobody reads the output any more: mail goes on. */
  outliveReaders(): void;
  /** Ctrl-C is heard instead of ending the program, once, until it is disposed. */
  onInterrupt(heard: () => void): Disposable;
  /** Of the user, for the default home and for the audit trail. */
  readonly user: { readonly name: string; readonly uid: number; readonly home: string };
}

/** The options that every command takes. */
export interface Globals {
  home?: string;
  gateway?: string;
  json?: boolean;
  lang?: Language;
}

/** Whether a person sits there: a terminal on both sides that can move its cursor (T08). */
export function hasTerminal({ stdin, stdout, env }: World): boolean {
  return stdin.isTTY && stdout.isTTY && env['TERM'] !== 'dumb';
}

/** One line of text, safe for a terminal whatever is in it. */
export function say(world: World, line: string): void {
  world.stdout.write(`${safe(line)}\n`);
}

/** One JSON document on a line of its own. */
export function sayJson(world: World, value: unknown): void {
  world.stdout.write(`${jsonOf(value)}\n`);
}

/** The value as JSON on one line: what JSON leaves of C1 and format characters is escaped, too, for it may go to a terminal. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** A remark for the person, apart from the output. */
export function remark(world: World, line: string): void {
  world.stderr.write(`mailgate: ${line.split('\n').map(safe).join('\n')}\n`);
}

/** Red on a terminal that shows colours, where the person has not said no (https://no-color.org). */
export function red({ stdout, env }: World, text: string): string {
  const plain = !stdout.isTTY || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return plain ? text : `\x1b[31m${text}\x1b[39m`;
}

/** `--lang`, else what the environment says; undefined where it says neither. */
export function languageWished({ env }: World, { lang }: Globals): Language | undefined {
  if (lang !== undefined) return lang;

  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return locale.toLowerCase().startsWith('fr') ? 'fr' : undefined;
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

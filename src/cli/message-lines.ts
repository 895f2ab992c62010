/** A message and the tries to hand it on, as lines: for `queue show`, `mailbox top` and `quarantine show`. */
import { formatDate } from '../protocol/lines.ts';
import type { Attempt, Language } from '../protocol/model.ts';
import type { Texts } from './texts.ts';

/** Its header, an empty line, and its text. */
export function messageLines({ headers, text }: { headers: [string, string][]; text: string }): string[] {
  return [
    ...headers.map(([name, value]) => `  ${name}: ${value}`),
    '',
    ...text.split(/\r?\n/).map((line) => `  ${line}`),
  ].map(untabbed);
}

/** Every try with its dialogue (G02), the newest first, an empty line before each. */
export function attemptLines(attempts: readonly Attempt[], language: Language, { attempt: title }: Texts): string[] {
  return attempts
    .toReversed()
    .flatMap(({ at, ms, relay, result, transcript }, n) => [
      '',
      `${title(attempts.length - n, formatDate(at, language), (ms / 1_000).toFixed(1))}   ${relay}   ${result}`,
      ...transcript.map((line) => `  ${line}`),
    ])
    .map(untabbed);
}

/** In the text of a mail a tab is a blank. */
const untabbed = (line: string): string => line.replaceAll('\t', '  ');

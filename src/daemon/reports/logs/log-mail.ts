/**
 * A session log as a mail that stays readable (S39). Outlook takes line breaks out of plain text that it holds to be superfluous,
 * though not behind a tabulator, and a `<pre>` it leaves alone: the mail has both, and whoever reads either sees one line a line.
 * Pure.
 */
import type { Language } from '../../../protocol/model.ts';
import type { Excerpt } from './excerpt.ts';
import { words } from '../words.ts';

export interface LogText {
  text: string;
  html: string;
}

/** `where` the lines are that the mail leaves out: a file, or a command. */
export function logText(excerpt: Excerpt, where: string, language: Language): LogText {
  const lines =
    excerpt.leftOut === 0
      ? excerpt.lines
      : [...excerpt.lines, words[language].leftOutOfMail(excerpt.leftOut, where), ...excerpt.end];
  return {
    text: lines.map((line) => `${line}\t\r\n`).join(''),
    html: `<!doctype html>\r\n<html lang="${language}"><body><pre>\r\n${lines.map(escaped).join('\r\n')}\r\n</pre></body></html>\r\n`,
  };
}

function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** S35's subject: the outcome in front, for a list that shows only the beginning. */
export function logSubject(
  row: { session: number; messages: number; errors: number },
  outside: number,
  language: Language,
): string {
  const say = words[language];
  const { session, messages, errors } = row;
  return `[MailGate] ${say.logSubject(session, messages, errors)}${outside === 0 ? '' : say.outside(outside)}`;
}

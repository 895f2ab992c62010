/** The question about a renumbered mailbox (I06): what was seen, what each answer means, and which word gives it. */
import { answers } from '../store/answer.ts';
import type { Prompt, Shown } from '../store/model.ts';
import { accountsTexts } from '../text/accounts.ts';
import { rule } from './header.ts';
import { blank, cell, fill, type Row, span } from './row.ts';
import { cells, remote, wrap } from './width.ts';

type AnswerPrompt = Extract<Prompt, { is: 'answer' }>;

const INDENT = '   ';

/** Rows that lie over the lower end of the page: the richest drawing that fits its `height`. */
export function answerRows(shown: Shown, prompt: AnswerPrompt, height: number): Row[] {
  const { look, size } = shown;
  const own = accountsTexts[look.language].answer;
  const { account, known, gone, fresh, typed } = prompt;
  const name = remote(account, look);
  const width = Math.max(8, size.columns - 4);
  const row = (text: string, tone: 'plain' | 'strong' | 'warn' = 'plain'): Row[] =>
    wrap(text, width).map((line) => fill([span(INDENT), span(line, tone)], size.columns));
  const field = [
    ...row(own.type, 'warn').slice(0, -1),
    fill(
      [span(INDENT), span(wrap(own.type, width).at(-1) ?? '', 'warn'), span(`   ${typed}_`, 'strong')],
      size.columns,
    ),
  ];
  const label = Math.max(...answers.map(cells));
  const meaning = (means: Record<(typeof answers)[number], string>): Row[] =>
    answers.flatMap((answer) =>
      wrap(means[answer], Math.max(8, width - label - 2)).map((line, index) =>
        fill([span(INDENT), cell(index === 0 ? answer : '', label, 'strong'), span('  '), span(line)], size.columns),
      ),
    );
  const question = [...row(own.title(name), 'strong'), ...row(own.what(known, gone, fresh))];
  const short = fill([span(INDENT), span(own.short(name, gone, fresh), 'strong')], size.columns);
  const drawings = [
    [rule(shown), ...question, ...meaning(own.means), ...field, blank(size.columns)],
    [rule(shown), ...question, ...meaning(own.means), ...field],
    [rule(shown), short, ...meaning(own.meansShortly), ...field],
    [short, ...meaning(own.meansShortly), ...field],
  ];
  return drawings.find((rows) => rows.length <= height) ?? [short, ...field].slice(-height);
}

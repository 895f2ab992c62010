/** The question before queued mail is changed: object, effect, whether it can be undone, and how to say yes (T27). */
import type { Prompt, Shown } from '../store/model.ts';
import { texts } from '../text/texts.ts';
import { size } from './format.ts';
import { rule } from './header.ts';
import { blank, fill, type Row, span } from './row.ts';
import { cells, cut, remote, wrap } from './width.ts';

type Confirm = Extract<Prompt, { is: 'confirm' }>;

/** Rows that lie over the lower end of the page. */
export function confirmRows(shown: Shown, prompt: Confirm): Row[] {
  const { look, size: screen } = shown;
  const say = texts[look.language];
  const { action, ids, bytes, recipients, subject, typed } = prompt;
  const width = screen.columns - 4;
  const many = ids.length > 1;
  const written = size(bytes, look.language);
  const what = many
    ? say.whatMessages(ids.length, written, recipients)
    : say.whatMessage(remote(ids[0] ?? '', look), written, cut(remote(subject, look), Math.max(8, width - 30)));
  const question = say.ask(action, what);
  const effect = say.effect(action, ids.length);
  const lines =
    cells(question) + cells(effect) + 3 <= width
      ? [[span(question, 'strong'), span(`   ${effect}`)]]
      : [
          ...wrap(question, width).map((line) => [span(line, 'strong')]),
          ...wrap(effect, width).map((line) => [span(line)]),
        ];
  const answer = many ? say.typeCount(ids.length) : say.pressYes;
  const field = many ? [span(`   ${typed}`, 'strong'), span('_', 'strong')] : [];
  return [
    rule(shown),
    ...lines.map((line) => fill([span('   '), ...line], screen.columns)),
    fill([span('   '), span(answer, 'warn'), ...field], screen.columns),
    blank(screen.columns),
  ];
}

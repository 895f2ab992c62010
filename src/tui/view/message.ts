/** A queued message, opened: envelope, the state of each recipient, headers, the first text, and every attempt with its dialogue, newest first. */
import type { QueueDetail } from '../../protocol/commands.ts';
import type { Attempt, QueuedMessage } from '../../protocol/model.ts';
import { pageRows, textRows } from '../layout.ts';
import type { Look } from '../look.ts';
import type { Shown } from '../store/model.ts';
import type { Text } from '../text/text.ts';
import { texts } from '../text/texts.ts';
import { clockTime, dateTime, exactTime, size, UNKNOWN } from './format.ts';
import { filledUp, cell, fill, type Row, span, type Tone } from './row.ts';
import { cells, remote, wrap } from './width.ts';

/** Headers that say what a message is; the others are in the exported file. */
const shownHeaders = [
  'date',
  'from',
  'to',
  'cc',
  'subject',
  'message-id',
  'x-priority',
  'importance',
  'auto-submitted',
];

const recipientTones: Record<QueuedMessage['recipients'][number]['state'], Tone> = {
  waiting: 'plain',
  sent: 'good',
  deferred: 'warn',
  failed: 'wrong',
};

export function messagePage(shown: Shown): Row[] {
  const { ui, size: screen } = shown;
  const rows = messageRows(shown);
  const height = textRows(screen);
  const top = Math.max(0, Math.min(ui.message?.top ?? 0, rows.length - height));
  return filledUp([title(shown), ...rows.slice(top, top + height)], pageRows(screen), screen.columns);
}

/** All rows of the message under its title; scrolling shows a part of them. */
export function messageRows(shown: Shown): Row[] {
  const { world, look, size: screen } = shown;
  const say = texts[look.language];
  const opened = world.opened?.id === shown.ui.message?.id ? world.opened : null;
  if (opened === null || opened.is === 'loading') return [fill([span(`   ${say.loading}`, 'dim')], screen.columns)];
  if (opened.is === 'gone') {
    const why = opened.why === null ? say.leftQueue : remote(opened.why, look);
    return [fill([span(`   ${why}`, 'warn')], screen.columns)];
  }
  const { detail } = opened;
  return [
    ...envelope(shown, detail, say),
    ...headers(shown, detail),
    ...text(shown, detail, say),
    ...attempts(shown, detail.attempts, say),
  ].map((row) => fill(row, screen.columns));
}

function title({ world, ui, look, size: screen }: Shown): Row {
  const say = texts[look.language];
  const id = ui.message?.id ?? '';
  const start = span(` ${remote(id, look)}`, 'strong');
  if (world.opened?.is !== 'shown' || world.opened.id !== id) return fill([start], screen.columns);
  const { subject, bytes, queuedAt, state, priority } = world.opened.detail;
  const urgent = priority === 'normal' ? '' : `   ! ${priority}`;
  return fill(
    [
      start,
      span(`   ${say.states[state]}`, 'strong'),
      span(`   ${size(bytes, look.language)}${urgent}   ${say.queuedAt(dateTime(queuedAt, look))}`),
      span(`   ${remote(subject, look)}`, 'dim'),
    ],
    screen.columns,
  );
}

function envelope({ look, size: screen, now }: Shown, detail: QueueDetail, say: Text): Row[] {
  const label = Math.max(cells(say.from), cells(say.to));
  const sender = detail.sender === '' ? say.nullSender : `<${remote(detail.sender, look)}>`;
  const relay = detail.relay === '' ? '' : `   ${say.via} ${remote(detail.relay, look)}`;
  const at = detail.nextAttemptAt;
  const next = at === null ? '' : `   ${say.nextAttempt(clockTime(at, now, look))}`;
  const addresses = detail.recipients.map(({ address }) => cells(remote(address, look)) + 2);
  const width = Math.min(Math.floor(screen.columns / 2), Math.max(10, ...addresses));
  const states = Math.max(...Object.values(say.recipientStates).map(cells));
  return [
    [span(' '), cell(say.from, label, 'dim'), span(` ${sender}`), span(relay, 'dim'), span(next)],
    ...detail.recipients.map(
      ({ address, state, reply }, index): Row => [
        span(' '),
        cell(index === 0 ? say.to : '', label, 'dim'),
        span(' '),
        cell(`<${remote(address, look)}>`, width),
        span('  '),
        cell(say.recipientStates[state], states, recipientTones[state]),
        span(`  ${reply === null ? '' : remote(reply, look)}`),
      ],
    ),
  ];
}

function headers({ look, size: screen }: Shown, detail: QueueDetail): Row[] {
  const chosen = detail.headers.filter(([name]) => shownHeaders.includes(name.toLowerCase()));
  if (chosen.length === 0) return [];
  return [
    [],
    ...chosen.map(([name, value]): Row => {
      const shownName = `${remote(name, look)}: `;
      return fill(
        [span(` ${shownName}`, 'dim'), span(remote(value.replaceAll(/\s+/g, ' ').trim(), look))],
        screen.columns,
      );
    }),
  ];
}

/** The first text, a row a line, long lines wrapped. */
function text({ look, size: screen }: Shown, detail: QueueDetail, say: Text): Row[] {
  const lines = detail.text.trimEnd().split(/\r\n|\r|\n/);
  if (lines.length === 1 && lines[0] === '') return [[], [span(`   ${say.noBody}`, 'dim')]];
  return [[], ...lines.flatMap((line) => indented(expanded(line), screen.columns, look))];
}

function attempts({ look, now, size: screen }: Shown, list: readonly Attempt[], say: Text): Row[] {
  if (list.length === 0) return [[], [span(`   ${say.noAttempt}`, 'dim')]];
  const numbered = list.map((attempt, index) => ({ attempt, number: index + 1 }));
  const newestFirst = numbered.toSorted((one, other) => Date.parse(other.attempt.at) - Date.parse(one.attempt.at));
  return newestFirst.flatMap(({ attempt, number }) => {
    const seconds = decimal(attempt.ms / 1_000, look);
    const day = clockTime(attempt.at, now, look);
    const time = day.length > 5 ? day : exactTime(attempt.at, look);
    return [
      [],
      [
        span(` ${say.attempt(number)}`, 'strong'),
        span(`   ${time}   ${say.took(seconds)}   ${remote(attempt.relay, look)}`, 'dim'),
        span(`   ${remote(attempt.result, look)}`),
      ],
      ...attempt.transcript.flatMap((line) => indented(arrowed(line), screen.columns, look)),
    ];
  });
}

/** `< 220 …` came from the relay, `> EHLO …` went there. */
function arrowed(line: string): string {
  if (line.startsWith('< ')) return `←${line.slice(1)}`;
  return line.startsWith('> ') ? `→${line.slice(1)}` : line;
}

function indented(line: string, columns: number, look: Look): Row[] {
  const arrow = /^[←→]/.exec(line)?.[0] ?? '';
  const shown = arrow + remote(line.slice(arrow.length), look);
  return wrap(shown, Math.max(1, columns - 4)).map((piece) => [span(`   ${piece}`)]);
}

const expanded = (line: string): string => line.replaceAll('\t', '    ');

function decimal(value: number, look: Look): string {
  if (!Number.isFinite(value) || value < 0) return UNKNOWN;
  const digits = value.toFixed(1);
  return look.language === 'fr' ? digits.replace('.', ',') : digits;
}

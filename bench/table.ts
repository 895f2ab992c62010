/** What was measured, as a Markdown table and as ratios. Pure. */
import type { Result } from './contest.ts';
import { CORES } from './meter.ts';

/** Medians, lowest and highest of the runs of each program, in the order in which they first ran. */
export function table(results: readonly Result[]): string {
  const head = [
    '| program | messages/s (lowest-highest) | last at the sink, s | all done, s | CPU ms/message | peak RSS MB | server CPU ms/message | cores busy | others, cores |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
  ];
  return [...head, ...byName(results).map(row)].join('\n');
}

/** How many times as fast MailGate was, by the time until all was done. */
export function ratios(results: readonly Result[]): string[] {
  const groups = byName(results);
  const fastest = (kind: Result['kind']) =>
    groups.filter(([first]) => first?.kind === kind).toSorted((a, b) => rate(b) - rate(a))[0];
  const against = [
    { what: 'the fastest fetcher as one process', other: fastest('alone') },
    { what: 'the fastest fetcher, one process for each account', other: fastest('side by side') },
  ];
  return groups
    .filter(([first]) => first?.kind === 'MailGate')
    .flatMap((own) => {
      const name = own[0]?.name ?? '';
      const speed = against.flatMap(({ what, other }) =>
        other === undefined
          ? []
          : [
              `${name}: ${times(own, other)} x ${what} (${other[0]?.name}); to the last message at the sink ${toLast(own, other)} x`,
            ],
      );
      const most = fastest('ceiling');
      const share =
        most === undefined
          ? []
          : [
              `${name}: ${percent(rate(own) / rate(most))} of what the POP3 server alone gives (${most[0]?.name}); ` +
                `${median(own, ({ busy }) => busy).toFixed(2)} of ${CORES} cores were busy`,
            ];
      return [...speed, ...share];
    });
}

type Runs = readonly Result[];

function byName(results: Runs): Runs[] {
  return [...Map.groupBy(results, ({ name }) => name).values()];
}

function row(runs: Runs): string {
  const [first] = runs;
  if (first === undefined) return '';
  const rates = runs.map(rateOf);
  const { messages } = first;
  const invalid = runs.filter(({ valid }) => !valid).length;
  const name = [
    first.name,
    ...(runs.length === 1 ? ['(1 run)'] : []),
    ...(invalid > 0 ? [`**INVALID: ${invalid} of ${runs.length} runs incomplete**`] : []),
  ].join(' ');
  const cells = [
    `${round(rate(runs))} (${round(Math.min(...rates))}-${round(Math.max(...rates))})`,
    median(runs, ({ lastSeconds }) => lastSeconds).toFixed(2),
    median(runs, ({ doneSeconds }) => doneSeconds).toFixed(2),
    ((median(runs, ({ cpu }) => cpu) / messages) * 1_000).toFixed(2),
    median(runs, ({ memory }) => memory).toFixed(0),
    ((median(runs, ({ serverCpu }) => serverCpu) / messages) * 1_000).toFixed(2),
    median(runs, ({ busy }) => busy).toFixed(2),
    median(runs, ({ others }) => others).toFixed(2),
  ];
  return `| ${[name, ...cells].join(' | ')} |`;
}

/** Messages a second until everything was done: delivered, deleted, and the program ended. */
const rateOf = ({ messages, doneSeconds }: Result): number => messages / doneSeconds;
const rate = (runs: Runs): number => median(runs, rateOf);
const times = (own: Runs, other: Runs): string => (rate(own) / rate(other)).toFixed(1);
const toLast = (own: Runs, other: Runs): string =>
  (median(other, ({ lastSeconds }) => lastSeconds) / median(own, ({ lastSeconds }) => lastSeconds)).toFixed(1);
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const round = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

export function median<Run>(runs: readonly Run[], of: (run: Run) => number): number {
  const sorted = runs.map(of).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

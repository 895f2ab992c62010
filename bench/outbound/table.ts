/** What was measured of several servers, as a Markdown table and as ratios. Pure. */
import { median } from '../table.ts';
import type { Result } from './contest.ts';

/** Medians, and in brackets lowest and highest, of the runs of each server. */
export function table(results: readonly Result[]): string {
  const head = [
    '| server | messages | accepted/s | delivered/s | all delivered, s | at the relay when all were accepted | CPU ms/message | peak RSS MB | cores busy | others, cores |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
  ];
  return [...head, ...byName(results).map(row)].join('\n');
}

/** How many times as many as each of the others MailGate accepted and delivered. */
export function ratios(results: readonly Result[]): string[] {
  const groups = byName(results);
  const of = (kind: Result['kind']) => groups.filter(([first]) => first?.kind === kind);
  return of('MailGate').flatMap((own) => {
    const name = nameOf(own);
    const peers = of('peer').map((other) => {
      const [takes, sends, works] = [times(own, other, accepted), times(own, other, delivered), times(other, own, cpu)];
      return `${name}: accepts ${takes} x, delivers ${sends} x what ${nameOf(other)} does, with a CPU time of 1/${works}`;
    });
    const ceilings = of('ceiling').map(
      (most) => `${name}: accepts ${((accepted(own) / accepted(most)) * 100).toFixed(0)} % of: ${nameOf(most)}`,
    );
    return [...peers, ...ceilings];
  });
}

type Runs = readonly Result[];

const byName = (results: Runs): Runs[] => [...Map.groupBy(results, ({ name }) => name).values()];
const nameOf = ([first]: Runs): string => first?.name ?? '';

function row(runs: Runs): string {
  const [first] = runs;
  if (first === undefined) return '';
  const { messages } = first;
  const invalid = runs.filter(({ valid }) => !valid).length;
  const name = [
    first.name,
    ...(runs.length === 1 ? ['(1 run)'] : []),
    ...(invalid > 0 ? [`**INVALID: ${invalid} of ${runs.length} runs incomplete**`] : []),
  ].join(' ');
  const sends = first.deliveredSeconds !== null;
  const cells = [
    String(messages),
    spread(runs, acceptedRate),
    sends ? spread(runs, deliveredRate) : '-',
    sends ? median(runs, ({ deliveredSeconds }) => deliveredSeconds ?? 0).toFixed(1) : '-',
    sends ? `${((median(runs, ({ early }) => early) / messages) * 100).toFixed(0)} %` : '-',
    cpu(runs).toFixed(2),
    median(runs, ({ memory }) => memory).toFixed(0),
    median(runs, ({ busy }) => busy).toFixed(2),
    median(runs, ({ others }) => others).toFixed(2),
  ];
  return `| ${[name, ...cells].join(' | ')} |`;
}

export const acceptedRate = ({ messages, acceptedSeconds }: Result): number => messages / acceptedSeconds;
export const deliveredRate = ({ messages, deliveredSeconds }: Result): number => messages / (deliveredSeconds ?? 0);

const accepted = (runs: Runs): number => median(runs, acceptedRate);
/** Milliseconds a message: of all that is measured here it depends least on who else uses the machine. */
const cpu = (runs: Runs): number => median(runs, (run) => (run.cpu / run.messages) * 1_000);
const delivered = (runs: Runs): number => median(runs, deliveredRate);
const times = (own: Runs, other: Runs, rate: (runs: Runs) => number): string => (rate(own) / rate(other)).toFixed(1);

function spread(runs: Runs, of: (result: Result) => number): string {
  const rates = runs.map(of);
  return `${median(runs, of).toFixed(0)} (${Math.min(...rates).toFixed(0)}-${Math.max(...rates).toFixed(0)})`;
}

/**
 * The checker: what a history tells of lost, altered and doubled mail, and of mail that was deleted too early (I01, I02, I03). Pure.
 * A second delivery is excused only by the end of a run between the two, by which the message could have been in a window.
 */
import type { Fact, History, Kind } from './history.ts';

type Told<K extends Kind> = Extract<Fact, { kind: K }> & { readonly run: number };

export interface Allowance {
  /** Second deliveries of fetched mail that the end of a run may bring about in each account (X02, X03). */
  readonly anAccount: number;
  /** Second deliveries of queued mail that it may bring about with each peer: as many as messages can be on their way (X06, X07). */
  readonly aPeer: number;
}

/** What is wrong, a sentence each, once everything has arrived; empty when nothing is. */
export function judge(history: History, allowance: Allowance): string[] {
  return [
    ...lost(history),
    ...altered(history),
    ...deletedTooEarly(history),
    ...fetchedTwice(history, allowance),
    ...sentTwice(history, allowance),
    ...reportedTwice(history),
  ];
}

/** How many deliveries were second ones, or third. */
export function doubles(history: History): number {
  return [...byMessage(history.of('delivered')).values()].reduce((sum, copies) => sum + copies.length - 1, 0);
}

function lost(history: History): string[] {
  const delivered = history.of('delivered');
  const inside = new Set(delivered.filter(({ at, about }) => at === 'inside' && about === null).map(({ id }) => id));
  const sent = new Set(delivered.filter(({ at }) => at === 'relay').map(({ name }) => name));
  const reported = new Set(delivered.map(({ about }) => about));
  const refused = new Set(history.of('to send').flatMap(({ id, refused: will }) => (will ? [id] : [])));

  return [
    ...history.of('to fetch').flatMap(({ id }) => (inside.has(id) ? [] : [`${id} was fetched, and is lost`])),
    ...history.of('queued').flatMap(({ id, name }) => {
      if (refused.has(id)) return reported.has(name) ? [] : [`${id} was refused, and nobody was told (${name})`];
      return sent.has(name) ? [] : [`${id} was acknowledged as ${name}, and is lost`];
    }),
  ];
}

function altered(history: History): string[] {
  const given = new Map([...history.of('to fetch'), ...history.of('to send')].map(({ id, digest }) => [id, digest]));
  return history
    .of('delivered')
    .filter(({ about, id, digest }) => about === null && given.get(id) !== digest)
    .map(({ id, name }) => `${id} was altered on its way (${name})`);
}

function deletedTooEarly(history: History): string[] {
  const had = new Set<string>();
  const early: string[] = [];
  for (const fact of history.facts) {
    if (fact.kind === 'acknowledged' && fact.at === 'inside') had.add(fact.id);
    if (fact.kind === 'to be deleted' && !had.has(fact.id)) early.push(`DELE of ${fact.id} came before its 250`);
  }
  return early;
}

/** Within an account one message is handed over after the other: only the last of a run may come again. */
function fetchedTwice(history: History, { anAccount }: Allowance): string[] {
  const accountOf = new Map(history.of('to fetch').map(({ id, from }) => [id, from]));
  const copies = history.of('delivered').filter(({ at, about }) => at === 'inside' && about === null);
  const lastOf = new Map(copies.map(({ id, run }) => [`${accountOf.get(id)} ${run}`, id]));

  const seconds = [...byMessage(copies).values()].flatMap(pairs);
  const wrong = seconds
    .filter(([first]) => lastOf.get(`${accountOf.get(first.id)} ${first.run}`) !== first.id)
    .map(([{ id, run }]) => `${id} came again although run ${run} had gone on to the next one`);
  return [...wrong, ...within(seconds, anAccount, ({ id }) => `account ${accountOf.get(id)}`)];
}

/** Each client that was left in doubt may have made one more message of its letter (X05). */
function sentTwice(history: History, { aPeer }: Allowance): string[] {
  const doubts = Map.groupBy(history.of('doubted'), ({ id }) => id);
  const copies = history.of('delivered').filter(({ at, about }) => at === 'relay' || about !== null);
  const names = Map.groupBy(
    copies.filter(({ about }) => about === null),
    ({ id }) => id,
  );
  const tooMany = [...names].flatMap(([id, all]) => {
    const made = new Set(all.map(({ name }) => name)).size;
    const excused = 1 + (doubts.get(id)?.length ?? 0);
    return made > excused ? [`${id} became ${made} messages, and its client was in doubt ${excused - 1} times`] : [];
  });
  return [...tooMany, ...within([...byMessage(copies).values()].flatMap(pairs), aPeer, ({ at }) => at)];
}

/** X08: the same report may come twice, as any mail may; two reports on one failure may not. */
function reportedTwice(history: History): string[] {
  const reports = history.of('delivered').filter(({ about }) => about !== null);
  return [...Map.groupBy(reports, ({ about }) => about)].flatMap(([about, copies]) => {
    const made = new Set(copies.map(({ messageId }) => messageId)).size;
    return made > 1 ? [`there are ${made} reports on ${about}`] : [];
  });
}

type Copy = Told<'delivered'>;

/** One message, whatever letter it was: two of the same letter are two messages. */
function byMessage(copies: readonly Copy[]): Map<string, Copy[]> {
  return Map.groupBy(copies, ({ at, id, name, about, messageId }) =>
    [at, id, name, about === null ? '' : messageId].join(' '),
  );
}

/** Each delivery with the one that came again after it. */
function pairs(copies: readonly Copy[]): [Copy, Copy][] {
  return copies.slice(1).map((second, n) => [copies[n] as Copy, second]);
}

function within(seconds: [Copy, Copy][], allowed: number, where: (copy: Copy) => string): string[] {
  const inOneRun = seconds.filter(([first, second]) => first.run === second.run);
  const groups = Map.groupBy(seconds, ([first]) => `at the end of run ${first.run}, ${where(first)}`);
  return [
    ...inOneRun.map(([{ id, run, at }]) => `${id} came to ${at} twice in run ${run}`),
    ...[...groups].flatMap(([when, { length }]) =>
      length > allowed ? [`${length} messages came again ${when}: no more than ${allowed} may`] : [],
    ),
  ];
}

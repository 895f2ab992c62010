/** Mail that flows both ways at once: some of it in POP3 mailboxes, some of it at clients, and some of that to nobody. */
import { until } from '../kit/until.ts';
import type { Chance } from './chance.ts';
import type { Desk } from './desk.ts';
import { type Letter, writeLetter } from './letters.ts';
import { ask } from './link.ts';
import { NOBODY } from './sink.ts';
import { type Outcome, openSubmission } from './submission.ts';
import { ABROAD, ANNA, SALES, type World } from './world.ts';

const TO_FETCH = 6; // in each account
const TO_SEND = 16;
const TO_NOBODY = 8; // every eighth is refused, and comes back as a report

/** What one round of these letters tells the peers at the least: fetched, delivered, acknowledged; queued, delivered, acknowledged. */
export const factsOf = (accounts: readonly string[]): number => accounts.length * TO_FETCH * 3 + (TO_SEND / 2) * 3;

/** Lays out the letters of one round. */
export function feed(world: World, desk: Desk, accounts: readonly string[], round: number, chance: Chance): void {
  for (const account of accounts) {
    const letters = Array.from({ length: TO_FETCH }, (_, n) =>
      writeLetter(`in-${account}-${round}-${n}`, { sender: ABROAD, to: n % 3 === 0 ? [ANNA, SALES] : [ANNA] }, chance),
    );
    world.lay(account, letters);
  }
  const letters = Array.from({ length: TO_SEND }, (_, n) => {
    const to = n % TO_NOBODY === 0 ? `gone@${NOBODY}` : ABROAD;
    return writeLetter(`out-${round}-${n}`, { sender: SALES, to: [to] }, chance);
  });
  for (const letter of letters) tellToSend(world, letter);
  desk.add(letters);
}

/** A client has this letter for the gateway. */
export function tellToSend({ history }: World, { id, digest, to }: Letter): void {
  history.tell({ kind: 'to send', id, digest, refused: to.some((address) => address.endsWith(`@${NOBODY}`)) });
}

/** What became of it there. */
export function tellOutcome({ history }: World, { id }: Letter, outcome: Outcome): void {
  if (outcome.kind === 'queued') history.tell({ kind: 'queued', id, name: outcome.name });
  if (outcome.kind === 'doubted') history.tell({ kind: 'doubted', id });
}

/** One client tries once; true when it was told 250. */
export async function handOver(world: World, letter: Letter): Promise<boolean> {
  tellToSend(world, letter);
  await using client = await openSubmission(world.port);
  if (client === null) return false;
  const outcome = await client.send(letter);
  tellOutcome(world, letter, outcome);
  return outcome.kind === 'queued';
}

/** Resolves when every client has its 250, every mailbox is empty, and nothing waits in the queue. */
export async function drained(world: World, desk?: Desk): Promise<void> {
  await desk?.empty();
  let left = '';
  const look = async () => {
    const { total } = await ask(world.home, 'queue.list', { limit: 5 });
    left = `${world.left()} messages in the mailboxes, ${total} in the queue`;
    return (total === 0 && world.left() === 0) || undefined;
  };
  await until('everything to arrive', look, { within: 90_000, otherwise: () => left });
}

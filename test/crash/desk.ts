/** The internal mail server's outgoing side: several clients that hand over letters, each again and again until it was told 250. */
import type { History } from './history.ts';
import type { Letter } from './letters.ts';
import { openSubmission, type Submission } from './submission.ts';

export interface Desk extends AsyncDisposable {
  add(letters: readonly Letter[]): void;
  /** Resolves when every letter was acknowledged. */
  empty(): Promise<void>;
}

export interface Counter {
  readonly port: number;
  readonly history: History;
  /** Resolves while a gateway runs. */
  open(): Promise<void>;
}

/** Letters that go through one connection. */
const A_CONNECTION = 5;

export function openDesk(clients: number, counter: Counter): Desk {
  const waiting: Letter[] = [];
  const over = Promise.withResolvers<void>();
  let atWork = 0;
  let closed = false;
  let changed = Promise.withResolvers<void>();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  async function client(): Promise<void> {
    while (!closed) {
      if (waiting.length === 0) {
        await changed.promise;
        continue;
      }
      atWork += 1;
      await handOver();
      atWork -= 1;
      change();
    }
  }

  /** One connection, or the attempt at one. */
  async function handOver(): Promise<void> {
    await Promise.race([counter.open(), over.promise]);
    await using submission = await openSubmission(counter.port);
    if (submission === null || closed) return;

    for (let sent = 0; sent < A_CONNECTION; sent += 1) {
      const letter = waiting.shift();
      if (letter === undefined) return;
      if (await acknowledged(letter, submission)) continue;
      waiting.unshift(letter); // the same letter, and the same Message-ID
      return;
    }
  }

  async function acknowledged(letter: Letter, submission: Submission): Promise<boolean> {
    const { id } = letter;
    const outcome = await submission.send(letter);
    if (outcome.kind === 'queued') counter.history.tell({ kind: 'queued', id, name: outcome.name });
    if (outcome.kind === 'doubted') counter.history.tell({ kind: 'doubted', id });
    return outcome.kind === 'queued';
  }

  const working = Array.from({ length: clients }, client);
  return {
    add(letters) {
      waiting.push(...letters);
      change();
    },
    async empty() {
      while (waiting.length > 0 || atWork > 0) await changed.promise;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      waiting.length = 0;
      over.resolve();
      change();
      await Promise.all(working);
    },
  };
}

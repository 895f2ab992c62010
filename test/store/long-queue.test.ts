/** A queue of a million: it starts, is listed, searched and claimed from in memory that does not grow with it. */
import { expect, test } from 'vitest';
import { run } from '../kit/process.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { fillQueue } from './generated.ts';
import { NOON } from './mail.ts';

/** MAILGATE_QUEUED makes it shorter for a quick look. */
const MESSAGES = Number(process.env['MAILGATE_QUEUED'] ?? 1_000_000);

/** Megabytes. All of the entries at once would be some two kilobytes each. */
const MAY_GROW = 320;

const SCRIPT = new URL('long-queue.ts', import.meta.url).pathname;

test(`${MESSAGES} messages behind a dead relay: start, lists, filters and claims in bounded memory (I13, G09)`, async () => {
  await using home = await scratchFolder('long');
  const relay = 'dead.example';
  await fillQueue(home.path, { messages: MESSAGES, since: NOON, relay });

  const { code, output } = await run([process.execPath, SCRIPT, home.path, relay], { within: 500_000 });
  expect(code, output).toBe(0);
  const saw = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}') as Record<string, unknown>;
  const last = `A sample message, no. ${MESSAGES - 1}`;
  expect(saw).toMatchObject({
    recovered: { requeued: 0, discarded: 0 },
    waiting: MESSAGES,
    'first page': [MESSAGES, 100],
    'last by offset': last,
    'middle by offset': `A sample message, no. ${MESSAGES / 2}`,
    'last by place': last,
    claimed: 1, // the one that goes another way, past all that wait
    next: null,
    overdue: 0,
    needle: 1,
    filtered: MESSAGES / 1_000,
    pattern: 1,
    walked: MESSAGES + 1,
  });
  expect(saw['sum']).toMatchObject({ messages: MESSAGES + 1, sending: 1 });
  expect(saw['grown']).toBeLessThan(MAY_GROW);
}, 900_000);

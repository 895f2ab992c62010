/** Opens a long queue and does with it what people and the sender do; prints what it saw, and how much memory the process had at most. */
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import type { Mark } from '../../src/daemon/store/queue-work.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { put } from './mail.ts';

const [home = '', relay = ''] = process.argv.slice(2);
const megabytes = () => Math.round(process.memoryUsage().rss / 1_048_576);
const before = megabytes();
let most = before;
const saw: Record<string, unknown> = {};
let since = performance.now();
const step = (name: string, value: unknown) => {
  most = Math.max(most, megabytes());
  saw[name] = value;
  process.stderr.write(`${name}: ${Math.round(performance.now() - since)} ms, ${megabytes()} MB\n`);
  since = performance.now();
};

await using store = await openStore(home, { clock: systemClock, log: silentLog });
const { queue } = store;
step('recovered', await queue.recover(systemClock.now()));
const { waiting } = await queue.counts();
step('waiting', waiting);
const firstPage = await queue.list({}, 0, 100);
step('first page', [firstPage.total, firstPage.entries.length]);
step('last by offset', (await queue.list({}, waiting - 1, 100)).entries[0]?.subject);
step('middle by offset', (await queue.list({}, Math.floor(waiting / 2), 1)).entries[0]?.subject);
step('last by place', (await queue.page({}, { before: null }, 1)).entries[0]?.subject);
await put(queue, { relay: 'alive.example', queuedAt: systemClock.now() });
step('claimed', (await queue.claim(systemClock.now(), 20, [60_000], { except: [relay] })).length);
step('next', await queue.nextDue([relay]));
step('overdue', (await queue.overdue('any', 0, 200)).length);
step('needle', (await queue.page({ subject: `*no. ${waiting - 1}` }, { after: null }, 5)).entries.length);
step('filtered', (await queue.list({ sender: 'sender7@*' }, 0, 10)).total);
step('sum', await queue.sum({}));
step('pattern', (await queue.page({ pattern: 'no\\. 12345$' }, { after: null }, 1)).entries.length);

let walked = 0;
for (let after: Mark | null = null, first = true; first || after !== null; first = false) {
  const page: Awaited<ReturnType<typeof queue.page>> = await queue.page({}, { after }, 1_000);
  walked += page.entries.length;
  after = page.next;
  most = Math.max(most, megabytes());
}
step('walked', walked);
process.stdout.write(`${JSON.stringify({ ...saw, grown: most - before })}\n`);

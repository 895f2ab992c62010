/** A queue that is full before anything is measured: filled through the store, in the groups that it would make of many clients. */
import { join } from 'node:path';
import type { NewEntry, Store } from '../../src/daemon/store/store.ts';
import { hours, systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';

export interface Filling {
  /** The checkout whose store writes it. */
  readonly program: string;
  readonly home: string;
  /** Messages that are added. */
  readonly messages: number;
  /** Octets of each. */
  readonly octets: number;
  readonly state: 'held' | 'deferred';
}

/** In the store at the same time. */
const AT_ONCE = 500;

/** No attempt falls into a measurement. */
const DUE_IN = hours(3);

/** Seconds that it took. */
export async function fill({ program, home, messages, octets, state }: Filling): Promise<number> {
  const began = performance.now();
  const { openStore } = (await import(join(program, 'src/daemon/store/sqlite.ts'))) as {
    openStore(home: string, tools: object): Promise<Store>;
  };
  await using store = await openStore(home, { clock: systemClock, log: silentLog });
  const body = bodyOf(octets);
  for (let n = 0; n < messages; n += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, messages - n) }, (_, at) => add(store, body, n + at, state));
    const ids = await Promise.all(group);
    if (state === 'held') continue;
    const change = { state, attempts: 1, nextAttemptAt: systemClock.now() + DUE_IN, lastReply: '451 4.7.1 later' };
    await store.queue.change(ids, ['waiting'], change);
  }
  return (performance.now() - began) / 1_000;
}

async function add({ queue }: Store, body: Buffer, n: number, state: Filling['state']): Promise<string> {
  const incoming = queue.receive();
  await incoming.write(body);
  const { id } = await incoming.commit(entry(n, state));
  return id;
}

function entry(n: number, state: Filling['state']): NewEntry {
  const recipient = {
    address: `rcpt${n % 1_000}@dest.test`,
    state: 'waiting',
    reply: null,
    notify: [],
    orcpt: null,
  } as const;
  return {
    sender: `sender${n % 100}@out.test`,
    recipients: [{ ...recipient, notify: [] }],
    subject: `Message ${n}`,
    messageId: `<${n}@bench.test>`,
    priority: 'normal',
    queuedAt: systemClock.now(),
    peer: 'bench.test [127.0.0.1]',
    dsn: { ret: null, envid: null },
    smtpUtf8: false,
    eightBit: false,
    hold: state === 'held' ? { by: 'bench', reason: 'to lie there', until: null } : null,
    reportOn: null,
  };
}

function bodyOf(octets: number): Buffer {
  const head = 'From: <sender@out.test>\r\nTo: <rcpt@dest.test>\r\nSubject: one of many\r\n\r\n';
  const line = `${'x'.repeat(70)}\r\n`;
  return Buffer.from(head + line.repeat(Math.max(1, Math.ceil((octets - head.length) / line.length))));
}

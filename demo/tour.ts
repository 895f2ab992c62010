/** The demo without a terminal: one download session, one outgoing transfer, every line of the log; then each server is looked into. */
import { linesOf } from '../src/protocol/lines.ts';
import { type Client, createClient } from '../src/protocol/client.ts';
import { type GatewayEvent, topicOf } from '../src/protocol/events.ts';
import type { Language } from '../src/protocol/model.ts';
import { expectedInside, mailboxes, outgoing } from './samples.ts';
import type { ReceivedMail } from './smtp-sink.ts';
import type { DemoWorld } from './world.ts';

/** Milliseconds. */
const EVERYTHING_WITHIN = 60_000;

/** What did not turn out as expected; empty: all is well. */
export async function tour(
  world: DemoWorld,
  print: (event: GatewayEvent, lines: string[]) => void,
  language: Language,
  stop: AbortSignal,
): Promise<string[]> {
  const watch = watchEvents(world.socket, (event) => {
    if (topicOf(event.type) !== 'audit') print(event, linesOf(event, language));
  });
  try {
    await unless(stop, watch.live);
    const triggered = watch.client.call('trigger', { wait: true }, { timeout: EVERYTHING_WITHIN });
    const session = await unless(stop, triggered);
    await unless(stop, world.send(outgoing.sent));
    await unless(stop, world.send(outgoing.refused));
    // The one that is sent, the one that comes back, and the report on it.
    await watch.heard((events) => events.filter(({ type }) => type === 'queue.removed').length === 3, stop);
    await watch.heard((events) => events.at(-1)?.type === 'transfer.closed', stop);
    return [
      ...problemsInside(world),
      ...problemsAtRelay(world),
      ...problemsLeft(world),
      ...(session.report ? [] : ['The session gave no report.']),
    ];
  } finally {
    watch.client.close();
  }
}

/** What it answers, unless `stop` comes first or has come already: then it rejects. */
async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {}); // when `stop` was first, nobody waits for it any more
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const end = () => reject(new Error('stopped'));
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([stopped, work]);
  } finally {
    stop.removeEventListener('abort', end);
  }
}

interface Watch {
  client: Client;
  live: Promise<void>;
  /** Resolves once `is` holds of all events so far. */
  heard(is: (events: GatewayEvent[]) => boolean, stop: AbortSignal): Promise<void>;
}

function watchEvents(socket: string, told: (event: GatewayEvent) => void): Watch {
  const past: GatewayEvent[] = [];
  const waiting = new Set<() => void>();
  const { promise: live, resolve, reject } = Promise.withResolvers<void>();
  const client = createClient(
    { socket },
    {
      state(state) {
        if (state.kind === 'live') resolve();
        if (state.kind === 'lost') reject(new Error(state.reason));
      },
      snapshot() {},
      events(events) {
        for (const event of events) told(event);
        past.push(...events);
        for (const look of waiting) look();
      },
    },
    { reconnect: false, subscribe: { since: 0 }, user: 'demo' },
  );

  function heard(is: (events: GatewayEvent[]) => boolean, stop: AbortSignal): Promise<void> {
    const { promise: arrived, resolve: come, reject: failed } = Promise.withResolvers<void>();
    const look = () => {
      if (is(past)) come();
    };
    const late = setTimeout(
      () => failed(new Error('The demo took too long: see the last line above.')),
      EVERYTHING_WITHIN,
    );
    waiting.add(look);
    look();
    return unless(stop, arrived).finally(() => {
      clearTimeout(late);
      waiting.delete(look);
    });
  }

  return { client, live, heard };
}

/** The internal server has each routed message once, octet for octet, for the right people, and the report on the refused one. */
function problemsInside({ inside }: DemoWorld): string[] {
  const problems: string[] = [];
  const rest = [...inside.received];
  for (const { kind, bytes, recipients } of expectedInside) {
    const at = rest.findIndex((mail) => mail.bytes.equals(bytes) && sameSet(mail.recipients, recipients));
    if (at < 0) problems.push(`The internal server lacks the ${kind} message for ${recipients.join(', ')}.`);
    else rest.splice(at, 1);
  }
  const reports = rest.filter((mail) => isReport(mail, outgoing.refused.from, outgoing.refused.to));
  if (reports.length !== 1)
    problems.push(`The internal server has ${reports.length} reports on the refused message, not one.`);
  const notices = rest.filter((mail) => !reports.includes(mail) && isNotice(mail));
  if (notices.length !== 1)
    problems.push(`The internal server has ${notices.length} notices on the message that is too large, not one.`);
  const others = rest.length - reports.length - notices.length;
  if (others > 0) problems.push(`The internal server has ${others} messages that nobody expected.`);
  return problems;
}

/** S65: its recipient is told of the message that stays on the POP3 server. */
function isNotice({ sender, bytes }: ReceivedMail): boolean {
  return sender === '' && /^Auto-Submitted: auto-/im.test(bytes.toString('latin1'));
}

function isReport({ sender, recipients, bytes }: ReceivedMail, to: string, about: string): boolean {
  const text = bytes.toString('latin1');
  return (
    sender === '' && sameSet(recipients, [to]) && text.includes('report-type=delivery-status') && text.includes(about)
  );
}

function problemsAtRelay({ relay }: DemoWorld): string[] {
  const [mail, ...others] = relay.received;
  const { from, to } = outgoing.sent;
  if (mail && others.length === 0 && mail.sender === from && sameSet(mail.recipients, [to])) return [];
  return [`The relay has ${relay.received.length} messages, not just the one from ${from} to ${to}.`];
}

/** Only what is too large or has no recipient may lie on the POP3 server. */
function problemsLeft({ pop3 }: DemoWorld): string[] {
  const expected = mailboxes.office.filter(({ kind }) => kind === 'oversize' || kind === 'unroutable').length;
  const left = pop3.messages('office').length + pop3.messages('accounting').length;
  return left === expected ? [] : [`The POP3 server still has ${left} messages, not ${expected}.`];
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().every((value, n) => value === b.toSorted()[n]);
}

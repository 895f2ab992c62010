/** A gateway in memory behind the interface that the screen asks for: it folds, keeps a ring, answers calls, goes away and comes back. */
import type { MethodName, ParamsOf, QueueDetail } from '../../../src/protocol/commands.ts';
import { CallError } from '../../../src/protocol/errors.ts';
import type { Fact, GatewayEvent } from '../../../src/protocol/events.ts';
import type { AccountDetail, QueuedMessage, Role } from '../../../src/protocol/model.ts';
import { apply, emptyState, type GatewayState } from '../../../src/protocol/state.ts';
import type { Connect, GatewayLink, GatewayListener, Patience } from '../../../src/tui/link/gateway.ts';
import { accountsOf } from './accounts.ts';
import { ago, NOON, type Told } from './facts.ts';

type Answer = (params: Record<string, unknown>) => unknown;

export type FakeGateway = {
  connect: Connect;
  /** The link is up: hello, and a snapshot. */
  goLive(role?: Role): void;
  lose(reason: string, retryAt: number | null): void;
  tell(...facts: Fact[]): void;
  /** Tells in one piece, as the link batches. */
  tellAll(told: readonly Told[]): void;
  state(): GatewayState;
  queue: QueuedMessage[];
  /** What `accounts.list` answers. */
  accounts: AccountDetail[];
  /** Replaces what a method answers; a promise makes it wait. */
  answer(method: MethodName, how: Answer): void;
  calls: { method: MethodName; params: Record<string, unknown>; patience?: Patience }[];
  retries: number;
  closed: boolean;
};

/** What a gateway reserves of numbers: after a crash it goes on behind them. */
const JUMP = 1_000_000;

export function fakeGateway(
  told: readonly Told[],
  queue: QueuedMessage[] = [],
  { crashedAfter = Number.POSITIVE_INFINITY } = {},
): FakeGateway {
  const ring: GatewayEvent[] = [];
  const lastSeq = () => ring.at(-1)?.seq ?? 0;
  let folded = emptyState;
  let listener: GatewayListener | null = null;
  const remember = (at: string, fact: Fact): GatewayEvent => {
    const event = { ...fact, seq: ring.length + 1 + (ring.length < crashedAfter ? 0 : JUMP), at };
    ring.push(event);
    folded = apply(folded, event);
    return event;
  };
  for (const { at, fact } of told) remember(at, fact);

  const answers: Partial<Record<MethodName, Answer>> = {
    'events.read': ({ since, limit = 1_000 }) => {
      const later = ring.filter((event) => (typeof since === 'string' ? event.at >= since : event.seq > Number(since)));
      const events = later.slice(0, Number(limit));
      return { events, last: lastSeq(), more: later.length > events.length };
    },
    'queue.list': ({ filter, offset = 0, limit = 100 }) => {
      const found = gateway.queue.filter((message) =>
        JSON.stringify(message).includes(typeof filter === 'string' ? filter : ''),
      );
      return { total: found.length, messages: found.slice(Number(offset), Number(offset) + Number(limit)) };
    },
    'queue.show': ({ id }) => {
      const message = gateway.queue.find((queued) => queued.id === id);
      if (message === undefined) throw new CallError('not_found', `No message ${String(id)}.`);
      return detailOf(message);
    },
    'accounts.list': () => ({ accounts: gateway.accounts }),
    'signin.cancel': () => ({ cancelled: true }),
    'renumbered.answer': ({ account, answer }) => ({ account, answer }),
    trigger: () => ({ session: 13, joined: false, report: null }),
    'queue.hold': ({ ids }) => changedOf(ids as string[]),
    'queue.release': ({ ids }) => changedOf(ids as string[]),
    'queue.retry': ({ ids }) => changedOf(ids as string[]),
    'queue.drop': ({ ids }) => changedOf(ids as string[]),
    'trace.set': ({ trace, on }) => ({ ...folded.traces[trace as 'pop3'], on }),
  };

  const link: GatewayLink = {
    async call<M extends MethodName>(method: M, params: ParamsOf<M>, patience?: Patience) {
      gateway.calls.push({ method, params, ...(patience === undefined ? {} : { patience }) });
      const answer = answers[method];
      if (answer === undefined) throw new CallError('unknown_method', `${method} is not there.`);
      return (await answer(params)) as never;
    },
    retryNow() {
      gateway.retries += 1;
    },
    close() {
      gateway.closed = true;
    },
  };

  const gateway: FakeGateway = {
    connect(heard) {
      listener = heard;
      heard.state({ kind: 'connecting' });
      return link;
    },
    goLive(role = 'admin') {
      listener?.state({ kind: 'live', hello: { role, now: new Date(NOON).toISOString() } });
      listener?.snapshot(folded, lastSeq());
    },
    lose(reason, retryAt) {
      listener?.state({ kind: 'lost', reason, retryAt });
    },
    tell(...facts) {
      listener?.events(facts.map((fact) => remember(ago(0), fact)));
    },
    tellAll(more) {
      listener?.events(more.map(({ at, fact }) => remember(at, fact)));
    },
    state: () => folded,
    queue,
    accounts: accountsOf(folded.accounts),
    answer(method, how) {
      answers[method] = how;
    },
    calls: [],
    retries: 0,
    closed: false,
  };
  return gateway;
}

const changedOf = (ids: string[]) => ({ changed: ids, skipped: [], changedTotal: ids.length, skippedTotal: 0 });

export function detailOf(message: QueuedMessage): QueueDetail {
  return {
    ...message,
    recipients: message.recipients.map((recipient) => ({ ...recipient, notify: [], orcpt: null })),
    messageId: '<20261124@pytheas.com>',
    peer: 'exch1 [192.0.2.5]',
    dsn: { ret: null, envid: null },
    ...{ smtpUtf8: false, eightBit: false, digest: 'ab'.repeat(32), reportOn: null, relayChoice: null },
    ...{ warnedAt: null, triedSeconds: 1_320 },
    headers: [
      ['Received', 'from exch1 by gw1'],
      ['From', 'Sales <sales@pytheas.com>'],
      ['To', 'somebody@somedomain.com'],
      ['Subject', message.subject],
      ['Message-ID', '<20261124@pytheas.com>'],
    ],
    text: 'Hello,\r\n\r\nplease find our offer attached; it is valid until the end of the month, as we agreed on the telephone last week.\r\n\r\nRegards\r\n',
    attempts: [
      {
        at: ago(40),
        ms: 400,
        relay: 'smtprelay.isp.com',
        result: 'deferred',
        transcript: ['< 220 smtprelay.isp.com ESMTP', '> EHLO gw1.company.com', '< 451 4.7.1 Greylisted'],
      },
      {
        at: ago(22),
        ms: 1_250,
        relay: 'smtprelay.isp.com',
        result: 'deferred',
        transcript: ['< 220 smtprelay.isp.com ESMTP', '> AUTH LOGIN XXXX', '< 451 4.7.1 Greylisted, try again later'],
      },
    ],
  };
}

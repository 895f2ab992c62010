/** A morning at a gateway, as facts: what the screens are drawn from. Times are minutes before `NOON`. */
import type { Fact, GatewayEvent } from '../../../src/protocol/events.ts';
import type { QueuedMessage } from '../../../src/protocol/model.ts';

/** Where the manual clock of the tests stands. */
export const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);

export const ago = (minutes: number): string => new Date(NOON - minutes * 60_000).toISOString();

export const HOSTILE = 'Re: \x1b]52;c;ZXZpbA==\x07\x1b[2J\u009d0;x\u009c\u202egnp.exe\r\nBcc: x';
export const FAMILY = 'Urlaub 👨‍👩‍👧‍👦 mit der Familie';

const subjects = [
  'Offer 2026-114',
  'Rechnung Nr. 4711 für März',
  '你好，世界，這是一封很長的郵件',
  HOSTILE,
  FAMILY,
  'مرحبا بالعالم',
];

const off = { on: false, account: null, peer: null, until: null, sessions: null, whole: false };
export type Told = { at: string; fact: Fact };
const at = (minutes: number, ...facts: Fact[]): Told[] => facts.map((fact) => ({ at: ago(minutes), fact }));

const start: Told[] = at(
  170,
  {
    type: 'gateway.started',
    name: 'gw1.company.com',
    version: '0.1.0',
    pid: 4_711,
    home: '/srv/mailgate',
    language: 'en',
  },
  {
    type: 'accounts.configured',
    accounts: ['sales', 'info', 'support', 'compta'].map((name) => ({ name, enabled: true })),
  },
  { type: 'trace.switched', trace: 'pop3', by: 'configuration', ...off, file: '/srv/mailgate/PmgPOP3Trace.txt' },
  {
    type: 'trace.switched',
    trace: 'smtp-in',
    by: 'configuration',
    ...off,
    file: '/srv/mailgate/PmgInboundSMTPTrace.txt',
  },
  {
    type: 'trace.switched',
    trace: 'smtp-out',
    by: 'configuration',
    ...off,
    file: '/srv/mailgate/PmgOutboundSMTPTrace2.txt',
  },
  { type: 'listener.opened', folder: '/srv/mailgate/Outgoing', address: '127.0.0.1', port: 2_500 },
  { type: 'gateway.ready' },
);

const refused = 'Login refused: -ERR [AUTH] invalid password';

function download(session: number, account: string, minutes: number, messages: number): Told[] {
  const inBox = { session, account };
  const opening = at(
    minutes,
    { type: 'mailbox.connecting', ...inBox, host: 'pop.isp.com' },
    { type: 'mailbox.connected', ...inBox, host: 'pop.isp.com', login: true, messages, bytes: 3_250_000 },
    { type: 'mailbox.planned', ...inBox, fetch: messages, bytes: 3_250_000 },
  );
  const moved = Array.from({ length: messages }, (_, index) => {
    const message = { ...inBox, number: index + 1, uidl: `${account}-${session}-${index}`, bytes: 7_600 + index * 900 };
    const subject = subjects[index % subjects.length] ?? '';
    return at(
      minutes,
      { type: 'message.fetched', ...message, from: 'a@b.com', subject },
      {
        type: 'message.delivered',
        ...message,
        recipients: [{ address: `${account}@company.com`, reply: '250 2.6.0 Queued mail for delivery' }],
        final: true,
      },
    );
  });
  return [...opening, ...moved.flat()];
}

/** A session that has ended: sales and info fetched, support refused, compta empty. */
export function endedSession(session: number, minutes: number): Told[] {
  return [
    ...at(minutes, {
      type: 'session.started',
      session,
      accounts: ['sales', 'info', 'support', 'compta'],
      trigger: 'schedule',
    }),
    ...download(session, 'sales', minutes, 6),
    ...at(minutes, {
      type: 'mailbox.finished',
      session,
      account: 'sales',
      messages: 6,
      left: 0,
      errors: 0,
      oversize: 0,
      stuck: 0,
    }),
    ...download(session, 'info', minutes, 2),
    ...at(
      minutes,
      { type: 'mailbox.finished', session, account: 'info', messages: 2, left: 0, errors: 0, oversize: 0, stuck: 0 },
      {
        type: 'mailbox.failed',
        session,
        account: 'support',
        host: 'pop.isp.com',
        reason: refused,
        locked: true,
        cause: 'mailbox',
      },
      { type: 'mailbox.finished', session, account: 'compta', messages: 0, left: 0, errors: 0, oversize: 0, stuck: 0 },
      { type: 'session.finished', session, messages: 8, bytes: 70_000, errors: 1 },
      { type: 'session.scheduled', nextAt: ago(minutes - 10) },
    ),
  ];
}

/** A session that is under way: support refused, sales half done, compta not begun. */
const runningSession: Told[] = [
  ...at(0.25, {
    type: 'session.started',
    session: 12,
    accounts: ['sales', 'info', 'support', 'compta'],
    trigger: 'operator',
  }),
  ...download(12, 'info', 0.2, 2),
  ...at(
    0.2,
    { type: 'mailbox.finished', session: 12, account: 'info', messages: 2, left: 4, errors: 0, oversize: 3, stuck: 1 },
    { type: 'account.noted', account: 'compta', note: 'token dies in 6 days' },
  ),
  ...at(0.2, {
    type: 'mailbox.failed',
    session: 12,
    account: 'support',
    host: 'pop.isp.com',
    reason: refused,
    locked: true,
    cause: 'mailbox',
  }),
  ...at(
    0.15,
    { type: 'mailbox.connecting', session: 12, account: 'sales', host: 'pop.isp.com' },
    {
      type: 'mailbox.connected',
      session: 12,
      account: 'sales',
      host: 'pop.isp.com',
      login: true,
      messages: 52,
      bytes: 3_250_000,
    },
    { type: 'mailbox.planned', session: 12, account: 'sales', fetch: 52, bytes: 3_250_000 },
  ),
  ...download(12, 'sales', 0.1, 31).slice(3),
];

const alerts: Told[] = [
  ...at(178, {
    type: 'alert.raised',
    key: 'queue:oldest',
    message: 'Oldest message waits 3 h: smtprelay.isp.com says 451 4.7.1 Greylisted',
    about: 'queue',
  }),
  ...at(19, {
    type: 'alert.raised',
    key: 'account:support',
    message: 'Login refused three times. Has the password changed?',
    about: 'support',
  }),
];

const transfers: Told[] = [
  ...at(
    6,
    { type: 'queue.connected', connection: 1, peer: 'exch1 [192.168.1.5]', esmtp: true },
    {
      type: 'queue.accepted',
      connection: 1,
      id: 'Pmg1F7B',
      sender: 'webmaster@pytheas.com',
      size: 3_798,
      priority: 'high',
      recipients: ['somebody@somedomain.com'],
      subject: 'A sample message',
      bytes: 3_798,
    },
    { type: 'queue.disconnected', connection: 1, peer: 'exch1 [192.168.1.5]', messages: 1 },
  ),
  ...at(
    5,
    {
      type: 'transfer.connected',
      relay: 'smtprelay.isp.com',
      login: true,
      esmtp: true,
      maxSize: 21_000_000,
      dsn: true,
    },
    {
      type: 'transfer.started',
      id: 'Pmg1F7A',
      relay: 'smtprelay.isp.com',
      sender: 'sales@pytheas.com',
      bytes: 7_600,
      queuedAt: ago(7),
      recipients: ['webmaster@pytheas.com'],
      subject: 'This is an outgoing message',
    },
    {
      type: 'transfer.sent',
      id: 'Pmg1F7A',
      relay: 'smtprelay.isp.com',
      bytes: 7_600,
      recipients: [{ address: 'webmaster@pytheas.com', reply: '250 2.0.0 Ok' }],
      final: true,
    },
    { type: 'queue.removed', id: 'Pmg1F7A', result: 'sent' },
    {
      type: 'transfer.deferred',
      id: 'Pmg1F7B',
      relay: 'smtprelay.isp.com',
      recipients: ['somebody@somedomain.com'],
      reason: '451 4.7.1 Greylisted, try again later',
      nextAttemptAt: ago(-16),
    },
    { type: 'transfer.closed', relay: 'smtprelay.isp.com' },
  ),
  ...at(1, {
    type: 'transfer.started',
    id: 'Pmg1F80',
    relay: 'partner.example:587',
    sender: 'info@pytheas.com',
    bytes: 1_250_000,
    queuedAt: ago(3),
    recipients: ['list@else.org'],
    subject: HOSTILE,
  }),
];

const traced: Told[] = at(
  2,
  {
    type: 'trace.switched',
    trace: 'pop3',
    by: 'anna',
    ...off,
    on: true,
    account: 'support',
    until: ago(-4),
    file: '/srv/mailgate/PmgPOP3Trace.txt',
  },
  { type: 'trace.line', trace: 'pop3', scope: 'support', direction: '<', line: '+OK POP3 server ready' },
  { type: 'trace.line', trace: 'pop3', scope: 'support', direction: '>', line: 'USER support@company.com' },
  { type: 'trace.line', trace: 'pop3', scope: 'support', direction: '>', line: 'PASS XXXX' },
  { type: 'trace.line', trace: 'pop3', scope: 'support', direction: '<', line: '-ERR [AUTH] invalid password' },
);

/** The queue of the morning; `queue.list` of the fake gateway answers from it. */
export function queueOf(length: number): QueuedMessage[] {
  return Array.from({ length }, (_, index): QueuedMessage => {
    const state = index === 5 ? 'sending' : index % 7 === 1 ? 'held' : index % 5 === 0 ? 'deferred' : 'waiting';
    const reply = state === 'deferred' ? '451 4.7.1 Greylisted, try again later' : null;
    const others = index % 4 === 3 ? ['r1@else.org', 'r2@else.org', 'r3@else.org'] : [];
    return {
      id: `Pmg${(0x1f7b + index).toString(16).toUpperCase()}`,
      state,
      sender: index === 4 ? '' : index % 3 ? 'sales@pytheas.com' : 'info@pytheas.com',
      recipients: ['somebody@somedomain.com', ...others].map((address) => {
        return { address, state: state === 'deferred' ? 'deferred' : 'waiting', reply };
      }),
      subject: subjects[index % subjects.length] ?? '',
      bytes: 7_000 + index * 3_333,
      priority: index === 0 ? 'high' : 'normal',
      queuedAt: ago(190 - index * 10),
      attempts: reply === null ? 0 : 6,
      nextAttemptAt: reply === null ? null : ago(-16),
      lastReply: reply,
      relay: 'smtprelay.isp.com:587',
      hold: state === 'held' ? { by: 'anna', reason: 'check first', until: null } : null,
    };
  });
}

function countedQueue(queue: readonly QueuedMessage[]): Fact {
  const number = (state: QueuedMessage['state']): number => queue.filter((message) => message.state === state).length;
  return {
    type: 'queue.counted',
    waiting: number('waiting'),
    sending: number('sending'),
    deferred: number('deferred'),
    held: number('held'),
    bytes: queue.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: queue[0]?.queuedAt ?? null,
  };
}

/** The whole morning, with a session under way. */
export function morning(): Told[] {
  return [
    ...start,
    ...endedSession(10, 90),
    ...endedSession(11, 10),
    ...alerts,
    ...transfers,
    ...traced,
    { at: ago(0.3), fact: countedQueue(queueOf(14)) },
    ...runningSession,
  ];
}

/** Nothing but the start: no account has been looked at, nothing waits. */
export function firstMinute(): Told[] {
  return start.map(({ fact }) => ({ at: ago(1), fact }));
}

/** A gateway that has nothing to download. */
export function accountless(): Told[] {
  const none: Fact = { type: 'accounts.configured', accounts: [] };
  return firstMinute().map(({ at: time, fact }) => ({ at: time, fact: fact.type === none.type ? none : fact }));
}

export function stamped(told: readonly Told[], from = 1): GatewayEvent[] {
  return told.map(({ at: time, fact }, index) => ({ ...fact, seq: from + index, at: time }));
}

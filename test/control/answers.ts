/** The parts of a daemon that answer, as one fake: it remembers what it was asked and gives one sample of each answer, or a test's own. */
import type { Answered, Answers, TriedMessage } from '../../src/daemon/control/gateway.ts';
import type { ResultOf } from '../../src/protocol/commands.ts';
import type { AccountDetail, MailboxMessage, QuarantinedMessage, SessionLog } from '../../src/protocol/model.ts';

export type Replies = { [M in Answered]: () => Promise<ResultOf<M>> };

const AT = '2026-11-24T09:00:00.000Z';

export function account(change: Partial<AccountDetail> = {}): AccountDetail {
  return {
    name: 'sales',
    state: 'ok',
    lastSuccessAt: AT,
    consecutiveErrors: 0,
    lastError: null,
    left: 3,
    oversize: 1,
    stuck: 1,
    note: '',
    enabled: true,
    host: 'pop.isp.com',
    port: 995,
    security: 'tls',
    user: 'sales@pytheas.com',
    authentication: 'auto',
    comment: '',
    keepOnServer: false,
    oauth2: null,
    signIn: null,
    limit: { bytes: 10_485_760, setBy: 'mail server' },
    limits: { account: 0, mailServer: 10_485_760, configuration: 0, disk: 0 },
    tooLarge: [{ uidl: 'big', bytes: 20_971_520, from: 'a@b.c', subject: 'Plans' }],
    renumbered: null,
    nextAt: '2026-11-24T09:10:00.000Z',
    ...change,
  };
}

export function listed(change: Partial<MailboxMessage> = {}): MailboxMessage {
  return {
    number: 1,
    uidl: 'u1',
    bytes: 7_578,
    state: 'new',
    from: 'a@b.c',
    subject: 'A sample message',
    deleteAt: null,
    why: '',
    deleted: false,
    ...change,
  };
}

export function stopped(change: Partial<QuarantinedMessage> = {}): QuarantinedMessage {
  return {
    id: 'Q1F7B',
    at: AT,
    account: 'sales',
    uidl: 'u1',
    sender: 'a@b.c',
    recipients: ['sales@company.com'],
    from: 'a@b.c',
    subject: 'A sample message',
    bytes: 7_578,
    rule: 'programs',
    why: 'invoice.exe matches *.exe',
    expiresAt: '2026-12-24T09:00:00.000Z',
    ...change,
  };
}

const log: SessionLog = {
  session: 12,
  startedAt: AT,
  finishedAt: '2026-11-24T09:01:00.000Z',
  messages: 3,
  bytes: 42_189,
  errors: 1,
  file: 'Session12.log',
};
const changed = { changed: [{ number: 1, uidl: 'u1' }], skipped: [] };
const tried = { ok: true, sizeLimit: 10_485_760, dialogue: ['< 220 ready', '> EHLO gw1'], advice: '' };

export const samples: { [M in Answered]: ResultOf<M> } = {
  'accounts.list': { accounts: [account(), account({ name: 'info', left: 0, oversize: 0, stuck: 0, tooLarge: [] })] },
  'accounts.test': { ok: true, messages: 3, bytes: 42_189, why: '', dialogue: ['< +OK ready', '> USER sales'] },
  'accounts.forget-ids': { forgotten: 3 },
  'renumbered.answer': { account: 'sales', answer: 'adopt' },
  'mailbox.list': { total: 2, bytes: 7_588, messages: [listed(), listed({ number: 2, uidl: 'u2', bytes: 10 })] },
  'mailbox.top': {
    message: listed({ state: 'stuck', why: 'it broke the session twice' }),
    headers: [['Subject', 'A sample message']],
    text: 'Hello.\r\n',
    deliveredTo: ['sales@company.com'],
    attempts: [{ at: AT, ms: 400, relay: 'pop.isp.com', result: 'The connection was lost.', transcript: ['> RETR 1'] }],
  },
  'mailbox.fetch': { ...changed, later: false, session: 13, report: null },
  'mailbox.mark-fetched': changed,
  'mailbox.delete': changed,
  'mailbox.undelete': { account: 'sales' },
  'mailbox.close': { deleted: 1 },
  'mailbox.readdress': { uidl: 'u1', from: 'x@company.com', to: null },
  'route.try': {
    recipients: [{ name: 'sales', address: 'sales@company.com', why: 'To: names sales@company.com' }],
    unroutable: false,
    why: '',
    looked: ['To: sales@company.com'],
  },
  'rules.try': {
    verdict: 'intercept',
    rule: 'programs',
    action: 'quarantine',
    why: 'invoice.exe matches *.exe',
    attachments: ['invoice.exe'],
    considered: ['programs: invoice.exe matches *.exe'],
  },
  'quarantine.list': { total: 1, messages: [stopped()] },
  'quarantine.show': { ...stopped(), headers: [['Subject', 'A sample message']], text: 'Hello.\r\n' },
  'quarantine.release': { changed: ['Q1F7B'], skipped: [] },
  'quarantine.delete': { changed: ['Q1F7B'], skipped: [] },
  'logs.list': { total: 1, sessions: [log] },
  'logs.show': { session: log, total: 1, lines: ['[10:00] Session 12 started (2 accounts).'] },
  'alerts.list': {
    alerts: [{ key: 'sales', at: AT, message: 'Login refused.', about: 'sales', acknowledgedBy: null }],
  },
  'alerts.ack': { acknowledged: ['sales'] },
  'test.mail-server': tried,
  'test.relay': tried,
  'test.notice': { subject: 'Too large: Plans', text: 'It stays.\n', template: null, faults: [] },
  'test.listener': { ok: true, dialogue: ['220 PYTHEAS MailGate ESMTP server ready'], advice: '' },
  doctor: {
    steps: [{ step: 'connect', ran: 'TCP pop.isp.com:995', saw: 'connected', verdict: 'ok', advice: '' }],
    verdict: 'ok',
    summary: 'Nothing is wrong.',
  },
  'signin.start': {
    subject: 'sales',
    by: 'device',
    verificationUri: 'https://login.example/device',
    verificationUriComplete: 'https://login.example/device?code=WDJB-MJHT',
    userCode: 'WDJB-MJHT',
    expiresAt: '2026-11-24T09:15:00.000Z',
  },
  'signin.wait': { signedIn: true, user: 'sales@pytheas.com', why: '' },
  'signin.answer': { signedIn: true, user: 'sales@pytheas.com', why: '' },
  'signin.cancel': { cancelled: true },
  'signin.forget': { forgotten: true },
};

export function sampleReplies(): Replies {
  return Object.fromEntries(
    Object.entries(structuredClone(samples)).map(([method, result]) => [method, async () => result]),
  ) as unknown as Replies;
}

/** Octets come as text in what is remembered. */
export function fakeAnswers(replies: Replies, heard: (method: Answered, params: object) => void): Answers {
  const answer = (method: Answered) => async (params: { header?: Uint8Array; message?: TriedMessage }, by: string) => {
    const { header, message, ...rest } = params;
    const octets = header === undefined ? {} : { header: Buffer.from(header).toString() };
    heard(method, { ...rest, ...octets, ...(message === undefined ? {} : { message: await textOf(message) }), by });
    return await replies[method]();
  };
  return Object.fromEntries(
    (Object.keys(samples) as Answered[]).map((method) => [method, answer(method)]),
  ) as unknown as Answers;
}

async function textOf({ bytes, chunks }: TriedMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk);
  const octets = Buffer.concat(parts);
  if (octets.length !== bytes) throw new Error(`It says ${bytes} octets, and has ${octets.length}.`);
  return octets.toString();
}

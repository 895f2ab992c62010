/**
 * The methods that parts of the daemon answer: which of them only read, which change something and are recorded, and in what words.
 * Those words are for the audit trail and the log: names, numbers and counts, never a code, a dialogue or a body.
 */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { Answered, Gateway, Tries } from '../gateway.ts';
import { accountNamed } from './account.ts';
import type { Command, MethodParts, Run } from './method.ts';
import { plural, toldChange, toldNames, withReason } from './told.ts';

/** Passed on with their parameters as they came. */
type Passed = Exclude<Answered, keyof Tries | `quarantine.${'show' | 'release' | 'delete'}`>;
type PassedAnswers = { [M in Passed]: (params: ParsedParamsOf<M>, by: string) => Promise<ResultOf<M>> };

/** They look, and change nothing: not even `mailbox.list`, which opens a mailbox and leaves it as it was. */
export type AnsweredRead =
  | 'accounts.list'
  | 'mailbox.list'
  | 'mailbox.top'
  | 'quarantine.list'
  | 'logs.list'
  | 'logs.show'
  | 'alerts.list'
  | 'test.notice'
  | 'signin.wait';
/** What connects in the gateway's name to a host that a caller may choose is recorded, too: accounts.test, test.mail-server, test.relay, test.listener, doctor. */
export type AnsweredCommand = Exclude<Passed, AnsweredRead>;

export function answeredReads({ gateway }: MethodParts): { [M in AnsweredRead]: Run<M> } {
  return {
    'accounts.list': passOn(gateway, 'accounts.list'),
    'mailbox.list': passOn(gateway, 'mailbox.list'),
    'mailbox.top': passOn(gateway, 'mailbox.top', namesOne),
    'quarantine.list': passOn(gateway, 'quarantine.list'),
    'logs.list': passOn(gateway, 'logs.list'),
    'logs.show': passOn(gateway, 'logs.show'),
    'alerts.list': passOn(gateway, 'alerts.list'),
    'test.notice': passOn(gateway, 'test.notice'),
    'signin.wait': passOn(gateway, 'signin.wait'),
  };
}

export function answeredCommands({ gateway }: MethodParts): { [M in AnsweredCommand]: Command<M> } {
  return {
    ...accountCommands(gateway),
    ...mailboxCommands(gateway),
    ...trials(gateway),
    ...signInCommands(gateway),
    'alerts.ack': {
      what: ({ keys }) => toldNames(keys, undefined, 'alert'),
      run: passOn(gateway, 'alerts.ack'),
      told: ({ acknowledged }) => `${acknowledged.length} acknowledged`,
    },
  };
}

function accountCommands(gateway: Gateway): Pick<Table, 'accounts.test' | 'accounts.forget-ids' | 'renumbered.answer'> {
  return {
    'accounts.test': {
      what: ({ account }) => account,
      run: passOn(gateway, 'accounts.test'),
      told: ({ ok, messages, why }) => (ok ? `ok, ${plural(messages, 'message')}` : `failed: ${why}`),
    },
    'accounts.forget-ids': {
      what: ({ account, uidl }) => (uidl === undefined ? account : `${account}, ${uidl}`),
      run: passOn(gateway, 'accounts.forget-ids'),
      told: ({ forgotten }) => `${forgotten} forgotten`,
    },
    'renumbered.answer': {
      what: ({ account, answer }) => `${account}, ${answer}`,
      run: passOn(gateway, 'renumbered.answer'),
      told: () => 'answered',
    },
  };
}

function mailboxCommands(gateway: Gateway): Pick<Table, Extract<AnsweredCommand, `mailbox.${string}`>> {
  return {
    'mailbox.fetch': {
      what: whichMessages,
      run: passOn(gateway, 'mailbox.fetch', namesSome),
      told: (result) => withReason(toldChange(result), result.session === null ? '' : `session ${result.session}`),
    },
    'mailbox.mark-fetched': {
      what: whichMessages,
      run: passOn(gateway, 'mailbox.mark-fetched', namesSome),
      told: toldChange,
    },
    'mailbox.delete': {
      what: (params) => withReason(whichMessages(params), params.reason),
      run: passOn(gateway, 'mailbox.delete', namesSome),
      told: toldChange,
    },
    'mailbox.undelete': {
      what: ({ account }) => account,
      run: passOn(gateway, 'mailbox.undelete'),
      told: () => 'taken back',
    },
    'mailbox.close': {
      what: ({ account }) => account,
      run: passOn(gateway, 'mailbox.close'),
      told: ({ deleted }) => `${deleted} deleted`,
    },
    'mailbox.readdress': {
      what: ({ account, number, uidl, from, to, reason }) =>
        withReason(`${account}, ${uidl ?? number}: ${from} ${to === null ? 'dropped' : `to ${to}`}`, reason),
      run: passOn(gateway, 'mailbox.readdress', namesOne),
      told: () => 'readdressed',
    },
  };
}

function trials(gateway: Gateway): Pick<Table, 'doctor' | Extract<AnsweredCommand, `test.${string}`>> {
  const told = ({ ok }: { ok: boolean }) => (ok ? 'ok' : 'failed');
  return {
    'test.mail-server': {
      what: ({ host, port }) => where(host ?? 'the internal server', port),
      run: passOn(gateway, 'test.mail-server'),
      told,
    },
    'test.relay': {
      what: ({ relay, host, port }) => where(host ?? relay ?? 'the relay', port),
      run: passOn(gateway, 'test.relay'),
      told,
    },
    'test.listener': { what: () => 'the listener', run: passOn(gateway, 'test.listener'), told },
    doctor: {
      what: ({ account, number }) =>
        [account ?? 'the gateway', number === undefined ? [] : `message ${number}`].flat().join(', '),
      run: passOn(gateway, 'doctor', ({ account, number }) => {
        if (number !== undefined && account === undefined)
          throw new CallError('invalid_params', 'A message has its number in an account: name it.');
      }),
      told: ({ verdict }) => verdict,
    },
  };
}

function signInCommands(gateway: Gateway): Pick<Table, Extract<AnsweredCommand, `signin.${string}`>> {
  const what = ({ subject }: { subject: string }) => subject;
  return {
    'signin.start': { what, run: passOn(gateway, 'signin.start'), told: () => 'begun' }, // the code is the user's alone
    'signin.answer': {
      what,
      run: passOn(gateway, 'signin.answer'),
      told: ({ signedIn }) => (signedIn ? 'signed in' : 'not signed in'), // the address holds the code
    },
    'signin.cancel': {
      what,
      run: passOn(gateway, 'signin.cancel'),
      told: ({ cancelled }) => (cancelled ? 'cancelled' : 'none was waiting'),
    },
    'signin.forget': {
      what,
      run: passOn(gateway, 'signin.forget'),
      told: ({ forgotten }) => (forgotten ? 'forgotten' : 'there was none'),
    },
  };
}

type Table = { [M in AnsweredCommand]: Command<M> };

/** The part of the daemon that answers is asked; before it, whatever `check` throws, and that an account that is named exists. */
function passOn<M extends Passed>(
  gateway: Gateway,
  method: M,
  check: (params: ParsedParamsOf<M>) => void = () => {},
): Run<M> {
  const answers: PassedAnswers = gateway.answers;
  return async (params, { by }) => {
    check(params);
    if (!('account' in params) || params.account === undefined) return await answers[method](params, by);
    return await answers[method]({ ...params, account: accountNamed(gateway, params.account) }, by);
  };
}

interface Messages {
  account: string;
  numbers?: number[] | undefined;
  uidls?: string[] | undefined;
}

function namesSome({ numbers = [], uidls = [] }: Messages): void {
  if (numbers.length + uidls.length === 0)
    throw new CallError('invalid_params', 'Name the messages by "numbers" or by "uidls".');
}

function namesOne({ number, uidl }: { number?: number | undefined; uidl?: string | undefined }): void {
  if (number === undefined && uidl === undefined)
    throw new CallError('invalid_params', 'Name the message by "number" or by "uidl".');
}

const whichMessages = ({ account, numbers = [], uidls = [] }: Messages): string =>
  `${account}, ${toldNames([...numbers, ...uidls], undefined)}`;

const where = (host: string, port: number | undefined): string => (port === undefined ? host : `${host}:${port}`);

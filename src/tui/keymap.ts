/**
 * The keys, one table: it dispatches, and footer, help and `docs/keys.md` are drawn from it, so that no help is ever stale (T20).
 * What changes queued or kept mail is a capital letter and asks first; small letters and arrows look and move.
 */

/** Where a key is pressed: a page, or what lies over it. */
export const places = [
  'dashboard',
  'session',
  'outbound',
  'queue',
  'message',
  'accounts',
  'account',
  'traces',
  'help',
  'filter',
  'confirm',
  'answer',
  'signin',
] as const;
export type Place = (typeof places)[number];

export type Command =
  | 'page.dashboard'
  | 'page.session'
  | 'page.outbound'
  | 'page.queue'
  | 'page.accounts'
  | 'page.traces'
  | 'page.next'
  | 'page.previous'
  | 'move.up'
  | 'move.down'
  | 'move.pageUp'
  | 'move.pageDown'
  | 'move.first'
  | 'move.last'
  | 'session.trigger'
  | 'session.earlier'
  | 'session.later'
  | 'log.errors'
  | 'log.wrap'
  | 'alert.open'
  | 'message.open'
  | 'queue.tag'
  | 'queue.untag'
  | 'queue.hold'
  | 'queue.release'
  | 'queue.retry'
  | 'queue.drop'
  | 'account.open'
  | 'account.trigger'
  | 'account.trace'
  | 'account.signin'
  | 'account.answer'
  | 'answer.give'
  | 'signin.cancel'
  | 'signin.close'
  | 'trace.toggle'
  | 'trace.lines'
  | 'trace.list'
  | 'filter.open'
  | 'filter.keep'
  | 'filter.leave'
  | 'field.erase'
  | 'field.empty'
  | 'confirm.yes'
  | 'confirm.enter'
  | 'confirm.leave'
  | 'back'
  | 'help'
  | 'link.retry'
  | 'suspend'
  | 'quit';

export type Binding = {
  keys: readonly string[];
  on: readonly Place[];
  does: Command;
  /** Place in the footer, lowest first; the last to go on a narrow screen. Without it the key is in the help only. */
  footer?: number;
  /** Works only then, and is shown only then. */
  when?: 'lost' | 'tagged' | 'filtered' | 'alerts' | 'one' | 'several' | 'oauth2' | 'renumbered' | 'waiting' | 'over';
  /** Changes something on the gateway: not there for a viewer (T28). */
  operator?: true;
};

const lists = [
  'dashboard',
  'session',
  'outbound',
  'queue',
  'message',
  'accounts',
  'account',
  'traces',
  'help',
] as const;
const overPages = ['dashboard', 'session', 'outbound', 'queue', 'message', 'traces'] as const;
const mail = ['queue', 'message'] as const;
const ofAccount = ['accounts', 'account'] as const;
const everywhere = places;

export const keymap: readonly Binding[] = [
  { keys: ['t'], on: overPages, does: 'session.trigger', footer: 20, operator: true },
  { keys: ['enter'], on: ['dashboard'], does: 'alert.open', footer: 21, when: 'alerts' },
  { keys: ['enter'], on: ['queue'], does: 'message.open', footer: 9 },
  { keys: ['space'], on: ['queue'], does: 'queue.tag', footer: 10 },
  { keys: ['u'], on: ['queue'], does: 'queue.untag', when: 'tagged' },
  { keys: ['H'], on: mail, does: 'queue.hold', footer: 11, operator: true },
  { keys: ['L'], on: mail, does: 'queue.release', footer: 12, operator: true },
  { keys: ['R'], on: mail, does: 'queue.retry', footer: 13, operator: true },
  { keys: ['D'], on: mail, does: 'queue.drop', footer: 14, operator: true },
  { keys: ['enter'], on: ['accounts'], does: 'account.open', footer: 12 },
  { keys: ['A'], on: ofAccount, does: 'account.answer', footer: 9, operator: true, when: 'renumbered' },
  // An operator has the key, too, and hears that it takes an admin.
  { keys: ['s'], on: ofAccount, does: 'account.signin', footer: 10, operator: true, when: 'oauth2' },
  { keys: ['t'], on: ofAccount, does: 'account.trigger', footer: 11, operator: true },
  { keys: ['space'], on: ofAccount, does: 'account.trace', footer: 13, operator: true },
  { keys: ['space', 'enter'], on: ['traces'], does: 'trace.toggle', footer: 10, operator: true },
  { keys: ['right', 'l'], on: ['traces'], does: 'trace.lines', footer: 16 },
  { keys: ['left', 'h'], on: ['traces'], does: 'trace.list' },
  { keys: ['f'], on: ['session', 'outbound', 'traces'], does: 'log.errors', footer: 14 },
  { keys: ['w'], on: ['session', 'outbound', 'traces'], does: 'log.wrap', footer: 15 },
  { keys: ['left', 'h'], on: ['session'], does: 'session.earlier', footer: 16 },
  { keys: ['right', 'l'], on: ['session'], does: 'session.later' },
  { keys: ['/'], on: ['session', 'outbound', 'queue', 'accounts', 'traces', 'help'], does: 'filter.open', footer: 30 },

  { keys: ['up', 'k'], on: lists, does: 'move.up' },
  { keys: ['down', 'j'], on: lists, does: 'move.down' },
  { keys: ['pageup', 'ctrl-b'], on: lists, does: 'move.pageUp' },
  { keys: ['pagedown', 'ctrl-f'], on: lists, does: 'move.pageDown' },
  { keys: ['home', 'g'], on: lists, does: 'move.first' },
  { keys: ['end', 'G'], on: lists, does: 'move.last' },

  { keys: ['1'], on: lists, does: 'page.dashboard' },
  { keys: ['2'], on: lists, does: 'page.session' },
  { keys: ['3'], on: lists, does: 'page.outbound' },
  { keys: ['4'], on: lists, does: 'page.queue' },
  { keys: ['5'], on: lists, does: 'page.accounts' },
  { keys: ['6'], on: lists, does: 'page.traces' },
  { keys: ['tab'], on: lists, does: 'page.next' },
  { keys: ['shift-tab'], on: lists, does: 'page.previous' },

  { keys: ['enter'], on: ['filter'], does: 'filter.keep', footer: 1 },
  { keys: ['esc'], on: ['filter'], does: 'filter.leave', footer: 2 },
  { keys: ['backspace', 'delete'], on: ['filter', 'confirm', 'answer'], does: 'field.erase' },
  { keys: ['ctrl-u'], on: ['filter', 'confirm', 'answer'], does: 'field.empty' },
  // `y`, in French `o`: the keyboard knows the language.
  { keys: ['yes'], on: ['confirm'], does: 'confirm.yes', footer: 2, when: 'one' },
  { keys: ['enter'], on: ['confirm'], does: 'confirm.enter', footer: 2, when: 'several' },
  { keys: ['enter'], on: ['confirm'], does: 'confirm.leave', when: 'one' },
  { keys: ['enter'], on: ['answer'], does: 'answer.give', footer: 2 },
  { keys: ['esc'], on: ['confirm', 'answer'], does: 'confirm.leave', footer: 1 },
  { keys: ['esc'], on: ['signin'], does: 'signin.cancel', footer: 1, when: 'waiting' },
  { keys: ['esc', 'enter'], on: ['signin'], does: 'signin.close', footer: 1, when: 'over' },

  { keys: ['r'], on: [...lists, 'signin'], does: 'link.retry', footer: 1, when: 'lost' },
  { keys: ['esc', 'left', 'h'], on: ['message', 'account'], does: 'back', footer: 5 },
  { keys: ['esc'], on: ['help'], does: 'back', footer: 5 },
  {
    keys: ['esc'],
    on: ['dashboard', 'session', 'outbound', 'queue', 'accounts', 'traces'],
    does: 'back',
    when: 'filtered',
  },
  { keys: ['?'], on: lists, does: 'help', footer: 90 },
  { keys: ['q'], on: lists, does: 'quit', footer: 91 },
  { keys: ['ctrl-c'], on: everywhere, does: 'quit' },
  { keys: ['ctrl-z'], on: everywhere, does: 'suspend' },
];

/** What of the present moment decides whether a key works. */
export type Moment = {
  place: Place;
  lost: boolean;
  tagged: boolean;
  filtered: boolean;
  alerts: boolean;
  /** The question is about one message. */
  one: boolean;
  /** The selected account logs in with a token; an answer is waited for about it. */
  oauth2: boolean;
  renumbered: boolean;
  /** The sign-in that is on the screen has ended. */
  over: boolean;
  readOnly: boolean;
};

/** The keys that work now. */
export function bindingsAt(moment: Moment): Binding[] {
  return keymap.filter((binding) => binding.on.includes(moment.place) && works(binding, moment));
}

export function commandOf(key: string, moment: Moment): Command | null {
  return bindingsAt(moment).find((binding) => binding.keys.includes(key))?.does ?? null;
}

/** Asks nothing, changes nothing of the gateway's, leaves nothing: also done when several characters come in one piece (T26). */
export function isHarmless(command: Command): boolean {
  return /^(move|page|filter|field|log|session\.(earlier|later)|alert|message|account\.open|queue\.(tag|untag)|trace\.li|back|help)/.test(
    command,
  );
}

function works({ when, operator }: Binding, moment: Moment): boolean {
  if (operator && moment.readOnly) return false;
  switch (when) {
    case undefined:
      return true;
    case 'lost':
      return moment.lost;
    case 'tagged':
      return moment.tagged;
    case 'filtered':
      return moment.filtered;
    case 'alerts':
      return moment.alerts;
    case 'one':
      return moment.one;
    case 'several':
      return !moment.one;
    case 'oauth2':
      return moment.oauth2;
    case 'renumbered':
      return moment.renumbered;
    case 'waiting':
      return !moment.over;
    case 'over':
      return moment.over;
  }
}

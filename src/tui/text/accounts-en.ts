/** The texts of the page Accounts in English. */
import type { AccountsText } from './accounts.ts';

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const accountsEnglish: AccountsText = {
  columns: {
    account: 'account',
    state: 'state',
    errors: 'errors',
    left: 'left',
    oversize: 'too large',
    stuck: 'stuck',
    limit: 'size limit',
    next: 'next',
    mailbox: 'mailbox',
    remark: 'remark',
  },
  states: {
    never: 'not yet',
    ok: 'ok',
    error: 'error',
    paused: 'paused',
    locked: 'locked',
    disabled: 'disabled',
  },
  none: 'No account to download from.',
  noneMatches: 'No account matches the filter.',
  stuck: (count) => `${count} stuck`,
  oversize: (count) => `${count} too large`,
  askedAbout: 'renumbered?',
  note: (text) => text,
  limitWords: { nobody: '', account: 'account', 'mail server': 'server', configuration: 'config', disk: 'disk' },
  limitNames: {
    account: 'the account',
    mailServer: 'the internal server',
    configuration: 'the configuration',
    disk: 'the disk',
  },
  limitLabels: { account: 'account', mailServer: 'internal server', configuration: 'configuration', disk: 'disk' },
  and: ' and ',
  colon: ': ',

  labels: {
    error: 'Last error',
    question: 'Renumbered?',
    note: 'Note',
    signIn: 'Sign-in',
    left: 'On the server',
    limit: 'Size limit',
    tooLarge: 'Too large',
    next: 'Next turn',
    success: 'Last success',
    trace: 'Trace',
    mailbox: 'Mailbox',
    comment: 'Comment',
  },
  security: { none: 'not encrypted', stls: 'STLS', tls: 'TLS' },
  login: (how) => `login ${how}`,
  keeps: 'delivered mail stays on the server',
  traced: 'POP3 on for this account',
  tracedWith: (all) => `POP3 on, for ${all}`,
  question: (known, gone, fresh) =>
    `${gone} of ${plural(known, 'known message')} ${gone === 1 ? 'is' : 'are'} gone, ${fresh} new ${fresh === 1 ? 'one has' : 'ones have'} come. Nothing is fetched until you answer`,
  pressFor: { answer: (key) => `${key} answers`, signIn: (key) => `${key} signs in` },
  signedIn: (user) => (user === null ? 'signed in' : `signed in as ${user}`),
  tokenUntil: (time) => `until ${time}`,
  notSignedIn: 'not signed in',
  byProgram: 'the token comes from a program',
  left: (count) => plural(count, 'message'),
  setBy: (size, who) => `${size}, set by ${who}`,
  anySize: 'none: messages of any size are fetched',
  noLimit: 'none',
  unknownLimit: 'none, or not known yet',
  raise: ({ who, upTo, next, released, total }) => {
    const all = total === 1 ? 'it' : `all ${total}`;
    const what = released === total ? all : `${released} of ${total}`;
    if (upTo === null) return `Without a limit at ${who}, ${what} would be fetched.`;
    return `${upTo} at ${who} would release ${what}; beyond that ${next} decides.`;
  },
  keptBy: (who) => `too large for ${who}`,
  unnamed: (count) => `and ${count} more`,
  moreRows: (count, key) => `${count} more: ${key} shows all`,
  asking: 'asking the gateway …',

  triggered: (account, session) => `Session ${session} started for ${account}.`,
  triggerJoined: (account, session) => `Session ${session} was running already: joined, for ${account}.`,
  switchedFor: (trace, account, state) => `The ${trace} trace for ${account} is ${state}.`,
  adminOnly: (role) => `Only an admin may sign an account in; this link is ${role}.`,

  signIn: {
    title: (account) => `Sign ${account} in`,
    asking: 'asking for a code …',
    goTo: 'Open this page, anywhere:',
    orWhole: 'or, with the code in it:',
    typeCode: 'and type this code:',
    byBrowser: (account) =>
      `This provider gives no code: the address where that page ends has to be brought back. Esc, then: mailgate sign-in ${account}`,
    waiting: 'waiting …',
    left: (time) => `${time} left`,
    runOut: 'The code has run out.',
    lost: 'No link now: code and sign-in go on, the outcome is asked for when the link is back.',
    done: (account, user) => `${account} is signed in${user === null ? '' : ` as ${user}`}.`,
    failed: (account, why) => `${account} is not signed in: ${why}`,
    close: (key) => `${key} closes this.`,
    cancelling: (account) => `Cancelling the sign-in of ${account} …`,
    cancelled: (account) => `The sign-in of ${account} is cancelled.`,
    nothingWaited: (account) => `No sign-in of ${account} was waiting any more.`,
    goesOn: (account) => `No link: the sign-in of ${account} could not be cancelled; it ends with its code.`,
  },

  answer: {
    title: (account) => `Has the server renumbered the mailbox of ${account}?`,
    short: (account, gone, fresh) => `${account} renumbered? ${gone} gone, ${fresh} new`,
    what: (known, gone, fresh) =>
      `Of ${plural(known, 'known message')} ${gone} ${gone === 1 ? 'is' : 'are'} gone, and ${fresh} ${fresh === 1 ? 'has' : 'have'} come under ${fresh === 1 ? 'a new UIDL' : 'new UIDLs'}.`,
    means: {
      adopt: 'They are the known ones. What was delivered is not fetched again; the next session goes on as before.',
      fetch: 'They are new. All of them are fetched and delivered; if they were the known ones, all come twice.',
    },
    meansShortly: { adopt: 'known, not fetched', fetch: 'new, all fetched' },
    type: 'type adopt or fetch and Enter, Esc to leave',
    giving: (account) => `Answering for ${account} …`,
    given: {
      adopt: (account) => `The messages of ${account} are taken for the known ones.`,
      fetch: (account) => `The messages of ${account} are fetched as new ones.`,
    },
  },
};

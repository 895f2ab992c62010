/** What the screen knows (`World`) and where its reader stands (`Ui`): plain data, changed in `follow`, `update` and `store` only. */
import type { QueueDetail } from '../../protocol/commands.ts';
import type { AccountDetail, QueuedMessage, Role, TraceName } from '../../protocol/model.ts';
import type { GatewayState } from '../../protocol/state.ts';
import type { Look } from '../look.ts';
import type { Log } from './log.ts';
import type { Rates } from './rates.ts';

/** The order and the digits of the tabs; 7 to 9 belong to pages that do not exist yet. */
export const pages = ['dashboard', 'session', 'outbound', 'queue', 'accounts', 'traces'] as const;
export type Page = (typeof pages)[number];
export const digitOf: Record<Page, string> = {
  dashboard: '1',
  session: '2',
  outbound: '3',
  queue: '4',
  accounts: '5',
  traces: '6',
};

export type LogPage = 'session' | 'outbound' | 'traces';
export const traceOrder: readonly TraceName[] = ['pop3', 'smtp-in', 'smtp-out'];

export type Link =
  | { is: 'connecting' }
  /** `skew`: by how many milliseconds the gateway's clock is ahead of this one. */
  | { is: 'live'; role: Role; skew: number }
  /** `retryAt`: null while it is being tried, or when nobody tries again. */
  | { is: 'lost'; why: string; retryAt: number | null; trying: boolean };

/** A range of the outgoing queue: `rows[0]` is message number `from` of those that the filter matches. */
export type QueueRange = {
  filter: string;
  total: number | null;
  from: number;
  rows: QueuedMessage[];
  /** Why the last question was refused (a filter that is none); the rows before it stay. */
  wrong: string | null;
};

export type Opened =
  | { is: 'loading'; id: string }
  | { is: 'shown'; id: string; detail: QueueDetail }
  /** It left the queue, or the question failed. */
  | { is: 'gone'; id: string; why: string | null };

/** What the gateway last said of the accounts, beyond what the state tells of them. */
export type AccountsRead = {
  /** Null: it has not answered yet. */
  details: AccountDetail[] | null;
  /** Why the last question failed; the answer before it stays. */
  wrong: string | null;
};

export type World = {
  /** Which gateway, before it says its name: the socket's path. */
  target: string;
  link: Link;
  /** Null before the first snapshot. */
  gateway: GatewayState | null;
  /** When the gateway last told something, by the clock of this machine. */
  heardAt: number | null;
  logs: Record<LogPage, Log>;
  rates: Rates;
  queue: QueueRange;
  opened: Opened | null;
  accounts: AccountsRead;
};

/** Follows the end, or holds the line at `top`; `heldAt` is the last place when the reader stopped following. */
export type LogScroll = { following: true } | { following: false; top: number; heldAt: number };

export type LogView = { scroll: LogScroll; errorsOnly: boolean; wrapped: boolean; filter: string };

export type Tagged = { bytes: number; recipients: number };

export type QueueAction = 'hold' | 'release' | 'retry' | 'drop';

export type Prompt =
  | { is: 'filter'; on: 'queue' | 'accounts' | LogPage | 'help'; text: string; before: string }
  | {
      is: 'confirm';
      action: QueueAction;
      ids: string[];
      bytes: number;
      recipients: number;
      subject: string;
      typed: string;
    }
  /** The question about a renumbered mailbox (I06): of `known` messages `gone` are gone, and `fresh` new ones have come. */
  | { is: 'answer'; account: string; known: number; gone: number; fresh: number; typed: string }
  /** The device sign-in of an account (G06). */
  | { is: 'signin'; account: string; stage: SignInStage };

export type Waiting = {
  is: 'waiting';
  /** Where to go; `complete` has the code in it, where the server has such an address. */
  uri: string;
  complete: string | null;
  code: string;
  /** By the clock of this machine, in milliseconds since 1970. */
  expiresAt: number;
};

export type SignInStage =
  /** The gateway asks the authorization server for a code. */
  | { is: 'asking' }
  | Waiting
  /** `why`: a sentence where it came to nothing. */
  | { is: 'over'; signedIn: boolean; user: string | null; why: string };

export type Notice = { kind: 'pending' | 'done' | 'failed'; text: string; until: number | null };

export type Ui = {
  page: Page;
  help: { top: number; filter: string } | null;
  /** Over the page Queue: the message that was opened, and how far it is scrolled. */
  message: { id: string; top: number } | null;
  /** Over the page Accounts: all of the selected account, and how far it is scrolled. */
  account: { top: number } | null;
  prompt: Prompt | null;
  notice: Notice | null;
  /** What was asked of the gateway and is not answered yet: a second press of the same key asks nothing (T29). */
  busy: readonly string[];
  dashboard: { cursor: number };
  logs: Record<LogPage, LogView>;
  queue: { cursor: number; cursorId: string | null; top: number; filter: string; tagged: ReadonlyMap<string, Tagged> };
  /** `name`: the selected account stays selected, wherever it stands in the list. */
  accounts: { cursor: number; name: string | null; top: number; filter: string };
  traces: { cursor: number; pane: 'list' | 'lines' };
};

export type Size = { columns: number; rows: number };

/** All that a frame is drawn from. */
export type Shown = { world: World; ui: Ui; size: Size; look: Look; now: number; readOnly: boolean };

const logView: LogView = { scroll: { following: true }, errorsOnly: false, wrapped: false, filter: '' };

export const firstUi: Ui = {
  page: 'dashboard',
  help: null,
  message: null,
  account: null,
  prompt: null,
  notice: null,
  busy: [],
  dashboard: { cursor: 0 },
  logs: { session: logView, outbound: logView, traces: logView },
  queue: { cursor: 0, cursorId: null, top: 0, filter: '', tagged: new Map() },
  accounts: { cursor: 0, name: null, top: 0, filter: '' },
  traces: { cursor: 0, pane: 'list' },
};

/** Every text of the screen: one that a language lacks does not compile. */
import type { Role, TraceName } from '../../protocol/model.ts';
import type { Command, Place } from '../keymap.ts';
import type { Flow } from '../store/rates.ts';
import type { Page, QueueAction } from '../store/model.ts';

/** `short` is the footer's word; `does` is the sentence of help and docs. */
export type CommandText = { short: string; does: string };

export type Text = {
  pages: Record<Page, string>;
  places: Record<Place, string>;
  commands: Record<Command, CommandText>;
  keyNames: Record<string, string>;

  connectingTo(target: string): string;
  noAnswer: string;
  isItRunning: string;
  live: string;
  connecting: string;
  lost: string;
  reconnectingIn(seconds: number): string;
  inSeconds(seconds: number): string;
  reconnectingNow: string;
  asOf(time: string): string;
  lastEvent(time: string): string;
  linkLost(why: string): string;
  roles: Record<Role, string>;
  readOnly: string;
  tooSmall(columns: number, rows: number): string;
  notATerminal: string;

  queued: string;
  held: string;
  oldest: string;
  alerts(count: number): string;

  session(id: number): string;
  downloadSession(id: number): string;
  noSession: string;
  running: string;
  sessionDone(messages: number, errors: number): string;
  nextAt(time: string): string;
  noNext: string;
  noAccounts: string;
  mailboxes: Record<'waiting' | 'connecting' | 'fetching' | 'done' | 'failed', string>;
  accounts: Record<'paused' | 'locked' | 'disabled', string>;
  sessionInARow(count: number): string;
  more(count: number): string;

  queueHeading: string;
  queueCounts: Record<'waiting' | 'sending' | 'deferred' | 'held' | 'size' | 'oldest', string>;
  listening(where: string): string;
  notListening: string;
  sendingPaused(by: string): string;
  allHeld(by: string): string;
  clients(count: number): string;
  sendingNow: string;
  lastHour: string;
  since(time: string): string;
  watchedSince(time: string): string;
  flows: Record<Flow, string>;
  returned: string;
  dropped: string;
  refused: string;
  alertsHeading: string;
  noAlerts: string;
  tracesHeading: string;
  traces: Record<TraceName, string>;
  on: string;
  off: string;
  forWhom(who: string): string;
  until(time: string): string;
  forSessions(count: number): string;
  wholeBodies: string;

  messagesOf(done: number, of: number): string;
  errors(count: number): string;
  following: string;
  /** Which key follows again. */
  followKey: string;
  newLines(count: string): string;
  lines(count: string): string;
  matching(shown: string, of: string): string;
  noLines: string;
  errorsOnly: string;
  filter(text: string): string;

  columns: Record<'id' | 'state' | 'age' | 'size' | 'try' | 'sender' | 'recipient' | 'reply', string>;
  states: Record<'waiting' | 'sending' | 'deferred' | 'held', string>;
  recipientStates: Record<'waiting' | 'sent' | 'deferred' | 'failed', string>;
  ofTotal(shown: string, of: string): string;
  tagged(count: string): string;
  nothingWaits: string;
  nothingMatches: string;
  loading: string;

  from: string;
  to: string;
  via: string;
  queuedAt(time: string): string;
  nextAttempt(time: string): string;
  attempt(number: number): string;
  took(seconds: string): string;
  noAttempt: string;
  nullSender: string;
  leftQueue: string;
  noBody: string;

  traceColumns: Record<'trace' | 'state' | 'scope' | 'until' | 'file', string>;
  traceLines: string;
  everything: string;
  noTraceLines: string;

  helpTitle: string;
  everywhere: string;
  helpSearch: string;
  noKey: string;

  ask(action: QueueAction, what: string): string;
  whatMessages(count: number, size: string, recipients: number): string;
  whatMessage(id: string, size: string, subject: string): string;
  effect(action: QueueAction, count: number): string;
  typeCount(count: number): string;
  pressYes: string;
  /** The key that says yes. */
  yes: string;

  startingSession: string;
  sessionStarted(id: number): string;
  sessionJoined(id: number): string;
  switching(trace: string): string;
  switched(trace: string, state: string): string;
  acting(action: QueueAction, count: number): string;
  acted(action: QueueAction, count: number): string;
  skipped(count: number, why: string): string;
  failed(what: string, why: string): string;
  notNow: string;
  stillBusy: string;
};

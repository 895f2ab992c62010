/** What a session log's events come to: is there an error, and does it count (S37-S41)? Pure. */
import type { EventType, GatewayEvent } from '../../../protocol/events.ts';
import { accountPlace, placesTried } from '../faults.ts';

export interface Outcome {
  /** Errors of messages in the session: they count at once. */
  messages: number;
  /** Errors outside the session (queue, relays, the gateway itself) since the one before: they count at once. */
  outside: number;
  /** Accounts, relays and the internal server, whose last try failed: they count from the threshold on (S38). */
  failing: Set<string>;
}

export const newOutcome = (): Outcome => ({ messages: 0, outside: 0, failing: new Set() });

/** Takes an event into account. */
export function note(outcome: Outcome, event: GatewayEvent): void {
  for (const { place, worked } of placesTried(event)) {
    if (worked) outcome.failing.delete(place);
    else outcome.failing.add(place);
  }

  const weight = weightOf(event);
  if (weight !== null) outcome[weight] += 1;
}

/** The lines that the log marks as errors, save those that only say that something will be tried again. */
function weightOf(event: GatewayEvent): 'messages' | 'outside' | null {
  if (OF_A_MESSAGE.has(event.type)) return 'messages';
  return isOutside(event) ? 'outside' : null;
}

const OF_A_MESSAGE: ReadonlySet<EventType> = new Set<EventType>([
  'message.failed',
  'message.unroutable',
  'message.stuck',
  'mailbox.renumbered',
]);

function isOutside(event: GatewayEvent): boolean {
  if (event.type === 'transfer.failed' || event.type === 'listener.failed') return true;
  // A report on a null sender's message is never sent (S121): that is no anomaly, an unknown sender (S116) is.
  if (event.type === 'queue.unreported') return event.why === 'unknown sender';
  // A log that could not be mailed is tried again by itself, and must not be the reason for the next one.
  if (event.type === 'report.failed') return event.report === 'notice';
  if (event.type === 'signin.changed') return !event.signedIn;
  return event.type === 'problem.raised' && !toldElsewhere(event.key);
}

/** A relay's failures and the listener's are facts of their own; that logs or alerts cannot be told is told nowhere better than there. */
function toldElsewhere(key: string): boolean {
  return /^(relay\.|listener|session-log|alerts)/.test(key);
}

export interface Rules {
  threshold: number;
  /** Accounts of S41. */
  quiet: ReadonlySet<string>;
  /** In how many consecutive sessions a place failed. */
  countOf(place: string): number;
}

/** Is there something that a person should hear of (S37, S38, S40, S41)? */
export function counts(outcome: Outcome, { threshold, quiet, countOf }: Rules): boolean {
  if (outcome.messages + outcome.outside > 0) return true;

  const silent = new Set([...quiet].map(accountPlace));
  return [...outcome.failing].some((place) => !silent.has(place) && countOf(place) >= threshold);
}

/** Errors that no session counts: those outside, and the relays that could not be reached. */
export function errorsOutside({ outside, failing }: Outcome): number {
  return outside + [...failing].filter((place) => place.startsWith('relay:')).length;
}

/** For a memo. */
export const outcomeText = ({ failing, ...rest }: Outcome): string =>
  JSON.stringify({ ...rest, failing: [...failing] });

export function outcomeOf(text: string): Outcome {
  const { failing, ...rest } = JSON.parse(text) as Omit<Outcome, 'failing'> & { failing: string[] };
  return { ...rest, failing: new Set(failing) };
}

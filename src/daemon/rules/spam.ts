/**
 * SpamAssassin beside the rules: a score for each message. A spam filter that is down stops no mail: while spamd cannot be asked,
 * messages pass unchecked, whatever the action is; that is told with the first of them and stands as an alert until it answers again.
 */
import type { Alerts } from '../base/alerts.ts';
import { type Clock, type Duration, minutes } from '../base/clock.ts';
import type { Body } from '../mail/body.ts';
import type { SpamSettings } from './settings.ts';
import { askSpamd } from './spamd.ts';
import type { Score } from './tag.ts';

export type Judged =
  | { is: 'judged'; score: Score }
  /** `told`: for the log; null when it was told with an earlier message. */
  | { is: 'unchecked'; why: string; told: string | null }
  /** The gateway is stopping: the message waits. */
  | { is: 'stopped' };

export interface SpamFilter {
  judge(body: Body, stop: AbortSignal): Promise<Judged>;
}

/** Octets. spamc leaves larger ones alone too (its `-s` is 500 KB): they take minutes, and spam is small. */
const LARGEST_CHECKED = 512_000;

/** After a failure it is not asked for so long: a host that does not answer would cost each message the wait. */
const REST: Duration = minutes(1);

const ALERT = 'spamd';

export function createSpamFilter(
  settings: SpamSettings,
  { clock, alerts }: { clock: Clock; alerts: Alerts },
): SpamFilter {
  const where = `SpamAssassin at ${settings.host}:${settings.port}`;
  let trouble: { why: string; until: Duration } | null = null;

  return {
    async judge(body, stop) {
      if (body.bytes > LARGEST_CHECKED)
        return { is: 'unchecked', why: `not checked for spam: larger than ${LARGEST_CHECKED} octets`, told: null };
      if (trouble !== null && clock.monotonic() < trouble.until)
        return { is: 'unchecked', why: trouble.why, told: null };

      const reply = await askSpamd(settings, { body, clock }, stop);
      if (reply.ok) {
        trouble = null;
        alerts.clear(ALERT, `${where} answers again.`);
        const { score, tests } = reply;
        const { threshold } = settings;
        return { is: 'judged', score: { score, threshold, tests, spam: score >= threshold } };
      }
      const why = `not checked for spam: ${where}: ${reply.why}`;
      if (stop.aborted) return { is: 'stopped' };
      const first = trouble === null;
      trouble = { why, until: clock.monotonic() + REST };
      alerts.raise(ALERT, `${where} cannot be asked, and messages pass unchecked: ${reply.why}`, settings.host);
      return { is: 'unchecked', why, told: first ? why : null };
    },
  };
}

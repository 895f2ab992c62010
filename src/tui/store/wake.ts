/** When the screen would change though nobody tells anything: a running clock, a countdown, an age. Null: never (T04). */
import type { Shown } from './model.ts';
import { placeOf } from './moment.ts';

const SECOND = 1_000;
const MINUTE = 60_000;

/** Milliseconds until the next change. */
export function nextChange(shown: Shown): number | null {
  const { ui, now } = shown;
  const waits = [noticeEnd(shown), countdown(shown), codeEnd(shown), runningClock(shown), ages(shown)];
  if (ui.help !== null) waits.splice(3);
  const pauses = waits.filter((wait) => wait !== null);
  return pauses.length === 0 ? null : Math.max(1, Math.min(...pauses.map((at) => at - now)));
}

function noticeEnd({ ui }: Shown): number | null {
  return ui.notice?.until ?? null;
}

/** `reconnecting in 3 s`. */
function countdown({ world: { link }, now }: Shown): number | null {
  if (link.is !== 'lost' || link.retryAt === null || link.retryAt <= now) return null;
  const left = link.retryAt - now;
  return now + (left % SECOND || SECOND);
}

/** `14:32 left` of a code to sign in with: it runs out whether there is a link or not. */
function codeEnd({ ui, now }: Shown): number | null {
  if (ui.prompt?.is !== 'signin' || ui.prompt.stage.is !== 'waiting') return null;
  const left = ui.prompt.stage.expiresAt - now;
  return left <= 0 ? null : now + (left % SECOND || SECOND);
}

/** `running 0:14`, on the pages that show it; data of a lost link stands still. */
function runningClock({ world, ui, now }: Shown): number | null {
  if (world.link.is !== 'live' || world.gateway === null) return null;
  const place = placeOf(ui);
  const { session, transfers } = world.gateway;
  const started =
    (place === 'dashboard' || place === 'session' ? session.running?.startedAt : undefined) ??
    (place === 'dashboard' ? transfers[0]?.startedAt : undefined);
  if (started === undefined) return null;
  const passed = now - Date.parse(started);
  return Number.isFinite(passed) ? now + SECOND - (((passed % SECOND) + SECOND) % SECOND) : null;
}

/** Ages and the last hour move by the minute, while there is something to be old. */
function ages({ world, ui, now }: Shown): number | null {
  const { gateway, link, queue, rates } = world;
  if (link.is !== 'live' || gateway === null) return null;
  const aging =
    gateway.queue.oldestAt !== null ||
    (ui.page === 'queue' && queue.rows.length > 0) ||
    (ui.page === 'dashboard' && rates.minutes.size > 0);
  return aging ? now + MINUTE - (now % MINUTE) : null;
}

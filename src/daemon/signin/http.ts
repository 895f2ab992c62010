/**
 * One question to an authorization server: a form out, a JSON object back (RFC 6749 §3.2, RFC 8628 §3.1). It has a deadline,
 * a largest answer, and follows no redirect: what is sent is meant for that one server.
 */
import { type Clock, type Duration, seconds } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Form = Readonly<Record<string, string | Secret | null>>;

export interface Reply {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

export type Posted =
  | { readonly ok: true; readonly reply: Reply }
  /** Nothing that can be read came: the server, the network, or a stop. A sentence without a secret. */
  | { readonly ok: false; readonly message: string };

export interface HttpTools {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

/** From the first octet out to the last one in. */
const WITHIN: Duration = seconds(30);

/** Octets: the largest tokens that were seen are some kilobytes. */
const LARGEST_ANSWER = 65_536;

/** Sends the form; a null in it is left out. */
export async function postForm(url: string, form: Form, { fetch, clock, stop }: HttpTools): Promise<Posted> {
  const { host } = new URL(url);
  const ended = new AbortController();
  const end = () => ended.abort();
  const timer = clock.after(WITHIN, end);
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: encoded(form),
      redirect: 'manual',
      signal: ended.signal,
    });
    return await readReply(host, response);
  } catch (error) {
    return { ok: false, message: whyNot(host, error, { stopped: stop.aborted, late: ended.signal.aborted }) };
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', end);
  }
}

function encoded(form: Form): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    if (value !== null) fields.append(name, typeof value === 'string' ? value : value.reveal());
  }
  return fields.toString();
}

async function readReply(host: string, response: Response): Promise<Posted> {
  const { status } = response;
  const redirects = status >= 300 && status < 400;
  const text = redirects ? null : await boundedText(response);
  if (redirects) await response.body?.cancel();
  if (text === null) {
    const what = redirects ? `a redirect (${status}), which is not followed` : `more than ${LARGEST_ANSWER} octets`;
    return { ok: false, message: `${host} answered with ${what}.` };
  }

  const json = objectIn(text);
  if (json === null) return { ok: false, message: `${host} answered ${status}, and not with a JSON object.` };
  return { ok: true, reply: { status, json } };
}

/** Null when there is more of it. */
async function boundedText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  // Leaving the loop early cancels the rest.
  for await (const chunk of response.body ?? []) {
    octets += chunk.length;
    if (octets > LARGEST_ANSWER) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** The system's word for what went wrong, never what was sent. */
function whyNot(
  host: string,
  error: unknown,
  { stopped, late }: { readonly stopped: boolean; readonly late: boolean },
): string {
  if (stopped) return 'Stopped.';
  if (late) return `${host} did not answer within ${WITHIN / 1_000} s.`;

  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return `${host} cannot be reached: ${code.replaceAll(/[^\w .-]/g, '')}.`;
}

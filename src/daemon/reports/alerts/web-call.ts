/** One request to a URL that may hold a token: with a deadline, and no word of the URL in what is said of it but its host. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock, Duration } from '../../base/clock.ts';

export interface WebCall {
  method: 'GET' | 'POST';
  url: string;
  /** JSON; null: none. */
  body: string | null;
  within: Duration;
  clock: Clock;
  stop: AbortSignal;
}

export const hostOf = (url: string): string => URL.parse(url)?.host ?? '';

/** Null for an answer 2xx; else why not. A redirect is none: what is told is meant for that one server. */
export async function callWeb({ method, url, body, within, clock, stop }: WebCall): Promise<string | null> {
  if (stop.aborted) return 'stopped';

  return await new Promise((resolve) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers =
      body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    // No agent: a connection that nobody uses would keep the daemon from ending.
    const request = send(url, { method, agent: false, headers: { ...headers, 'user-agent': 'MailGate' } });

    const end = (why: string | null) => {
      timer.cancel();
      stop.removeEventListener('abort', stopped);
      resolve(why);
      request.destroy();
    };
    const timer = clock.after(within, () => end(`no answer within ${within / 1_000} s`));
    const stopped = () => end('stopped');
    stop.addEventListener('abort', stopped, { once: true });

    request.on('response', ({ statusCode = 0 }) => {
      end(statusCode >= 200 && statusCode < 300 ? null : `it answered ${statusCode}`);
    });
    // Also after the end: destroying a request that runs is an error to it.
    request.on('error', (error: NodeJS.ErrnoException) => end(withoutUrl(error.code ?? error.message, url)));
    request.end(body ?? undefined);
  });
}

function withoutUrl(text: string, url: string): string {
  return text.includes(url) ? text.replaceAll(url, hostOf(url)) : text;
}

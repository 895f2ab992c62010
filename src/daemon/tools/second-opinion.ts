/**
 * The second opinion of S73: the download that failed is repeated by a client that is not ours (node-pop3), with a deadline around
 * it. It knows USER and PASS, plain or in TLS from the first octet, and nothing else; where more is needed it says so.
 */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type Clock, type Duration, minutes, seconds, type Timer } from '../base/clock.ts';
import type { Pop3Server } from '../pop3/mailbox.ts';

/** What the thread is sent for. */
export interface Errand {
  server: { host: string; port: number; tls: boolean; ca: string | null; user: string; password: string };
  number: number;
}

/** What it says on its way. */
export type Heard = { at: string } | { octets: number } | { whole: number } | { failed: string };

export type Opinion =
  /** It has the message, from its first octet to the final dot. */
  | { is: 'whole'; octets: number }
  /** `octets` came before it ended. */
  | { is: 'failed'; octets: number; why: string }
  /** This client cannot do it at all. */
  | { is: 'impossible'; why: string };

/** Without a sign of progress this long it counts as hanging; in all it has longer. */
const SILENCE: Duration = minutes(1);
const IN_ALL: Duration = minutes(10);

/** For a thread to end. */
const ENDS_WITHIN: Duration = seconds(5);

/** Downloads message `number` once more, with other code. Never rejects. */
export async function secondOpinion(
  server: Pop3Server,
  number: number,
  { clock, stop }: { clock: Clock; stop: AbortSignal },
): Promise<Opinion> {
  const why = beyondIt(server);
  if (why !== null) return { is: 'impossible', why };

  const ca = server.caFile === null ? null : await readFile(server.caFile, 'utf8').catch(() => null);
  const { host, port, user } = server;
  const errand: Errand = {
    server: { host, port, user, tls: server.security === 'tls', ca, password: server.password.reveal() },
    number,
  };
  const secret = errand.server.password;
  const opinion = await ask(errand, clock, stop);
  if (opinion.is !== 'failed' || secret.length < 4) return opinion;
  return { ...opinion, why: opinion.why.replaceAll(secret, 'XXXX') };
}

/** What it cannot do; a password never goes where it could be read, only to have a second opinion. */
function beyondIt({ security, fingerprint, authentication, user, password }: Pop3Server): string | null {
  if (security === 'stls') return 'it knows no STLS, and the password must not go in clear';
  if (fingerprint !== null) return 'it cannot pin a certificate';
  if (authentication === 'xoauth2' || authentication === 'apop') return `it knows no ${authentication.toUpperCase()}`;
  return /[\r\n\0]/.test(user + password.reveal()) ? 'the login holds a line break' : null;
}

function ask(errand: Errand, clock: Clock, stop: AbortSignal): Promise<Opinion> {
  const file = import.meta.url.endsWith('.ts') ? './second-opinion-worker.ts' : './second-opinion-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), { name: 'second-opinion', execArgv: [] });
  let octets = 0;
  let last = 'connecting';
  let ended = false;
  let silence: Timer;

  return new Promise((resolve) => {
    const end = (opinion: Opinion) => {
      if (ended) return; // the thread that is ended says so, too
      ended = true;
      silence.cancel();
      inAll.cancel();
      stop.removeEventListener('abort', stopped);
      const giveUp = clock.after(ENDS_WITHIN, () => resolve(opinion));
      void worker.terminate().finally(() => {
        giveUp.cancel();
        resolve(opinion);
      });
    };
    const failed = (why: string) => end({ is: 'failed', octets, why });
    const stopped = () => failed('stopped');
    const listen = () => clock.after(SILENCE, () => failed(`nothing for ${SILENCE / 1_000} s after: ${last}`));
    const inAll = clock.after(IN_ALL, () => failed(`it was not done after ${IN_ALL / 60_000} minutes`));
    silence = listen();
    if (stop.aborted) stopped();
    else stop.addEventListener('abort', stopped, { once: true });

    worker.on('message', (heard: Heard) => {
      silence.cancel();
      if ('whole' in heard) return end({ is: 'whole', octets: heard.whole });
      if ('failed' in heard) return failed(heard.failed);
      if ('octets' in heard) octets = heard.octets;
      last = 'at' in heard ? heard.at : `${octets} octets`;
      silence = listen();
    });
    worker.once('error', (error) => failed(error instanceof Error ? error.message : String(error)));
    worker.once('exit', () => failed('it ended in the middle'));
    worker.postMessage(errand);
  });
}

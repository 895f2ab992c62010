/** Signing in by a device code (RFC 8628): we get a code, a person types it in somewhere else, we ask until that is done. */
import { type Clock, type Duration, minutes, seconds, wait } from '../base/clock.ts';
import { type DeviceAnswer, type DeviceCode, deviceAnswer, type Grant, tokenAnswer } from './answers.ts';
import { type HttpTools, postForm } from './http.ts';
import type { Provider } from './subject.ts';

export type SignedIn = { readonly ok: true; readonly grant: Grant } | { readonly ok: false; readonly why: string };

/** Added for good each time the server says slow_down (§3.5). */
const SLOWER: Duration = seconds(5);

/** §3.5: after a timeout we ask half as often; but a person is waiting. */
const LONGEST_INTERVAL: Duration = minutes(1);

export const CANCELLED: SignedIn = { ok: false, why: 'The sign-in was cancelled.' };
export const EXPIRED: SignedIn = { ok: false, why: 'Nobody signed in in time: begin again.' };

/** §3.1. */
export async function askForCode(provider: Provider, tools: HttpTools): Promise<DeviceAnswer> {
  const { clientId, clientSecret, scope, deviceEndpoint } = provider;
  const now = tools.clock.now();
  const posted = await postForm(deviceEndpoint, { client_id: clientId, scope: scope === '' ? null : scope }, tools);
  return deviceAnswer(posted, [clientSecret], now);
}

/** §3.4 and §3.5, until a person has decided, the code has expired, or it is stopped. */
export async function askUntilDecided(provider: Provider, code: DeviceCode, tools: HttpTools): Promise<SignedIn> {
  const { clock, stop } = tools;
  const end = clock.monotonic() + (code.expiresAt - clock.now());
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: code.deviceCode,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
  };

  let { interval } = code;
  for (;;) {
    if (!(await waited(clock, interval, stop))) return CANCELLED;
    if (clock.monotonic() >= end) return EXPIRED;

    const posted = await postForm(provider.tokenEndpoint, form, tools);
    if (stop.aborted) return CANCELLED;
    const answer = tokenAnswer(posted, [code.deviceCode, provider.clientSecret]);
    switch (answer.is) {
      case 'granted':
        return { ok: true, grant: answer.grant };
      case 'pending':
        if (answer.slower) interval += SLOWER;
        break;
      case 'temporary':
        interval = Math.max(interval, Math.min(interval * 2, LONGEST_INTERVAL));
        break;
      case 'ended':
      case 'refused':
        return { ok: false, why: answer.why };
    }
  }
}

/** False: it was stopped. */
async function waited(clock: Clock, interval: Duration, stop: AbortSignal): Promise<boolean> {
  return await wait(clock, interval, stop).then(
    () => true,
    () => false,
  );
}

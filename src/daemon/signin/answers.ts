/** What an authorization server's answers mean (RFC 6749 §5, RFC 8628 §3.2, §3.5), and its errors made safe to be shown. Pure. */
import { type Duration, type Instant, hours, minutes, seconds } from '../base/clock.ts';
import { Secret } from '../base/secret.ts';
import type { Posted, Reply } from './http.ts';

/** Tokens that were given out. */
export interface Grant {
  readonly access: Secret;
  readonly accessFor: Duration;
  /** Null: the one that is there stays (RFC 6749 §6). */
  readonly refresh: Secret | null;
  /** Null: the server does not say. */
  readonly refreshFor: Duration | null;
  /** Who signed in, as the id token has it; null when there is none. Remote text, made safe. */
  readonly user: string | null;
}

export type Answer =
  | { readonly is: 'granted'; readonly grant: Grant }
  /** Of the device flow: ask again, later than before with `slower`. */
  | { readonly is: 'pending'; readonly slower: boolean }
  /** A person has to sign in again, or has refused to. */
  | { readonly is: 'ended'; readonly why: string }
  /** The server takes us, or what we ask, for wrong: the configuration is to be looked at. */
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'temporary'; readonly why: string };

/** Characters of an access token; RFC 6749 §A.12 and §A.17 allow printable ASCII. A line break in it would be a command of its own. */
const TOKEN = /^[!-~]{1,49152}$/;

/** When the server does not say: it is a recommendation only (RFC 6749 §5.1), and an hour is what most give. */
const USUAL_LIFE: Duration = hours(1);

/** Errors after which the refresh token is of no more use; the last four are OpenID's and Microsoft's for "a person is needed". */
const ENDED = [
  'invalid_grant',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
];
const DENIED = ['access_denied', 'authorization_declined'];
const EXPIRED = ['expired_token', 'code_expired'];
const NOT_NOW = ['temporarily_unavailable', 'server_error', 'rate_limit_exceeded'];

/** `secrets`: what was sent, which an error may repeat. */
export function tokenAnswer(posted: Posted, secrets: readonly (Secret | null)[]): Answer {
  if (!posted.ok) return { is: 'temporary', why: posted.message };

  const { status, json } = posted.reply;
  const error = json['error'];
  if (status < 400 && error === undefined) return grantIn(json);

  const why = errorText(posted.reply, secrets);
  if (error === 'authorization_pending') return { is: 'pending', slower: false };
  if (error === 'slow_down') return { is: 'pending', slower: true };
  if (status >= 500 || status === 429 || NOT_NOW.includes(String(error))) return { is: 'temporary', why };
  if (DENIED.includes(String(error))) return { is: 'ended', why: `It was declined: ${why}` };
  if (EXPIRED.includes(String(error))) return { is: 'ended', why: `The code has expired: ${why}` };
  return { is: ENDED.includes(String(error)) ? 'ended' : 'refused', why };
}

function grantIn(json: Reply['json']): Answer {
  const { access_token: access, token_type: type, refresh_token: refresh } = json;
  const wrong = (what: string): Answer => ({ is: 'temporary', why: `The server's answer has ${what}.` });
  if (typeof access !== 'string' || !TOKEN.test(access)) return wrong('no access token that can be used');
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') return wrong('a token of another type than Bearer');
  if (refresh !== undefined && refresh !== null && (typeof refresh !== 'string' || !TOKEN.test(refresh))) {
    return wrong('a refresh token that cannot be used');
  }
  return {
    is: 'granted',
    grant: {
      access: new Secret(access),
      accessFor: durationIn(json['expires_in']) ?? USUAL_LIFE,
      refresh: typeof refresh === 'string' ? new Secret(refresh) : null,
      refreshFor: durationIn(json['refresh_token_expires_in'] ?? json['refresh_expires_in']),
      user: userIn(json['id_token']),
    },
  };
}

/** Some servers write the number as a text. 0 is Keycloak's word for "it does not end". */
function durationIn(value: unknown): Duration | null {
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number < 1e12 ? seconds(number) : null;
}

/**
 * The person's name in an id token. It came from the token endpoint over TLS, which stands for its signature
 * (OpenID Connect Core §3.1.3.7); it is for the eye only.
 */
function userIn(idToken: unknown): string | null {
  const payload = typeof idToken === 'string' ? idToken.split('.')[1] : undefined;
  if (payload === undefined) return null;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown> | null;
    const names = [claims?.['preferred_username'], claims?.['email'], claims?.['upn']];
    const name = names.find((one): one is string => typeof one === 'string' && one !== '');
    return name === undefined ? null : plain(name, LONGEST_USER);
  } catch {
    return null;
  }
}

const LONGEST_USER = 254; // characters, as an address has at most

/** The first answer of a device sign-in. */
export interface DeviceCode {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  readonly expiresAt: Instant;
  readonly interval: Duration;
}

export type DeviceAnswer =
  | { readonly ok: true; readonly code: DeviceCode }
  | { readonly ok: false; readonly kind: 'refused' | 'temporary'; readonly why: string };

const USUAL_EXPIRY: Duration = minutes(15);
const LONGEST_EXPIRY: Duration = hours(24); // nobody sits before a code for longer

/** RFC 8628 §3.2: five seconds, when the server does not say. */
const USUAL_INTERVAL: Duration = seconds(5);
const LONGEST_INTERVAL: Duration = minutes(5);

export function deviceAnswer(posted: Posted, secrets: readonly (Secret | null)[], now: Instant): DeviceAnswer {
  if (!posted.ok) return { ok: false, kind: 'temporary', why: posted.message };

  const { status, json } = posted.reply;
  if (status >= 400 || json['error'] !== undefined) {
    const temporary = status >= 500 || status === 429;
    return { ok: false, kind: temporary ? 'temporary' : 'refused', why: errorText(posted.reply, secrets) };
  }

  const { device_code: deviceCode, user_code: userCode } = json;
  const page = pageIn(json['verification_uri'] ?? json['verification_url']); // Google's name for it
  if (typeof deviceCode !== 'string' || !TOKEN.test(deviceCode)) return unfit('no device code');
  if (typeof userCode !== 'string' || !/^[ -~]{1,64}$/.test(userCode)) return unfit('no user code');
  if (page === null) return unfit('no address to go to');

  const interval = durationIn(json['interval']) ?? USUAL_INTERVAL;
  return {
    ok: true,
    code: {
      deviceCode: new Secret(deviceCode),
      userCode,
      verificationUri: page,
      verificationUriComplete: pageIn(json['verification_uri_complete']),
      expiresAt: now + Math.min(durationIn(json['expires_in']) ?? USUAL_EXPIRY, LONGEST_EXPIRY),
      interval: Math.min(interval, LONGEST_INTERVAL),
    },
  };
}

const unfit = (what: string): DeviceAnswer => ({
  ok: false,
  kind: 'temporary',
  why: `The server's answer has ${what}.`,
});

/** A person is going to open it: a page, and nothing that a terminal or a browser would run. */
function pageIn(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2_048) return null;
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}

const LONGEST_ERROR = 300; // characters: a sentence or two

/** `invalid_grant: AADSTS70008: …`; without what differs from one answer to the next, so that an alert says it once (G05). */
function errorText({ status, json }: Reply, secrets: readonly (Secret | null)[]): string {
  const { error, error_description: description } = json;
  const code = typeof error === 'string' ? error : `status ${status}`;
  const said = typeof description === 'string' ? `${code}: ${withoutTrace(description)}` : code;
  return plain(concealed(said, secrets), LONGEST_ERROR);
}

/** Microsoft ends each description with a trace id, a correlation id and the time. */
const withoutTrace = (description: string): string => description.split(/\s*Trace ID:/i, 1)[0] ?? '';

/** Shorter than this, a secret is part of too many words to be searched for. */
const SHORTEST_SECRET = 4;

function concealed(text: string, secrets: readonly (Secret | null)[]): string {
  const values = secrets.map((secret) => secret?.reveal() ?? '').filter((value) => value.length >= SHORTEST_SECRET);
  const forms = values.flatMap((value) => [value, encodeURIComponent(value)]);
  return forms.reduce((shown, form) => shown.replaceAll(form, '***'), text);
}

/** On one line, without anything that steers a terminal. */
function plain(text: string, longest: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

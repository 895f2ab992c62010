/**
 * Signing in by browser (RFC 6749 §4.1 with PKCE, RFC 7636; a native app's way, RFC 8252): a person opens a page, and brings
 * back the address to which it leads. That address is on the person's own machine, where nobody answers: the browser shows an
 * error, and the code stands in its address bar. Google lets no device code into a mailbox, and this works through SSH, too.
 */
import { createHash } from 'node:crypto';
import { Secret } from '../base/secret.ts';
import { tokenAnswer } from './answers.ts';
import type { SignedIn } from './device.ts';
import { type HttpTools, postForm } from './http.ts';
import type { Provider, SignedSubject } from './subject.ts';

/** RFC 8252 §7.3: any port of loopback is the client's own. Google and Microsoft take it for a desktop or native application. */
export const LANDING = 'http://localhost:25995/';

export interface Page {
  readonly uri: string;
  readonly state: string;
  /** Proves that whoever brings the code is who asked for it (RFC 7636). */
  readonly verifier: Secret;
}

const VERIFIER_OCTETS = 32; // RFC 7636 §4.1
const STATE_OCTETS = 16;

/** `chance` gives random octets. */
export function pageFor({ user, source }: SignedSubject, chance: (octets: number) => Uint8Array): Page {
  const { provider } = source;
  const verifier = Buffer.from(chance(VERIFIER_OCTETS)).toString('base64url');
  const state = Buffer.from(chance(STATE_OCTETS)).toString('base64url');

  const uri = new URL(provider.authorizationEndpoint);
  const asked: Record<string, string> = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: LANDING,
    ...(provider.scope === '' ? {} : { scope: provider.scope }),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    // Google gives a refresh token only to whoever asks so, and the second time only with consent anew.
    ...(provider.kind === 'google' ? { access_type: 'offline', prompt: 'consent', login_hint: user } : {}),
  };
  for (const [name, value] of Object.entries(asked)) uri.searchParams.set(name, value);
  return { uri: uri.href, state, verifier: new Secret(verifier) };
}

export type Brought =
  | { readonly is: 'code'; readonly code: Secret }
  /** The provider's last word. */
  | { readonly is: 'declined'; readonly why: string }
  /** Something else was pasted: the sign-in goes on. */
  | { readonly is: 'unfit'; readonly why: string };

/** Characters of an address that is pasted. */
const LONGEST_ADDRESS = 16_384;

/** What a person pasted. Nothing of it is repeated: it may hold the code. */
export function broughtIn(address: string, { state }: Page): Brought {
  const url = address.length > LONGEST_ADDRESS ? null : URL.parse(address.trim());
  const fields = url?.searchParams;
  if (!fields || (!fields.has('code') && !fields.has('error'))) {
    return { is: 'unfit', why: `That is not the address: it begins with ${LANDING} and has "code=" in it.` };
  }
  // RFC 6749 §10.12: without it, somebody could have us sign in to a mailbox of his own.
  if (fields.get('state') !== state) return { is: 'unfit', why: 'That address belongs to another sign-in.' };

  const error = fields.get('error');
  if (error !== null)
    return { is: 'declined', why: `It was declined: ${error.replaceAll(/[^\w .-]/g, '').slice(0, 100)}` };

  return { is: 'code', code: new Secret(fields.get('code') ?? '') };
}

/** RFC 6749 §4.1.3. A code is good for one try. */
export async function exchangeCode(provider: Provider, code: Secret, page: Page, tools: HttpTools): Promise<SignedIn> {
  const { clientId, clientSecret } = provider;
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: LANDING,
    client_id: clientId,
    client_secret: clientSecret,
    code_verifier: page.verifier,
  };
  const posted = await postForm(provider.tokenEndpoint, form, tools);
  const answer = tokenAnswer(posted, [code, clientSecret, page.verifier]);
  if (answer.is === 'granted') return { ok: true, grant: answer.grant };
  return { ok: false, why: answer.is === 'pending' ? 'The server puts us off: begin again.' : answer.why };
}

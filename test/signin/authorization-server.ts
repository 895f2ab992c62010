/**
 * An authorization server of the tests' own on loopback: device codes, pages for browsers, tokens that are rotated. It keeps the
 * rules by itself; `next` breaks them, one answer each. It knows who a token belongs to, so that mail servers can ask it.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An answer that breaks into the rules. */
export type Said =
  | { readonly status: number; readonly json: Record<string, unknown> }
  | { readonly status: number; readonly text: string; readonly headers?: Record<string, string> }
  /** This error, with all that was asked in its description. */
  | { readonly status: number; readonly repeats: string }
  /** A body without end, as fast as it is taken. */
  | 'endless'
  /** Its head and the first octet of its body, and then nothing. */
  | 'slow'
  /** Nothing at all. */
  | 'stall'
  | 'hang up';

export interface Asked {
  readonly path: string;
  readonly form: Record<string, string>;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly origin: string;
  readonly deviceEndpoint: string;
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint: string;
  readonly asked: readonly Asked[];
  /** Used up one a question, before the rules count. */
  readonly next: Said[];
  /** What a grant says besides its tokens. */
  grants: Record<string, unknown>;
  /** What a device code comes with. */
  device: Record<string, unknown>;
  /** Who has entered the code of a device. */
  approve(user: string): void;
  deny(): void;
  /** A person signs in on the page at this address; where the browser is sent then. */
  visit(page: string, user: string): string;
  /** Every token that was given out, oldest first. */
  readonly tokens: readonly string[];
  /** Null: it is not valid any more. */
  userOf(accessToken: string): string | null;
  /** No access token that was given out is good any more. */
  revokeAccess(): void;
  /** No refresh token either. */
  revokeAll(): void;
}

const CLIENT = { id: 'client-of-the-test', secret: 'c1ient-secret-canary' };
export { CLIENT };

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const rules = new Rules();
  const asked: Asked[] = [];
  const next: Said[] = [];
  const open = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    void reply(request, response);
  });

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = (await buffer(request)).toString('utf8');
    const form = Object.fromEntries([...new URLSearchParams(body), ...url.searchParams]);
    if (url.pathname === '/tokeninfo') {
      const user = rules.userOf(form['access_token'] ?? '');
      say(response, user === null ? refusal('invalid_token') : { status: 200, json: { email: user, active: 'true' } });
      return;
    }
    asked.push({ path: url.pathname, form });
    say(response, repeating(next.shift() ?? rules.answer(url.pathname, form), form));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    deviceEndpoint: `${origin}/devicecode`,
    tokenEndpoint: `${origin}/token`,
    authorizationEndpoint: `${origin}/authorize`,
    asked,
    next,
    get grants() {
      return rules.grants;
    },
    set grants(grants) {
      rules.grants = grants;
    },
    get device() {
      return rules.device;
    },
    set device(device) {
      rules.device = device;
    },
    approve: (user) => rules.decide(user),
    deny: () => rules.decide(null),
    visit: (page, user) => rules.visit(page, user),
    tokens: rules.tokens,
    userOf: (token) => rules.userOf(token),
    revokeAccess: () => rules.access.clear(),
    revokeAll() {
      rules.access.clear();
      rules.refresh.clear();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function repeating(said: Said, form: Record<string, string>): Exclude<Said, { repeats: string }> {
  if (typeof said === 'string' || !('repeats' in said)) return said;
  const all = Object.values(form).flatMap((value) => [value, encodeURIComponent(value)]);
  return { status: said.status, json: { error: said.repeats, error_description: `no: ${all.join(' ')}` } };
}

function say(response: ServerResponse, said: Exclude<Said, { repeats: string }>): void {
  if (said === 'stall') return;
  if (said === 'hang up') {
    response.destroy();
    return;
  }
  if (said === 'slow' || said === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
    if (said === 'endless') pour(response);
    return;
  }
  const json = 'json' in said;
  response.writeHead(said.status, json ? { 'content-type': 'application/json' } : said.headers);
  response.end(json ? JSON.stringify(said.json) : said.text);
}

function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(16_384)));
  };
  response.on('drain', more);
  more();
}

export const refusal = (error: string, description?: string, status = 400) => ({
  status,
  json: description === undefined ? { error } : { error, error_description: description },
});

/** What a well-behaved server would say. */
class Rules {
  grants: Record<string, unknown> = { expires_in: 3_600 };
  device: Record<string, unknown> = { expires_in: 900, interval: 5 };
  readonly tokens: string[] = [];
  readonly access = new Map<string, string>();
  readonly refresh = new Map<string, string>();
  #codes = new Map<string, { user: string; challenge: string; landing: string }>();
  #decided: { user: string | null } | null = null;
  #count = 0;

  answer(path: string, form: Record<string, string>): Said {
    if (form['client_id'] !== CLIENT.id) return refusal('invalid_client', 'who are you?', 401);
    if (path === '/devicecode') return this.#deviceCode();
    if (path !== '/token') return { status: 404, text: 'not here' };
    if (form['client_secret'] !== CLIENT.secret) return refusal('invalid_client', 'a wrong secret', 401);

    switch (form['grant_type'] ?? '') {
      case 'refresh_token':
        return this.#renewed(form['refresh_token'] ?? '');
      case 'authorization_code':
        return this.#exchanged(form);
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return this.#polled(form['device_code'] ?? '');
      default:
        return refusal('unsupported_grant_type');
    }
  }

  decide(user: string | null): void {
    this.#decided = { user };
  }

  visit(page: string, user: string): string {
    const asked = new URL(page).searchParams;
    const code = this.#make('code');
    const landing = asked.get('redirect_uri') ?? '';
    this.#codes.set(code, { user, landing, challenge: asked.get('code_challenge') ?? '' });
    return `${landing}?state=${asked.get('state') ?? ''}&code=${code}`;
  }

  userOf(token: string): string | null {
    return this.access.get(token) ?? null;
  }

  #deviceCode(): Said {
    this.#decided = null;
    return {
      status: 200,
      json: {
        device_code: this.#make('device'),
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://login.example/device',
        verification_uri_complete: 'https://login.example/device?user_code=WDJB-MJHT',
        ...this.device,
      },
    };
  }

  #polled(deviceCode: string): Said {
    if (!this.tokens.includes(deviceCode)) return refusal('invalid_grant', `never heard of ${deviceCode}`);
    if (this.#decided === null) return refusal('authorization_pending');
    return this.#decided.user === null ? refusal('access_denied', 'not this time') : this.#granted(this.#decided.user);
  }

  #exchanged(form: Record<string, string>): Said {
    const code = this.#codes.get(form['code'] ?? '');
    this.#codes.delete(form['code'] ?? '');
    const challenge = createHash('sha256')
      .update(form['code_verifier'] ?? '')
      .digest('base64url');
    if (code === undefined || code.challenge !== challenge || code.landing !== form['redirect_uri']) {
      return refusal('invalid_grant', `the code ${form['code']} is not good`);
    }
    return this.#granted(code.user);
  }

  #renewed(token: string): Said {
    const user = this.refresh.get(token);
    this.refresh.delete(token);
    return user === undefined ? refusal('invalid_grant', `the token ${token} was revoked`) : this.#granted(user);
  }

  #granted(user: string): Said {
    const [access, refresh] = [this.#make('access'), this.#make('refresh')];
    this.access.set(access, user);
    this.refresh.set(refresh, user);
    const claims = Buffer.from(JSON.stringify({ preferred_username: user })).toString('base64url');
    const json = {
      access_token: access,
      refresh_token: refresh,
      token_type: 'Bearer',
      id_token: `e30.${claims}.c2ln`,
      ...this.grants,
    };
    return { status: 200, json };
  }

  #make(what: string): string {
    this.#count += 1;
    const token = `${what}-canary-${this.#count}-${'t'.repeat(40)}`;
    this.tokens.push(token);
    return token;
  }
}

/** Sign-ins as the tests use them: a provider on loopback, a clock that the test moves, a memory for a store. */
import { randomBytes } from 'node:crypto';
import { createAlerts } from '../../src/daemon/base/alerts.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { type Clock, type Duration, days, seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openVault } from '../../src/daemon/config/secrets.ts';
import type { Keep } from '../../src/daemon/signin/cabinet.ts';
import type { Fetch } from '../../src/daemon/signin/http.ts';
import { createSignIns, type SignIns } from '../../src/daemon/signin/sign-ins.ts';
import { accountKey, type Provider, type Subject } from '../../src/daemon/signin/subject.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { type ManualClock, manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { type AuthorizationServer, CLIENT, startAuthorizationServer } from './authorization-server.ts';

export const never: AbortSignal = new AbortController().signal;

/** The deadline of a question over HTTP: no wait of ours. */
const HTTP = seconds(30);

export interface WatchedClock extends ManualClock {
  /** The next wait that was begun and that no test has asked for yet, deadlines apart. */
  nextWait(): Promise<Duration>;
}

export function watchedClock(): WatchedClock {
  const clock = manualClock();
  const begun: Duration[] = [];
  const asking: ((delay: Duration) => void)[] = [];
  return {
    ...clock,
    get pending() {
      return clock.pending;
    },
    after(delay, run) {
      if (delay !== HTTP) {
        const tell = asking.shift();
        if (tell) tell(delay);
        else begun.push(delay);
      }
      return clock.after(delay, run);
    },
    nextWait: () =>
      new Promise((resolve) => {
        const delay = begun.shift();
        if (delay === undefined) asking.push(resolve);
        else resolve(delay);
      }),
  };
}

interface Memory extends Keep {
  readonly memos: Map<string, string>;
  /** The disk says no, while this is set. */
  broken: string | null;
  /** What was put, in order: the names. */
  readonly puts: string[];
}

function memory(memos = new Map<string, string>()): Memory {
  const kept: Memory = {
    memos,
    broken: null,
    puts: [],
    async get(name) {
      if (kept.broken !== null) throw new Error(kept.broken);
      return memos.get(name) ?? null;
    },
    async put(name, text) {
      if (kept.broken !== null) throw new Error(kept.broken);
      kept.puts.push(name);
      if (text === null) memos.delete(name);
      else memos.set(name, text);
    },
  };
  return kept;
}

export interface World extends AsyncDisposable {
  readonly server: AuthorizationServer;
  readonly clock: WatchedClock;
  readonly keep: Memory;
  readonly home: string;
  readonly events: readonly GatewayEvent[];
  readonly signIns: SignIns;
  /** The same home after a restart; perhaps something was changed meanwhile. */
  again(changed?: { readonly provider?: Partial<Provider>; readonly clock?: Clock }): SignIns;
  /** `alert.raised: …`, `signin.changed sales in as anna`, `account.noted: …`, in order. */
  told(): string[];
}

export interface WorldOptions {
  readonly provider?: Partial<Provider>;
  readonly fetch?: Fetch;
  readonly subjects?: (provider: Provider) => Subject[];
}

const sales = (provider: Provider): Subject => ({
  key: accountKey('sales'),
  name: 'sales',
  account: 'sales',
  user: 'sales@firma.example',
  source: { is: 'provider', provider },
});

export async function startWorld({ provider, fetch, subjects }: WorldOptions = {}): Promise<World> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('signin'));
  const server = parts.use(await startAuthorizationServer());
  const clock = watchedClock();
  const keep = memory();
  const events: GatewayEvent[] = [];
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  bus.listen((event) => void events.push(event));

  const whole: Provider = {
    name: 'firma',
    kind: 'other',
    signInBy: 'device',
    clientId: CLIENT.id,
    clientSecret: new Secret(CLIENT.secret),
    deviceEndpoint: server.deviceEndpoint,
    authorizationEndpoint: server.authorizationEndpoint,
    tokenEndpoint: server.tokenEndpoint,
    scope: 'pop offline_access',
    warnBefore: days(7),
    ...provider,
  };
  const again: World['again'] = (changed) => {
    const now = { ...whole, ...changed?.provider };
    return createSignIns({
      settings: { subjects: subjects?.(now) ?? [sales(now)], home: scratch.path },
      keep,
      vault: openVault(scratch.path, {}),
      clock: changed?.clock ?? clock,
      alerts: createAlerts(bus),
      bus,
      fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
      chance: (octets) => randomBytes(octets),
    });
  };
  const signIns = again();

  const owned = parts.move();
  return {
    ...{ server, clock, keep, home: scratch.path, events, signIns, again },
    told: () => events.flatMap(lineOf),
    async [Symbol.asyncDispose]() {
      await signIns.close();
      await owned.disposeAsync();
    },
  };
}

function lineOf(event: GatewayEvent): string[] {
  const { type } = event;
  if (type === 'alert.raised' || type === 'alert.cleared') return [`${type}: ${event.message}`];
  if (type === 'account.noted') return [`${type}: ${event.note}`];
  if (type !== 'signin.changed') return [];
  return [`${type}: ${event.subject} ${event.signedIn ? `in as ${event.user}` : `out: ${event.reason}`}`];
}

/** Signs `sales` in by device; the clock has moved by one interval. */
export async function signedIn(world: World, signIns = world.signIns): Promise<void> {
  const started = await signIns.start('sales', never);
  if (!started.ok) throw new Error(started.message);
  world.server.approve('anna@firma.example');
  await world.clock.advance(await world.clock.nextWait());
  const outcome = await signIns.wait('sales', never);
  if (!outcome.signedIn) throw new Error(outcome.why);
}

/** The token of `sales` in clear. */
export async function tokenOf(signIns: SignIns): Promise<string> {
  const answer = await signIns.tokenFor('sales', never);
  if (!answer.ok) throw new Error(`${answer.kind}: ${answer.message}`);
  return answer.token.reveal();
}

/** Why `sales` has no token. */
export async function noToken(signIns: SignIns): Promise<{ kind: string; message: string }> {
  const answer = await signIns.tokenFor('sales', never);
  if (answer.ok) throw new Error('There is a token.');
  return { kind: answer.kind, message: answer.message };
}

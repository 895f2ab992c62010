/** What the name servers say of mail domains and hosts, as values: whom to ask is configuration, and every question has an end. */
import { promises as dns } from 'node:dns';
import { domainToASCII } from 'node:url';

/** Expected answers. `unknown`: there is no such name (NXDOMAIN); `none`: it is there and has no such record; `failed`: ask again later. */
export type NamesAnswer<T> =
  | { kind: 'found'; found: T[] }
  | { kind: 'none' }
  | { kind: 'unknown' }
  | { kind: 'failed'; why: string };

export interface Exchanger {
  /** Empty for the null MX (RFC 7505). */
  host: string;
  preference: number;
}

export interface Names {
  /** MX records, in no order. */
  exchangers(domain: string, stop: AbortSignal): Promise<NamesAnswer<Exchanger>>;
  /** IPv6 and IPv4 addresses, in turns. */
  addresses(host: string, stop: AbortSignal): Promise<NamesAnswer<string>>;
}

/** Milliseconds for one question to one server, and how often it is repeated: a resolver that works answers within seconds. */
const TIMEOUT = 5_000;
const TRIES = 3;

/** `servers` in the form of node:dns (`9.9.9.9`, `[::1]:5300`); none: those of the system. */
export function createNames(servers: readonly string[]): Names {
  const resolver = new dns.Resolver({ timeout: TIMEOUT, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);

  return {
    async exchangers(domain, stop) {
      const answer = await asked(() => resolver.resolveMx(ascii(domain)), stop);
      if (answer.kind !== 'found') return answer;
      return {
        kind: 'found',
        found: answer.found.map(({ exchange, priority }) => ({ host: exchange, preference: priority })),
      };
    },
    async addresses(host, stop) {
      const name = ascii(host);
      const both = await Promise.all([
        asked(() => resolver.resolve6(name), stop),
        asked(() => resolver.resolve4(name), stop),
      ]);
      const [six, four] = both.map((answer) => (answer.kind === 'found' ? answer.found : []));
      const found = inTurns(six ?? [], four ?? []);
      if (found.length > 0) return { kind: 'found', found };
      // One kind that is not known for now may be the one that it has.
      return (
        both.find(({ kind }) => kind === 'failed') ?? both.find(({ kind }) => kind === 'none') ?? { kind: 'unknown' }
      );
    },
  };
}

/** As DNS knows it (RFC 5891); a name that cannot be written so is asked for as it is, and is not found. */
function ascii(name: string): string {
  return domainToASCII(name) || name;
}

async function asked<T>(ask: () => Promise<T[]>, stop: AbortSignal): Promise<NamesAnswer<T>> {
  const stopped = Promise.withResolvers<NamesAnswer<T>>();
  const onStop = () => stopped.resolve({ kind: 'failed', why: 'stopped' });
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  const answered = ask().then(
    (found): NamesAnswer<T> => (found.length > 0 ? { kind: 'found', found } : { kind: 'none' }),
    (error: NodeJS.ErrnoException) => failureOf(error),
  );
  try {
    return await Promise.race([answered, stopped.promise]);
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

function failureOf({ code = '' }: NodeJS.ErrnoException): NamesAnswer<never> {
  switch (code) {
    case 'ENODATA':
      return { kind: 'none' };
    case 'ENOTFOUND':
    case 'EBADNAME':
      return { kind: 'unknown' };
    case 'ETIMEOUT':
      return { kind: 'failed', why: 'the name server did not answer' };
    case 'ECONNREFUSED':
      return { kind: 'failed', why: 'no name server can be reached' };
    case 'EREFUSED':
      return { kind: 'failed', why: 'the name server refuses to answer' };
    default:
      return { kind: 'failed', why: `the name server has no answer for now (${code})` };
  }
}

function inTurns<T>(some: T[], others: T[]): T[] {
  const longest = Math.max(some.length, others.length);
  return Array.from({ length: longest }, (_, at) => [some[at], others[at]])
    .flat()
    .filter((one) => one !== undefined);
}

/**
 * Mail that goes to the recipients' mail exchangers itself (S107): the domains of a message are tried side by side, what becomes of
 * each is on disk before the next is written, and no domain has more than its share of the connections (I19).
 */
import { isIP } from 'node:net';
import { type Duration, seconds } from '../base/clock.ts';
import { domainOf } from '../mail/address.ts';
import type { SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';
import type { QueuedRecipient } from '../store/store.ts';
import { type Answered, answeredBy, makeReady, say, type Tried, unsaid } from './attempt.ts';
import { hostsOf, isOurselves } from './exchangers.ts';
import { capacityOf, createLoad, type Lane, type LaneParts } from './lanes.ts';
import type { Names } from './names.ts';
import { createRests } from './rests.ts';
import type { Chance } from './schedule.ts';
import type { ExchangerSettings } from './settings.ts';
import { createSlots } from './slots.ts';
import type { Underway } from './transfer.ts';
import { allOf, isFinal } from './verdict.ts';

export interface DirectParts extends LaneParts {
  exchangers: ExchangerSettings;
  names: Names;
  chance: Chance;
  retry: Duration[];
  /** A throw that is a bug: it is logged. */
  unforeseen(what: string, error: unknown): void;
}

export interface DirectLane extends Lane {
  /** Domains that rest are tried again. */
  forgive(): void;
}

/** With the mail exchangers of one domain at a time. */
const OF_ONE_DOMAIN = 4;

export const connectionsToOne = (connections: number): number => Math.min(OF_ONE_DOMAIN, Math.ceil(connections / 2));

/** Messages in memory that wait for a domain that has its share; more of them are handed back for a while. */
const MOST_WAITING = 10;
export const BUSY_DOMAIN = seconds(30);

export function createDirectLane(parts: DirectParts): DirectLane {
  const { clock, bus, queue, leaving, pool, recorder, exchangers, names, chance, connections, stop } = parts;
  const load = createLoad(capacityOf(connections), parts.freed);
  const slots = createSlots(connections, connectionsToOne(connections));
  const rests = createRests(clock, parts.retry);
  let withdrawn = new AbortController();

  function take(underway: Underway): void {
    load.add();
    const open = underway.entry.recipients.filter((recipient) => !isFinal(recipient));
    const groups = [...Map.groupBy(open, ({ address }) => domainOf(address))];
    const crowded = groups.every(([domain]) => slots.waiting(domain) >= MOST_WAITING);
    const work = crowded ? parts.handBack([underway], 'later') : sendAll(underway, groups);
    void work.catch((error: unknown) => parts.letGo(underway, error)).finally(() => load.done());
  }

  async function sendAll(underway: Underway, groups: [string, QueuedRecipient[]][]): Promise<void> {
    let open = groups.length;
    let answers = 0;
    let settled: Promise<void> = Promise.resolve();
    const finished = groups.map(async ([domain, recipients]) => {
      const tried = await toDomain(underway, domain, recipients).catch((error: unknown) =>
        unforeseen(domain, recipients, error),
      );
      open -= 1;
      if (tried.kind === 'answered') answers += 1;
      const more = open > 0;
      if (tried.kind === 'untried' && (more || answers === 0)) return;
      const answered = tried.kind === 'answered' ? tried : unsaid(recipients, { name: domain, host: '' }, STOPPED, []);
      settled = settled.then(() => settleOne(underway, answered, more));
    });
    await Promise.all(finished);
    await settled;
    if (answers === 0) await parts.handBack([underway]);
  }

  async function settleOne(underway: Underway, answered: Answered, more: boolean): Promise<void> {
    if (answered.results.some(({ outcome }) => outcome === 'sent')) await archive(underway);
    await parts.settle(underway, answered, { more });
  }

  /** Its octets leave to several at once; the copy is made apart from that, when the first has it. */
  async function archive({ entry }: Underway): Promise<void> {
    if (entry.recipients.some(({ state }) => state === 'sent')) return;
    const body = await leaving
      .bodyOf(entry, { bytes: entry.bytes, chunks: () => queue.read(entry.id) })
      .catch(() => null);
    const archiving = body && leaving.archiving(entry, body);
    if (!archiving) return;
    try {
      for await (const _ of archiving.body.chunks());
      await archiving.keep();
    } catch {
      await archiving.discard(); // a body that cannot be read is found out by whoever sends it
    }
  }

  /** The other domains of the message go on. */
  function unforeseen(domain: string, recipients: QueuedRecipient[], error: unknown): Answered {
    parts.unforeseen(`${domain} could not be tried`, error);
    return unsaid(
      recipients,
      { name: domain, host: '' },
      { kind: 'protocol', message: 'The gateway failed.', reply: null },
      [],
    );
  }

  async function toDomain(underway: Underway, domain: string, recipients: QueuedRecipient[]): Promise<Tried> {
    const release = await slots.take(domain, AbortSignal.any([stop, withdrawn.signal]));
    if (release === null) return { kind: 'untried' };
    try {
      return await connected(underway, domain, recipients);
    } finally {
      release();
    }
  }

  async function connected(underway: Underway, domain: string, recipients: QueuedRecipient[]): Promise<Tried> {
    const judged = (outcome: 'failed' | 'deferred', reply: string, transcript: string[] = []) =>
      answeredBy(
        { name: domain, host: '' },
        { recipients },
        {
          results: allOf(recipients, outcome, reply),
          ...{ transcript, unreadable: false, confirms: false, lacks: null },
        },
      );
    const resting = rests.reasonOf(domain);
    if (resting !== null) return judged('deferred', resting);

    const answer = await hostsOf(domain, { names, chance, ownName: exchangers.ehloName }, stop);
    if (stop.aborted) return { kind: 'untried' };
    if (answer.kind !== 'hosts') return judged(answer.kind, answer.reply);

    const failures: string[] = [];
    const lines: string[] = [];
    let ours = 0;
    for (const host of answer.hosts) {
      const peer = await peerAt(host);
      if (typeof peer === 'string') failures.push(peer);
      else if (peer === null) ours += 1;
      else {
        const tried = await through(peer, underway, recipients);
        if ('kind' in tried) return tried;
        if (tried.failure.kind === 'stopped') return { kind: 'untried' };
        failures.push(tried.failure.message);
        lines.push(...recorder.linesOf(tried.failure));
      }
    }
    if (failures.length === 0 && ours > 0)
      return judged('failed', `5.4.6 The mail exchanger of ${domain} is this machine`);
    const why = failures.join(' ') || 'no mail exchanger has an address';
    rests.failed(domain, why);
    return judged('deferred', why, lines);

    async function through(
      peer: SmtpPeer,
      { entry, way }: Underway,
      to: QueuedRecipient[],
    ): Promise<Answered | { failure: SmtpFailure }> {
      const ready = await makeReady(entry, way, parts, { recipients: to, archive: false });
      const used = await pool.use(
        peer,
        (conversation) => say(ready, peer, conversation, { bus, recorder, stop }),
        stop,
      );
      if (!used.ok) return { failure: used.failure };
      const { answered, turnedAway } = used.value;
      if (turnedAway?.kind === 'refused') rests.failed(domain, turnedAway.message);
      else rests.worked(domain);
      return answered;
    }
  }

  /** In words why it cannot be asked; null: it is this machine. */
  async function peerAt(host: string): Promise<SmtpPeer | string | null> {
    const { port, caFile, ehloName, tls } = exchangers;
    const answer = isIP(host) === 0 ? await names.addresses(host, stop) : { kind: 'found' as const, found: [host] };
    if (answer.kind === 'failed') return `The addresses of ${host} are not known: ${answer.why}.`;
    if (answer.kind !== 'found') return `${host} has no address.`;
    const addresses = answer.found.filter((address) => !isOurselves(address, port));
    if (addresses.length === 0) return null;
    const security = SECURITY[tls];
    return { name: host, host, addresses, port, security, fingerprint: null, caFile, login: null, ehloName };
  }

  return {
    get room() {
      return load.room;
    },
    get full() {
      return load.full;
    },
    get busy() {
      return load.busy;
    },
    take,
    withdraw() {
      withdrawn.abort();
      withdrawn = new AbortController();
    },
    close: () => pool.close(),
    forgive: () => rests.forgive(),
  };
}

const STOPPED: SmtpFailure = { kind: 'stopped', message: 'Stopped.', reply: null };

const SECURITY = { opportunistic: 'opportunistic', required: 'starttls', none: 'none' } as const;

/**
 * Which way a message goes: a report to the internal server, all else through the relay that an operator chose for it, or by its
 * sender: through a relay with that sender's login, or to the recipients' mail exchangers. Pure.
 */
import { domainOf, normalAddress } from '../mail/address.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import type { QueueEntry } from '../store/store.ts';
import type { Leaving } from './leaving.ts';
import type { ExchangerSettings, RelaySettings, SendingSettings } from './settings.ts';

interface AnyWay {
  /** What is kept with the message (QueueEntry.relay): claims tell ways apart by it, no two have the same, and people read it. */
  name: string;
  /** Messages of one lane share its connections. */
  lane: string;
  /** At a time. */
  connections: number;
  /** MAIL FROM's address; empty for the null sender. */
  sender: string;
}

export type PeerWay = AnyWay & { to: 'relay' | 'internal server'; peer: SmtpPeer };
export type DirectWay = AnyWay & { to: 'mail exchangers'; exchangers: ExchangerSettings };
export type Way = PeerWay | DirectWay;

export type Destination = Way['to'];

/** What of an entry decides. */
export type Routed = Pick<QueueEntry, 'sender' | 'from' | 'reportOn' | 'relayChoice'>;

/** The name of the way of messages for which there is none: they wait for another configuration. */
export const NO_WAY = 'none';

/** Of `[Relay]` without a host. */
const DIRECT = 'direct';

const INTERNAL_SERVER = 'internal server';

/** Null: there is no such way, and the message waits. */
export function wayOf(entry: Routed, settings: SendingSettings, leaving: Pick<Leaving, 'senderOf'>): Way | null {
  if (entry.reportOn !== null) return toInternalServer(settings);
  const { relays, exchangers } = settings;
  // What leaves decides (S112, S121); which address that is may hang on where it leaves to.
  const sender = leaving.senderOf(entry, 'relay');
  const chosen = chosenBy(entry, sender, [...relays, ...exchangers]);
  if (chosen === null) return null;
  const name = namesOf(settings).get(chosen) ?? chosen.name;
  if ('peer' in chosen) return through(chosen, { name, leaves: sender, came: entry.sender });
  return directly(chosen, name, leaving.senderOf(entry, 'mail exchangers'));
}

/** Those of the configuration, without the logins of single senders. */
export function configuredWays(settings: Ways): Way[] {
  const { relays, exchangers } = settings;
  const names = namesOf(settings);
  const nameOf = (chosen: Chosen) => names.get(chosen) ?? chosen.name;
  const inside = toInternalServer(settings);
  return [
    ...(inside === null ? [] : [inside]),
    ...relays.map((relay) => through(relay, { name: nameOf(relay), leaves: '', came: '' })),
    ...exchangers.map((one) => directly(one, nameOf(one), '')),
  ];
}

/** For QueueEntry.relay as soon as a message is in (pure, as cheap as `wayOf`). */
export function wayName(entry: Routed, settings: SendingSettings, leaving: Pick<Leaving, 'senderOf'>): string {
  return wayOf(entry, settings, leaving)?.name ?? NO_WAY;
}

function toInternalServer(settings: Ways): PeerWay | null {
  const { internalServer } = settings;
  if (internalServer === null) return null;
  const { peer, connections } = internalServer;
  const name = namesOf(settings).get(internalServer) ?? peer.name;
  return { name, lane: INTERNAL_SERVER, to: INTERNAL_SERVER, peer, connections, sender: '' };
}

type Ways = Pick<SendingSettings, 'relays' | 'exchangers' | 'internalServer'>;
type Chosen = RelaySettings | ExchangerSettings;

const named = new WeakMap<Ways, Map<object, string>>();

/**
 * By their hosts, as people know them. Two ways may lead to one host (a relay that is the internal server too, two logins, two
 * ports): the later one is told apart by its section, or mail would take the other's connection.
 */
function namesOf(settings: Ways): Map<object, string> {
  const known = named.get(settings);
  if (known !== undefined) return known;

  const names = new Map<object, string>();
  const taken = new Set([NO_WAY]);
  const give = (way: object, wish: string, section: string) => {
    const name = taken.has(wish) ? `${wish} (${section})` : wish;
    taken.add(name);
    names.set(way, name);
  };
  for (const relay of settings.relays) give(relay, relay.peer.name, relay.name || 'relay');
  for (const one of settings.exchangers) give(one, one.name || DIRECT, 'mail exchangers');
  const { internalServer } = settings;
  if (internalServer !== null) give(internalServer, internalServer.peer.name, INTERNAL_SERVER);
  named.set(settings, names);
  return names;
}

/** An operator's choice of a section that is no longer there is none. */
function chosenBy({ relayChoice }: Routed, sender: string, all: Chosen[]): Chosen | null {
  const wished = relayChoice === null ? undefined : all.find(({ name }) => name === relayChoice);
  const domain = domainOf(sender);
  const own = () => all.find(({ senderDomains }) => sender !== '' && senderDomains.includes(domain));
  return wished ?? own() ?? all.find(({ senderDomains }) => senderDomains.length === 0) ?? null;
}

/** `[Relay login: address]`: a login of one sender's own, which is a way of its own: its password may be refused while others work. */
function through(
  relay: RelaySettings,
  { name, leaves, came }: { name: string; leaves: string; came: string },
): PeerWay {
  const login = relay.logins.get(normalAddress(leaves)) ?? relay.logins.get(normalAddress(came));
  const peer = login === undefined ? relay.peer : peerWith(relay.peer, login);
  const way = login === undefined ? name : `${name} as ${login.user}`;
  return { name: way, lane: `relay ${relay.name}`, to: 'relay', peer, connections: relay.connections, sender: leaves };
}

function directly(exchangers: ExchangerSettings, name: string, sender: string): DirectWay {
  const lane = `direct ${exchangers.name}`;
  return { name, lane, to: 'mail exchangers', exchangers, connections: exchangers.connections, sender };
}

type Login = NonNullable<SmtpPeer['login']>;

const peers = new WeakMap<Login, SmtpPeer>();

/** The same peer each time: conversations are kept by it. */
function peerWith(peer: SmtpPeer, login: Login): SmtpPeer {
  const known = peers.get(login);
  if (known !== undefined && known.host === peer.host && known.port === peer.port && known.name === peer.name)
    return known;
  const made = { ...peer, login };
  peers.set(login, made);
  return made;
}

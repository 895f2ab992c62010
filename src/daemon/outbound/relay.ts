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
  /** What is kept with the message (QueueEntry.relay): claims tell ways apart by it, and people read it. */
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
  if ('peer' in chosen) return through(chosen, sender, entry.sender);
  return directWay(chosen, leaving.senderOf(entry, 'mail exchangers'));
}

/** For QueueEntry.relay as soon as a message is in (pure, as cheap as `wayOf`). */
export function wayName(entry: Routed, settings: SendingSettings, leaving: Pick<Leaving, 'senderOf'>): string {
  return wayOf(entry, settings, leaving)?.name ?? NO_WAY;
}

function toInternalServer({ internalServer }: SendingSettings): PeerWay | null {
  if (internalServer === null) return null;
  const { peer, connections } = internalServer;
  return { name: peer.name, lane: INTERNAL_SERVER, to: INTERNAL_SERVER, peer, connections, sender: '' };
}

type Chosen = RelaySettings | ExchangerSettings;

/** An operator's choice of a section that is no longer there is none. */
function chosenBy({ relayChoice }: Routed, sender: string, all: Chosen[]): Chosen | null {
  const wished = relayChoice === null ? undefined : all.find(({ name }) => name === relayChoice);
  const domain = domainOf(sender);
  const own = () => all.find(({ senderDomains }) => sender !== '' && senderDomains.includes(domain));
  return wished ?? own() ?? all.find(({ senderDomains }) => senderDomains.length === 0) ?? null;
}

/** `[Relay login: address]`: a login of one sender's own, which is a way of its own: its password may be refused while others work. */
function through(relay: RelaySettings, leaves: string, came: string): PeerWay {
  const { name, connections } = relay;
  const login = relay.logins.get(normalAddress(leaves)) ?? relay.logins.get(normalAddress(came));
  const peer = login === undefined ? relay.peer : peerWith(relay.peer, login);
  const way = login === undefined ? peer.name : `${peer.name} as ${login.user}`;
  return { name: way, lane: `relay ${name}`, to: 'relay', peer, connections, sender: leaves };
}

export function directWay(exchangers: ExchangerSettings, sender: string): DirectWay {
  const { name, connections } = exchangers;
  return { name: name || DIRECT, lane: `direct ${name}`, to: 'mail exchangers', exchangers, connections, sender };
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

/** Which way a message goes: a relay by its sender, with that sender's login; a report to the internal server. Pure. */
import { domainOf, normalAddress } from '../mail/address.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import type { QueueEntry } from '../store/store.ts';
import type { RelaySettings, SendingSettings } from './settings.ts';

export type Destination = 'relay' | 'internal server';

export interface Way {
  /** Where it leads; messages of one lane share its connections. */
  lane: string;
  to: Destination;
  peer: SmtpPeer;
  connections: number;
}

/** Reports go to the internal server, all else through a relay; null: there is no such way, and the message waits. */
export function wayOf(
  { sender, reportOn }: Pick<QueueEntry, 'sender' | 'reportOn'>,
  settings: SendingSettings,
): Way | null {
  if (reportOn !== null)
    return settings.internalServer && { lane: 'internal server', to: 'internal server', ...settings.internalServer };
  const relay = relayOf(sender, settings.relays);
  return relay && { lane: `relay ${relay.name}`, to: 'relay', peer: as(sender, relay), connections: relay.connections };
}

function relayOf(sender: string, relays: RelaySettings[]): RelaySettings | null {
  const domain = domainOf(sender);
  const own = relays.find(({ senderDomains }) => sender !== '' && senderDomains.includes(domain));
  return own ?? relays.find(({ senderDomains }) => senderDomains.length === 0) ?? null;
}

/** `[Relay login: address]`: a login of one sender's own. */
function as(sender: string, { peer, logins }: RelaySettings): SmtpPeer {
  const login = logins.get(normalAddress(sender));
  return login ? { ...peer, login } : peer;
}

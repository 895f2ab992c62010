/**
 * What is wrong with a configuration as a whole, though each of its values is right: things fetched twice,
 * sent in a circle, open to everybody, or meant for something that is not there. Pure.
 */
import { foldName } from '../base/blanks.ts';
import type { Draft } from './draft.ts';
import { nearestName } from './nearest.ts';
import { type AddressList, isLoopback, isPrivate } from './networks.ts';
import type { Findings, Place } from './problem.ts';
import { placeOf, placeOfSection } from './read-section.ts';

/** Octets, without the closing NUL: `sun_path` of unix(7) holds 108. */
const LONGEST_SOCKET_PATH = 107;

export function checkWhole(draft: Draft, findings: Findings): void {
  const refuse = (place: Place, message: string): void => void findings.problems.push({ ...place, message });
  const warn = (place: Place, message: string): void => void findings.warnings.push({ ...place, message });

  mailboxesOnce(draft, refuse);
  listenersApart(draft, refuse);
  noCircle(draft, refuse);
  notAnOpenRelay(draft, refuse);
  controlProtected(draft, refuse);
  certificatesWithKeys(draft, refuse);
  domainsOnce(draft, refuse);
  socketFits(draft, refuse);

  knownAccounts(draft, warn);
  portsFitSecurity(draft, warn);
  certificateExceptions(draft, warn);
  rulesHaveMasks(draft, warn);
}

type Say = (place: Place, message: string) => void;

/** CFG05: the second would fetch what the first has already fetched. 110 and 995 are two doors of one server. */
function mailboxesOnce({ accounts }: Draft, refuse: Say): void {
  const firsts = new Map<string, string>();
  for (const account of accounts.filter((one) => one.values.enabled)) {
    const { host, port, user } = account.values;
    const mailbox = JSON.stringify([host.toLowerCase(), port === 995 ? 110 : port, user.toLowerCase()]);
    const first = firsts.get(mailbox);
    if (first === undefined) firsts.set(mailbox, account.name);
    else
      refuse(placeOf(account, 'user'), `is the same mailbox as account "${first}": its mail would be fetched twice.`);
  }
}

interface Listener {
  readonly place: Place;
  readonly host: string | null;
  readonly port: number;
}

/** CFG05: only one of them would get the port. */
function listenersApart({ outgoing, remoteControl }: Draft, refuse: Say): void {
  const { enabled, listenAddress, listenPort } = outgoing.values;
  const { listen, metricsListen } = remoteControl.values;
  const listeners: Listener[] = [];
  if (enabled) listeners.push({ place: placeOf(outgoing, 'listenPort'), host: listenAddress, port: listenPort });
  if (listen) listeners.push({ place: placeOf(remoteControl, 'listen'), ...listen });
  if (metricsListen) listeners.push({ place: placeOf(remoteControl, 'metricsListen'), ...metricsListen });

  for (const [index, one] of listeners.entries()) {
    const other = listeners.slice(0, index).find((before) => before.port === one.port && meet(before.host, one.host));
    if (other)
      refuse(one.place, `is port ${one.port} of ${other.place.key}, too. Choose another port for one of them.`);
  }
}

const meet = (a: string | null, b: string | null): boolean => isAny(a) || isAny(b) || sameHost(a ?? '', b ?? '');

const isAny = (host: string | null): boolean => host === null || host === '0.0.0.0' || host === '::';

const sameHost = (a: string, b: string): boolean =>
  a.toLowerCase() === b.toLowerCase() || (isLoopback(a) && isLoopback(b) && (a === 'localhost' || b === 'localhost'));

/** CFG05: mail that we send to ourselves never arrives. */
function noCircle({ outgoing, mailServer, relay, relays }: Draft, refuse: Say): void {
  const { enabled, listenAddress, listenPort } = outgoing.values;
  const peers = [mailServer, relay, ...relays].filter((peer) => peer !== null);
  for (const peer of enabled ? peers : []) {
    const { host, port } = peer.values;
    const ours = host !== null && (isAny(listenAddress) ? isLoopback(host) : sameHost(host, listenAddress ?? ''));
    if (ours && port === listenPort) {
      refuse(
        placeOf(peer, 'port'),
        'is the port on which this gateway takes outgoing mail: mail would go in a circle.',
      );
    }
  }
}

/** CFG15. */
function notAnOpenRelay({ outgoing, outgoingUsers }: Draft, refuse: Say): void {
  const { acceptFrom, acceptFromAnyone, requireAuthentication } = outgoing.values;
  if (requireAuthentication && outgoingUsers.length === 0) {
    const message = 'lets nobody hand over mail: [Outgoing users] has no line "name=password".';
    refuse(placeOf(outgoing, 'requireAuthentication'), message);
  }
  if (acceptFromAnyone || requireAuthentication) return;

  const wide = publicNetworks(acceptFrom);
  if (wide.length === 0) return;

  const advice = 'Name private networks, or set "Require authentication=1", or write "Accept from anyone=yes, I know".';
  refuse(placeOf(outgoing, 'acceptFrom'), `would make this an open relay for ${wide.join(', ')}. ${advice}`);
}

const publicNetworks = (list: AddressList): string[] =>
  list.networks.filter((network) => !isPrivate(network)).map(({ address, prefix }) => `${address}/${prefix}`);

/** CFG15: what goes over this link must not be read by others. */
function controlProtected({ remoteControl }: Draft, refuse: Say): void {
  const { listen, tlsCertificate, tlsKey } = remoteControl.values;
  if (listen === null || isLoopback(listen.host) || (tlsCertificate !== null && tlsKey !== null)) return;

  const message = `${listen.host} is reached from other machines: it needs "TLS certificate" and "TLS key". Or listen on 127.0.0.1 and come through SSH.`;
  refuse(placeOf(remoteControl, 'listen'), message);
}

function certificatesWithKeys({ outgoing, remoteControl }: Draft, refuse: Say): void {
  for (const part of [outgoing, remoteControl]) {
    const { tlsCertificate, tlsKey } = part.values;
    if (tlsCertificate !== null && tlsKey === null) refuse(placeOf(part, 'tlsCertificate'), 'needs a "TLS key", too.');
    if (tlsKey !== null && tlsCertificate === null) refuse(placeOf(part, 'tlsKey'), 'needs a "TLS certificate", too.');
  }
}

function domainsOnce({ relays }: Draft, refuse: Say): void {
  const firsts = new Map<string, string>();
  for (const relay of relays) {
    for (const domain of new Set(relay.values.senderDomains)) {
      const first = firsts.get(domain);
      if (first === undefined) firsts.set(domain, relay.name);
      else refuse(placeOf(relay, 'senderDomains'), `${domain} is a domain of relay "${first}" already.`);
    }
  }
}

function socketFits({ remoteControl }: Draft, refuse: Say): void {
  const { socket } = remoteControl.values;
  const octets = Buffer.byteLength(socket);
  if (octets <= LONGEST_SOCKET_PATH) return;

  const message = `${socket} has ${octets} octets, and the path of a Unix socket has at most ${LONGEST_SOCKET_PATH}. Choose a shorter home.`;
  refuse(placeOf(remoteControl, 'socket'), message);
}

/** A warning only: the account may have been removed, and its recipient keep the rest of its mail. */
function knownAccounts({ accounts, recipients }: Draft, warn: Say): void {
  const names = accounts.map((account) => account.name);
  const known = new Set(names.map(foldName));
  for (const recipient of recipients) {
    for (const name of recipient.values.accounts.filter((one) => !known.has(foldName(one)))) {
      const nearest = names.length === 0 ? '' : ` The nearest one is "${nearestName(name, names)}".`;
      warn(placeOf(recipient, 'accounts'), `there is no POP3 account "${name}".${nearest}`);
    }
  }
}

const TLS_PORTS = [465, 995];
const PLAIN_PORTS = [25, 110, 587];

/** Each side would wait for the other to speak first, until a deadline. */
function portsFitSecurity({ accounts, mailServer, relay, relays }: Draft, warn: Say): void {
  const peers = [mailServer, relay, ...relays, ...accounts].filter((peer) => peer !== null);
  for (const peer of peers) {
    const { port, security, host } = peer.values;
    const tls = security === 'tls';
    if (host === null || !(tls ? PLAIN_PORTS : TLS_PORTS).includes(port)) continue;

    const speaks = tls ? 'begins without TLS, as a rule' : 'speaks TLS from the first octet, as a rule';
    warn(placeOf(peer, 'port'), `port ${port} ${speaks}, and Security is ${security}.`);
  }
}

/** CFG09: told at each start. */
function certificateExceptions({ accounts, mailServer, relay, relays }: Draft, warn: Say): void {
  const peers = [mailServer, relay, ...relays, ...accounts].filter((peer) => peer !== null);
  for (const peer of peers) {
    const { certificateFingerprint, caFile } = peer.values;
    if (certificateFingerprint !== null) {
      warn(placeOf(peer, 'certificateFingerprint'), 'that certificate is accepted although it cannot be verified.');
    }
    if (caFile !== null) warn(placeOf(peer, 'caFile'), 'its authorities are believed in place of those of the system.');
  }
}

function rulesHaveMasks({ contentRules }: Draft, warn: Say): void {
  for (const rule of contentRules) {
    const { attachments, subject, from, to, header } = rule.values;
    const masks = attachments.length + subject.length + from.length + to.length + header.length;
    if (masks === 0) warn(placeOfSection(rule), 'has no masks, so that it never applies.');
  }
}

/** From the configuration to what each part is told: the one place that knows both. Pure, save for the two files of the listener's TLS. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TraceName } from '../protocol/model.ts';
import { days, hours, minutes, seconds } from './base/clock.ts';
import { Secret } from './base/secret.ts';
import type { Account, Config, MailServer, Relay } from './config/config.ts';
import type { Timed } from './inbound/timetable.ts';
import type { InboundAccount } from './inbound/parts.ts';
import { normalAddress } from './mail/address.ts';
import type {
  ExchangerSettings,
  ListenerSettings,
  OutboundSettings,
  RelaySettings,
  SendingSettings,
} from './outbound/settings.ts';
import { loginMechanism, usesToken, xoauth2Form } from './signin/settings.ts';
import { accountKey, relayKey, relayLoginKey } from './signin/subject.ts';
import type { SmtpPeer } from './smtp/conversation.ts';

export function gatewayName(config: Config): string {
  return config.options.gatewayName ?? hostname();
}

export function traceLevels(config: Config): Record<TraceName, number> {
  const level = { off: 0, short: 1, whole: 2 };
  const { pop3Trace, inboundSmtpTrace, outboundSmtpTrace } = config.options;
  return { pop3: level[pop3Trace], 'smtp-in': level[inboundSmtpTrace], 'smtp-out': level[outboundSmtpTrace] };
}

/** An account that can be fetched; null for one that rests, because its password cannot be had. */
export function mailboxOf(account: Account, config: Config): InboundAccount | null {
  const { name, host, port, security, user, authentication } = account;
  if (!canLogIn(account)) return null;
  return {
    name,
    server: {
      host,
      port,
      security,
      fingerprint: account.certificateFingerprint,
      caFile: account.caFile,
      user,
      password: account.password ?? new Secret(''),
      authentication,
      xoauth2: xoauth2Form(account, config),
    },
    byToken: usesToken(account),
    keepOnServer: account.keepOnServer,
    keepUnroutable: account.keepUnroutable,
    deleteAfter: days(account.deleteAfterDays),
    maxBytes: account.maximumBytes ?? 0,
    notifySender: account.notifySender,
    sessionTimeout: seconds(account.sessionTimeoutSeconds),
  };
}

/** Which enabled account a sign-in is of, by the name that is told of it; null: a relay, or a login there. */
export function signedInAccount({ accounts }: Config, subject: string): string | null {
  const found = accounts.find(
    ({ name, enabled, oauth2 }) => enabled && oauth2 !== null && [name, accountKey(name)].includes(subject),
  );
  return found?.name ?? null;
}

/** It has a password, or a token that somebody else finds. */
function canLogIn(account: Account): boolean {
  return account.password !== null || (usesToken(account) && account.problem === null);
}

/** `rests`: nothing is fetched by itself, whatever the account says (paused, no internal server). */
export function timedOf(account: Account, config: Config, rests: boolean): Timed {
  const interval = minutes(account.pollEveryMinutes ?? config.options.pollEveryMinutes);
  return {
    name: account.name,
    enabled: account.enabled && canLogIn(account),
    interval: rests ? 0 : interval,
    times: rests ? [] : account.pollAt,
  };
}

/** Null when there is none, or it rests because its password cannot be had. */
export function mailServerPeer(config: Config): SmtpPeer | null {
  const server = config.mailServer;
  if (!server || server.problem !== null) return null;
  return peerOf(server.host, { ...server, authentication: 'auto' }, server.host, config);
}

type PeerKeys = Pick<MailServer, 'port' | 'security' | 'certificateFingerprint' | 'caFile' | 'user' | 'password'> &
  Pick<Relay, 'authentication'>;

function peerOf(host: string, keys: PeerKeys, name: string, config: Config): SmtpPeer {
  return {
    ...{ name, host, port: keys.port, security: keys.security, caFile: keys.caFile },
    fingerprint: keys.certificateFingerprint,
    login: keys.user
      ? { user: keys.user, password: keys.password ?? new Secret(''), mechanism: keys.authentication }
      : null,
    ehloName: gatewayName(config),
  };
}

export async function outboundSettings(config: Config): Promise<OutboundSettings> {
  const known = new Set(
    config.recipients.flatMap(({ address, otherAddresses }) => [address, ...otherAddresses]).map(normalAddress),
  );
  return {
    listener: await listenerSettings(config),
    sending: sendingSettings(config),
    reports: {
      gatewayName: gatewayName(config),
      language: config.options.language,
      knownSender: (address) => known.has(normalAddress(address)),
    },
  };
}

async function listenerSettings(config: Config): Promise<ListenerSettings> {
  const { outgoing } = config;
  return {
    address: outgoing.listenAddress,
    port: outgoing.listenPort,
    folder: join(config.home, 'Outgoing'),
    gatewayName: gatewayName(config),
    serverName: outgoing.serverName,
    heloName: outgoing.heloReplyName,
    acceptFrom: outgoing.acceptFrom,
    requireAuthentication: outgoing.requireAuthentication,
    users: new Map(config.outgoingUsers.map(({ name, password }) => [name, password])),
    tls: await listenerCertificate(config),
    maxMessageBytes: outgoing.maxMessageBytes,
    maxRecipients: outgoing.maxRecipients,
    maxConnections: outgoing.maxConnections,
    maxConnectionsPerAddress: outgoing.maxConnectionsPerAddress,
    maxMessagesPerMinutePerAddress: outgoing.maxMessagesPerMinutePerAddress,
    maxQueuedBytes: outgoing.maxQueuedMegabytes * MEGABYTE,
    minimumBytesPerSecond: outgoing.minimumBytesPerSecond,
    bareLineEnds: outgoing.bareLineEnds,
    maxReceivedHeaders: outgoing.maxReceivedHeaders,
    holdAll: outgoing.holdAll,
  };
}

const MEGABYTE = 1_048_576;

async function listenerCertificate({ outgoing: { tlsCertificate, tlsKey } }: Config): Promise<ListenerSettings['tls']> {
  if (tlsCertificate === null || tlsKey === null) return null;
  return { certificate: await readFile(tlsCertificate, 'utf8'), key: await readFile(tlsKey, 'utf8') };
}

function sendingSettings(config: Config): SendingSettings {
  const peer = mailServerPeer(config);
  const { retryMinutes, giveUpAfterHours, warnSenderAfterHours, sendAt, whatRelayCannotTake } = config.outgoing;
  return {
    relays: config.relays.flatMap((relay) => relaySettings(relay, config)),
    exchangers: config.relays.filter(({ host }) => host === null).map((relay) => exchangerSettings(relay, config)),
    dnsServers: [...config.options.dnsServers],
    ...{ sendAt, whatRelayCannotTake },
    warnAfter: warnSenderAfterHours === 0 ? null : hours(warnSenderAfterHours),
    internalServer: peer && { peer, connections: config.mailServer?.connections ?? 1 },
    retry: retryMinutes.map(minutes),
    giveUpAfter: hours(giveUpAfterHours),
  };
}

/** RFC 5321 §4.5.4.2: mail exchangers have no other. */
const EXCHANGER_PORT = 25;

function exchangerSettings(relay: Relay, config: Config): ExchangerSettings {
  const { name, exchangerTls, caFile, connections } = relay;
  return {
    ...{ name, caFile, connections, tls: exchangerTls, port: EXCHANGER_PORT },
    senderDomains: [...relay.senderDomains],
    ehloName: gatewayName(config),
  };
}

function relaySettings(relay: Relay, config: Config): RelaySettings[] {
  if (relay.host === null || relay.problem !== null) return [];
  const logins = config.relayLogins
    .filter((login) => login.password !== null || (usesToken(login) && login.problem === null))
    .map((login): [string, NonNullable<SmtpPeer['login']>] => [
      normalAddress(login.sender),
      {
        user: login.user ?? login.sender,
        password: login.password ?? new Secret(''),
        mechanism: loginMechanism(relay, login),
        ...(usesToken(login) ? { tokenOf: relayLoginKey(login.sender) } : {}),
      },
    ]);
  const peer = peerOf(relay.host, relay, relay.name || relay.host, config);
  return [
    {
      name: relay.name,
      peer:
        peer.login && usesToken(relay) ? { ...peer, login: { ...peer.login, tokenOf: relayKey(relay.name) } } : peer,
      connections: relay.connections,
      senderDomains: [...relay.senderDomains],
      logins: new Map(logins),
    },
  ];
}

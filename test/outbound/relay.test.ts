import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/daemon/base/secret.ts';
import { asItCame } from '../../src/daemon/outbound/leaving.ts';
import { configuredWays, wayName, wayOf } from '../../src/daemon/outbound/relay.ts';
import type { ExchangerSettings, RelaySettings, SendingSettings } from '../../src/daemon/outbound/settings.ts';
import type { SmtpPeer } from '../../src/daemon/smtp/conversation.ts';

const peer = (name: string): SmtpPeer => ({
  name,
  host: name,
  port: 587,
  security: 'starttls',
  fingerprint: null,
  caFile: null,
  login: null,
  ehloName: 'gw.example',
});
const relay = (name: string, more: Partial<RelaySettings> = {}): RelaySettings => ({
  name,
  peer: peer(name === '' ? 'relay.example' : `${name}.example`),
  connections: 8,
  senderDomains: [],
  logins: new Map(),
  ...more,
});
const anna = { user: 'anna', password: new Secret('x'), mechanism: 'auto' as const };
const settings: SendingSettings = {
  relays: [
    relay('', { logins: new Map([['anna@pytheas.com', anna]]) }),
    relay('partner', { senderDomains: ['partner.com', 'sub.partner.com'] }),
  ],
  internalServer: { peer: peer('internal'), connections: 4 },
  ...{ exchangers: [], dnsServers: [], sendAt: { is: 'at once' as const }, retry: [1], giveUpAfter: 1 },
  ...{ warnAfter: null, whatRelayCannotTake: 'return' as const },
};
const entry = (sender: string, more: { reportOn?: string; relayChoice?: string; from?: string } = {}) => ({
  ...{ sender, from: '', reportOn: null, relayChoice: null },
  ...more,
});
const way = (sender: string, more: Parameters<typeof entry>[1] = {}, config = settings) =>
  wayOf(entry(sender, more), config, asItCame);
const peerOf = (...how: Parameters<typeof way>) => {
  const found = way(...how);
  return found === null || found.to === 'mail exchangers' ? null : found.peer;
};
const direct = (name: string, more: Partial<ExchangerSettings> = {}): ExchangerSettings => ({
  ...{ name, senderDomains: [], port: 25, tls: 'opportunistic', caFile: null, connections: 8, ehloName: 'gw.example' },
  ...more,
});

describe('S107: which way', () => {
  test.each([
    ['fk@pytheas.com', 'relay.example'],
    ['', 'relay.example'],
    ['a@PARTNER.com', 'partner.example'],
    ['a@sub.partner.com', 'partner.example'],
    ['a@other.partner.com', 'relay.example'],
  ])('mail of %j goes to %s', (sender, host) => {
    expect(peerOf(sender)?.host).toBe(host);
  });

  test('two ways to one host are two ways: the relay that is the internal server too, another login, another port', () => {
    const one = peer('mail.example');
    const inside = { ...one, port: 25 };
    const partner = relay('partner', { peer: { ...one, login: anna }, senderDomains: ['partner.com'] });
    const config = {
      ...{ ...settings, relays: [relay('', { peer: one }), partner], exchangers: [direct('mail.example')] },
      internalServer: { peer: inside, connections: 4 },
    };
    expect(way('fk@pytheas.com', {}, config)).toMatchObject({ name: 'mail.example', peer: one });
    expect(way('a@partner.com', {}, config)).toMatchObject({ name: 'mail.example (partner)', peer: partner.peer });
    expect(way('', { reportOn: 'Pmg1000' }, config)).toMatchObject({
      ...{ name: 'mail.example (internal server)', to: 'internal server', peer: inside },
    });
    const names = configuredWays(config).map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
  });

  test('a sender with a login of its own uses it, in any case, and its way is one of its own', () => {
    expect(peerOf('Anna@Pytheas.com')?.login).toEqual(anna);
    expect(peerOf('fk@pytheas.com')?.login).toBeNull();
    expect(wayName(entry('anna@pytheas.com'), settings, asItCame)).toBe('relay.example as anna');
    expect(peerOf('anna@pytheas.com')).toBe(peerOf('ANNA@pytheas.com')); // conversations are kept by it
  });

  test('S112: under which address it leaves decides; where that has no login, the one it came from does', () => {
    const leaving = { senderOf: () => 'sales@partner.com' };
    expect(wayOf(entry('sales__fk@pytheas.com'), settings, leaving)).toMatchObject({
      ...{ name: 'partner.example', sender: 'sales@partner.com' },
    });
    const without = { senderOf: () => 'sales@pytheas.com' };
    expect(wayOf(entry('anna@pytheas.com'), settings, without)).toMatchObject({ peer: { login: anna } });
  });

  test('S114: a report goes to the internal server', () => {
    expect(peerOf('', { reportOn: 'Pmg1000' })?.host).toBe('internal');
  });

  test('an operator may choose another relay; a choice that is no longer configured is none', () => {
    expect(peerOf('fk@pytheas.com', { relayChoice: 'partner' })?.host).toBe('partner.example');
    expect(peerOf('a@partner.com', { relayChoice: '' })?.host).toBe('relay.example');
    expect(peerOf('fk@pytheas.com', { relayChoice: 'gone' })?.host).toBe('relay.example');
  });

  test('without a host in [Relay] it goes to the mail exchangers, where S121 is of no use', () => {
    const config = { ...settings, relays: settings.relays.slice(1), exchangers: [direct('')] };
    expect(way('fk@pytheas.com', {}, config)).toMatchObject({ name: 'direct', to: 'mail exchangers' });
    expect(peerOf('a@partner.com', {}, config)?.host).toBe('partner.example');
    const leaving = { senderOf: (_: unknown, to: string) => (to === 'relay' ? 'from@pytheas.com' : '') };
    expect(wayOf(entry('', { from: 'from@pytheas.com' }), config, leaving)).toMatchObject({
      name: 'direct',
      sender: '',
    });
  });

  test('where there is no way the message waits', () => {
    expect(way('', { reportOn: 'Pmg1000' }, { ...settings, internalServer: null })).toBeNull();
    expect(way('fk@pytheas.com', {}, { ...settings, relays: [] })).toBeNull();
    expect(wayName(entry('fk@pytheas.com'), { ...settings, relays: [] }, asItCame)).toBe('none');
  });
});

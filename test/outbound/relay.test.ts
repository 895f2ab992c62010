import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/daemon/base/secret.ts';
import { wayOf } from '../../src/daemon/outbound/relay.ts';
import type { RelaySettings } from '../../src/daemon/outbound/settings.ts';
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
const settings = {
  relays: [
    relay('', { logins: new Map([['anna@pytheas.com', anna]]) }),
    relay('partner', { senderDomains: ['partner.com', 'sub.partner.com'] }),
  ],
  internalServer: { peer: peer('internal'), connections: 4 },
  retry: [1],
  giveUpAfter: 1,
};
const to = (sender: string, reportOn: string | null = null, config = settings) => wayOf({ sender, reportOn }, config);

describe('S107: which way', () => {
  test.each([
    ['fk@pytheas.com', 'relay.example'],
    ['', 'relay.example'],
    ['a@PARTNER.com', 'partner.example'],
    ['a@sub.partner.com', 'partner.example'],
    ['a@other.partner.com', 'relay.example'],
  ])('mail of %j goes to %s', (sender, host) => {
    expect(to(sender)?.peer.host).toBe(host);
  });

  test('a sender with a login of its own uses it, in any case', () => {
    expect(to('Anna@Pytheas.com')?.peer.login).toEqual(anna);
    expect(to('fk@pytheas.com')?.peer.login).toBeNull();
  });

  test('S114: a report goes to the internal server', () => {
    expect(to('', 'Pmg1000')?.peer.host).toBe('internal');
  });

  test('where there is no way the message waits', () => {
    expect(wayOf({ sender: '', reportOn: 'Pmg1000' }, { ...settings, internalServer: null })).toBeNull();
    expect(wayOf({ sender: 'fk@pytheas.com', reportOn: null }, { ...settings, relays: [] })).toBeNull();
  });
});

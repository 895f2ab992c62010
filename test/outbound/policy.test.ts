import { describe, expect, test } from 'vitest';
import { AddressList, type Network, readNetwork } from '../../src/daemon/config/networks.ts';
import { refusalOf } from '../../src/daemon/outbound/policy.ts';

const list = (...networks: string[]) => new AddressList(networks.map((text) => readNetwork(text) as Network));
const from = (address: string, user: string | null = null) => ({ address, user });

describe('I23: who may hand over mail', () => {
  const closed = {
    acceptFrom: list('127.0.0.1', '::1', '192.168.1.0/24'),
    requireAuthentication: false,
    offersLogin: false,
  };

  test.each(['127.0.0.1', '::1', '192.168.1.77', '::ffff:192.168.1.77', '::FFFF:127.0.0.1'])(
    '%s is listed',
    (address) => {
      expect(refusalOf(from(address), closed)).toBeNull();
    },
  );

  test.each(['192.168.2.1', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', ''])('%j is not', (address) => {
    expect(refusalOf(from(address), closed)).toEqual({ code: 550, text: '5.7.1 Relaying denied' });
  });

  test('who logged in may, from anywhere', () => {
    expect(refusalOf(from('203.0.113.9', 'anna'), { ...closed, offersLogin: true })).toBeNull();
    expect(refusalOf(from('203.0.113.9'), { ...closed, offersLogin: true })).toMatchObject({ code: 530 });
  });

  test('where a login is required, a listed address does not do', () => {
    expect(refusalOf(from('127.0.0.1'), { ...closed, requireAuthentication: true })).toMatchObject({ code: 530 });
  });
});

import { expect, test } from 'vitest';
import { AddressList, isLoopback, isPrivate, readNetwork } from '../../src/daemon/config/networks.ts';

const listOf = (...texts: string[]) => new AddressList(texts.map(network));

function network(text: string) {
  const read = readNetwork(text);
  if (read === null) throw new Error(`no network: ${text}`);
  return read;
}

test('an address is in its network, also in its IPv6 form and with a zone', () => {
  const list = listOf('192.168.1.0/24', '::1', 'fe80::/10');
  expect(['192.168.1.7', '::ffff:192.168.1.7', '::1', 'fe80::1%eth0'].map((peer) => list.includes(peer))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['192.168.2.7', '127.0.0.1', '::2', '', 'localhost', '192.168.1.7 '].some((peer) => list.includes(peer))).toBe(
    false,
  );
});

test('IPv4 in IPv6 clothes is IPv4, and cannot widen a list to everybody', () => {
  expect(network('::ffff:127.0.0.1')).toEqual({ address: '127.0.0.1', prefix: 32, family: 'ipv4' });
  expect(network('0:0:0:0:0:FFFF:0a00:0/104')).toEqual({ address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  expect(readNetwork('::ffff:127.0.0.1/95')).toBeNull();
  expect(listOf('::ffff:127.0.0.1').includes('8.8.8.8')).toBe(false);
});

test.each([
  '',
  'localhost',
  '192.168.1',
  '192.168.1.0/33',
  '::1/129',
  '192.168.1.0/',
  '1.2.3.4/a',
  'fe80::1%eth0',
  '192.168.1.0/255.255.255.0',
])('"%s" is no network', (text) => {
  expect(readNetwork(text)).toBeNull();
});

test.each([
  '127.0.0.1',
  '127.0.0.0/8',
  '10.1.0.0/16',
  '172.16.0.0/12',
  '192.168.1.5',
  '169.254.1.1',
  '100.64.0.0/10',
  '::1',
  'fd00::/8',
  'fe80::/64',
])('%s is private', (text) => {
  expect(isPrivate(network(text))).toBe(true);
});

test.each([
  '0.0.0.0/0',
  '::/0',
  '::/64',
  '8.8.8.8',
  '10.0.0.0/7',
  '172.16.0.0/11',
  '::1/127',
  '2001:db8::1',
  '::ffff:0:0/96',
  '::ffff:8.8.8.8',
])('%s is not', (text) => {
  expect(isPrivate(network(text))).toBe(false);
});

test('this machine is known by its names', () => {
  expect(['127.0.0.1', '127.3.2.1', '::1', 'localhost', 'LOCALHOST', '0:0:0:0:0:0:0:1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '10.0.0.1', '::', 'localhost.example', '127.0.0.1.example', ''].some(isLoopback)).toBe(false);
});

/** Addresses and networks that may do something: `Accept from`. */
import { BlockList, isIP, isIPv6 } from 'node:net';

export interface Network {
  readonly address: string;
  /** Leading bits that must be equal: 32 (IPv4) or 128 (IPv6) for one address. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** RFC 1122, 1918, 3927, 4193, 4291 and 6598: what the Internet cannot send from. */
const PRIVATE: readonly Network[] = [
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '172.16.0.0', prefix: 12, family: 'ipv4' },
  { address: '192.168.0.0', prefix: 16, family: 'ipv4' },
  { address: '169.254.0.0', prefix: 16, family: 'ipv4' },
  { address: '100.64.0.0', prefix: 10, family: 'ipv4' },
  { address: '::1', prefix: 128, family: 'ipv6' },
  { address: 'fc00::', prefix: 7, family: 'ipv6' },
  { address: 'fe80::', prefix: 10, family: 'ipv6' },
];

/** Whether a peer's address is in one of some networks. */
export class AddressList {
  readonly networks: readonly Network[];
  readonly #list: BlockList;

  constructor(networks: readonly Network[]) {
    this.networks = networks;
    this.#list = blockListOf(networks);
  }

  /** An IPv4 address in its IPv6 form (`::ffff:127.0.0.1`) is that IPv4 address; what is no address is never in. */
  includes(address: string): boolean {
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** `192.168.1.0/24`, `::1`; null when it is neither an address nor a network. */
export function readNetwork(text: string): Network | null {
  const [, address = '', slash, bits] = /^([^/\s]+)(\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return null;

  const width = version === 6 ? 128 : 32;
  const prefix = slash === undefined ? width : Number(bits);
  if (prefix > width) return null;

  return version === 4 ? { address, prefix, family: 'ipv4' } : plainNetwork(address, prefix);
}

/** Whether each address of the network is a private one. */
export function isPrivate(network: Network): boolean {
  return PRIVATE.some(
    (one) =>
      one.family === network.family &&
      one.prefix <= network.prefix &&
      blockListOf([one]).check(network.address, network.family),
  );
}

/** This machine talking to itself. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;

  const network = readNetwork(host);
  return network !== null && (network.address === '::1' || network.address.startsWith('127.'));
}

/**
 * IPv4 written as IPv6 is turned into IPv4. A network that reaches from there into other addresses has no such
 * form; it is refused, because a list holds each IPv4 address to be in it: `::ffff:127.0.0.1/95` is everybody.
 */
function plainNetwork(address: string, prefix: number): Network | null {
  const canonical = canonicalIPv6(address);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return { address: canonical, prefix, family: 'ipv6' };
  if (prefix < 96) return null;

  const number = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16);
  const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff);
  return { address: bytes.join('.'), prefix: prefix - 96, family: 'ipv4' };
}

/** The shortest form, in lower case (RFC 5952), which the URL parser writes. */
const canonicalIPv6 = (address: string): string =>
  isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

function blockListOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}

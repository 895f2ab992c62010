/** Values of the network: hosts, ports, addresses, URLs, certificates. */
import { isIP, isIPv6 } from 'node:net';
import { bad, good, type Kind } from '../key.ts';
import { AddressList, type Network, readNetwork } from '../networks.ts';
import { listOf, someOf, whole } from './plain.ts';

export const port = whole(1, 65_535);

/** A name or an address. Whether the name exists is found out when it is used. */
export const host: Kind<string> = {
  expects: 'the name or the IP address of a host, without its port',
  read(value) {
    const plain = value.replace(/^\[(.*)\]$/, '$1');
    if (isIP(plain) !== 0) return good(plain);

    // Everything a URL, an address or a list would bring along; names in other scripts than ASCII are names.
    return /^[^\s:/@,;<>()[\]"\\\p{Cc}]{1,253}$/u.test(value) ? good(value) : bad();
  },
};

/** The address to listen on, or null for all of them (S102). */
export const listenAddress: Kind<string | null> = {
  expects: 'an IP address of this machine, or <any available>',
  read(value) {
    if (/^(<any available>|)$/i.test(value)) return good(null);

    const plain = value.replace(/^\[(.*)\]$/, '$1');
    return isIP(plain) === 0 ? bad() : good(plain);
  },
};

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2580`, `[::1]:2580`. */
export const endpoint: Kind<Endpoint> = {
  expects: 'ADDRESS:PORT such as 127.0.0.1:2580',
  read(value, home) {
    const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(value) ?? [];
    const at = port.read(digits, home);
    const name = host.read(bracketed ?? plain ?? '', home);
    if (!name.ok || !at.ok || (bracketed !== undefined && !isIPv6(bracketed))) return bad();

    return good({ host: name.value, port: at.value });
  },
};

const network: Kind<Network> = {
  expects: 'addresses and networks such as 192.168.1.0/24 and ::1',
  read(value) {
    const read = readNetwork(value);
    return read === null ? bad() : good(read);
  },
};

/** Who may: at least one address or network. */
export const addressList: Kind<AddressList> = (() => {
  const networks = someOf(listOf(network, /[,;]/));
  return {
    expects: networks.expects,
    read(value, home) {
      const list = networks.read(value, home);
      return list.ok ? good(new AddressList(list.value)) : list;
    },
  };
})();

/** An address with or without a port, in the form that node:dns takes. */
const nameServer: Kind<string> = {
  expects: 'IP addresses such as 192.168.1.1',
  read(value, home) {
    if (isIP(value) !== 0) return good(value);

    const at = endpoint.read(value, home);
    return at.ok && isIP(at.value.host) !== 0 ? good(value) : bad();
  },
};

export const nameServers = listOf(nameServer);

/** A URL may carry a token or a password: an error does not repeat it. */
export const webUrl: Kind<string> = {
  expects: 'a URL with http:// or https://',
  secret: true,
  read: (value) => (/^https?:$/.test(URL.parse(value)?.protocol ?? '') ? good(value) : bad()),
};

/** What a browser sends as Origin: scheme, host and port, nothing behind them. */
const origin: Kind<string> = {
  expects: 'origins such as https://admin.example.com',
  read(value) {
    const url = URL.parse(value);
    return url !== null && /^https?:$/.test(url.protocol) && url.origin === value.toLowerCase()
      ? good(url.origin)
      : bad();
  },
};

export const origins = listOf(origin);

/** SHA-256 of a certificate, in the form of Node's `fingerprint256`: `AA:BB:…`. */
export const fingerprint: Kind<string> = {
  expects: 'the SHA-256 of a certificate, 64 hexadecimal digits',
  read(value) {
    const digits = value
      .replace(/^sha-?256[:= ]/i, '')
      .replace(/[:\s]/g, '')
      .toUpperCase();
    return /^[0-9A-F]{64}$/.test(digits) ? good(digits.replace(/(..)(?=.)/g, '$1:')) : bad();
  },
};

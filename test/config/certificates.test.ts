import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeHome, refusal } from './home.ts';
import { CERTIFICATE, KEY, OTHER_KEY } from './pem.ts';

test.each(['Outgoing mail', 'Remote control'])(
  'a certificate or a key of [%s] that TLS cannot use is told at its key, and never what is in it',
  async (section) => {
    await using home = await makeHome([`[${section}]`, 'TLS certificate=tls.crt', 'TLS key=tls.key']);
    const [certificate, key] = [join(home.path, 'tls.crt'), join(home.path, 'tls.key')];
    const told = async (first: string, second: string) => {
      await home.put('tls.crt', first);
      await home.put('tls.key', second);
      return refusal(await home.load());
    };

    expect(await told(CERTIFICATE, KEY)).toEqual([]);
    for (const wrong of ['', 'geheim', KEY]) {
      expect(await told(wrong, KEY)).toEqual([
        `PMailGat.ini:2: [${section}] TLS certificate: ${certificate} holds no certificate in PEM that can be used (no start line).`,
      ]);
    }
    for (const [wrong, why] of [
      ['', 'unsupported'],
      ['geheim', 'unsupported'],
      [OTHER_KEY, 'key values mismatch'],
    ] as const) {
      expect(await told(CERTIFICATE, wrong)).toEqual([
        `PMailGat.ini:3: [${section}] TLS key: ${key} holds no private key in PEM that fits the certificate (${why}).`,
      ]);
    }
  },
);

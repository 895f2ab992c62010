/** Server certificates with something wrong, each in one way, and the authority that signed all but one of them. */
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type Command, run } from './process.ts';
import { scratchFolder } from './scratch.ts';

interface ServerCertificate {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** As in `01:AB:…`. */
  readonly fingerprint256: string;
}

export interface BadCertificates extends AsyncDisposable {
  readonly caFile: string;
  /** For localhost and 127.0.0.1; its issuer is known to nobody who does not read `caFile`. */
  readonly unknownIssuer: ServerCertificate;
  /** It ended yesterday. */
  readonly expired: ServerCertificate;
  /** For elsewhere.example. */
  readonly wrongName: ServerCertificate;
  /** For localhost and 127.0.0.1, by itself. */
  readonly selfSigned: ServerCertificate;
}

const HERE = 'DNS:localhost,IP:127.0.0.1';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

export async function makeBadCertificates(): Promise<BadCertificates> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('badtls'));
  const caFile = scratch.file('ca.pem');
  const caKey = scratch.file('ca.key');
  await openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '30',
    '-subj',
    '/CN=Unknown test CA',
    '-keyout',
    caKey,
    '-out',
    caFile,
  );

  const signed = async (name: string, alternativeNames: string, days: string): Promise<ServerCertificate> => {
    const [key, cert, request, extensions] = ['key', 'pem', 'csr', 'ext'].map((end) =>
      scratch.file(`${name}.${end}`),
    ) as [string, string, string, string];
    await writeFile(extensions, `subjectAltName=${alternativeNames}\n`);
    await openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    await openssl(
      ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial'],
      ...['-days', days, '-extfile', extensions, '-out', cert],
    );
    return await readPair(cert, key);
  };
  const selfSigned = async (): Promise<ServerCertificate> => {
    const [key, cert] = [scratch.file('self.key'), scratch.file('self.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', `subjectAltName=${HERE}`];
    await openssl('req', '-x509', ...NEW_KEY, '-days', '30', ...names, '-keyout', key, '-out', cert);
    return await readPair(cert, key);
  };

  const made = {
    caFile,
    unknownIssuer: await signed('localhost', HERE, '30'),
    expired: await signed('expired', HERE, '-1'),
    wrongName: await signed('elsewhere', 'DNS:elsewhere.example', '30'),
    selfSigned: await selfSigned(),
  };
  const owned = parts.move();
  return { ...made, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function readPair(certFile: string, keyFile: string): Promise<ServerCertificate> {
  const [cert, key] = [await readFile(certFile), await readFile(keyFile)];
  return { cert, key, fingerprint256: new X509Certificate(cert).fingerprint256 };
}

async function openssl(...args: string[]): Promise<void> {
  const command: Command = ['openssl', ...args];
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
}

/** A certificate authority of the test's own, and a server certificate for localhost and 127.0.0.1 that it signed. */
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type Command, run } from './process.ts';
import { scratchFolder } from './scratch.ts';

export interface Certificate extends AsyncDisposable {
  /** PEM files: what a client trusts; what a server shows; its key. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** SHA-256 of the server certificate, as in `01:AB:…` (Node's X509Certificate.fingerprint256). */
  readonly fingerprint256: string;
}

const DAYS = '30';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;
const SERVER = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n';

export async function makeCertificate(): Promise<Certificate> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('tls'));
  const [caFile, caKey, certFile, keyFile] = ['ca.pem', 'ca.key', 'server.pem', 'server.key'].map((name) =>
    scratch.file(name),
  ) as [string, string, string, string];
  const [request, extensions] = [scratch.file('server.csr'), scratch.file('server.ext')];
  await writeFile(extensions, SERVER);

  await openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    DAYS,
    '-subj',
    '/CN=MailGate test CA',
    '-keyout',
    caKey,
    '-out',
    caFile,
  );
  await openssl('req', '-new', ...NEW_KEY, '-subj', '/CN=localhost', '-keyout', keyFile, '-out', request);
  await openssl(
    ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial'],
    ...['-days', DAYS, '-extfile', extensions, '-out', certFile],
  );
  const { fingerprint256 } = new X509Certificate(await readFile(certFile));

  const owned = parts.move();
  return { caFile, certFile, keyFile, fingerprint256, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function openssl(...args: string[]): Promise<void> {
  const command: Command = ['openssl', ...args];
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
}

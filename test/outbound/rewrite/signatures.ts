/** Messages signed by real programs, and those programs' word on them: nodemailer (DKIM), OpenSSL (S/MIME), GnuPG (PGP/MIME). */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import type { ScratchFolder } from '../../kit/scratch.ts';
import { dkimFault } from './dkim.ts';

const run = promisify(execFile);
/** A key is made in a second; a machine that is busy takes longer. */
const PATIENCE = { timeout: 60_000 };

export interface Signed {
  /** CRLF, as Latin-1. */
  mail: string;
  /** Whether its signature holds in these octets. */
  holds(mail: string): Promise<boolean>;
}

const HEADER = ['From: F <sales@pytheas.com>', 'To: somebody@somedomain.com', 'Subject: Signed'];
/** Dots, blanks at line ends, and no ASCII: what gateways like to change. */
const TEXT = 'Hello  \r\n.\r\n..dots\r\n\tcaf\u00c3\u00a9 \r\nFrom here\r\n\r\n\r\n';
const PART = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${TEXT}`;

export async function signedByDomain(): Promise<Signed> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    dkim: { domainName: 'pytheas.com', keySelector: 'k', privateKey },
  });
  const sent = await transport.sendMail({
    from: 'F <sales@pytheas.com>',
    to: 'somebody@somedomain.com',
    subject: 'Signed',
    text: `caf\u00e9  \n.\n..dots\n\n`,
    html: '<p>caf\u00e9</p>',
  });
  const mail = (sent.message as Buffer).toString('latin1');
  return { mail, holds: async (text) => dkimFault(text, publicKey) === null };
}

/** S/MIME, multipart/signed. */
export async function signedBySmime(folder: ScratchFolder): Promise<Signed> {
  const [key, certificate, part] = [folder.file('key.pem'), folder.file('cert.pem'), folder.file('part')];
  const subject = ['-subj', '/CN=F/emailAddress=sales@pytheas.com', '-addext', 'extendedKeyUsage=emailProtection'];
  await run(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
    PATIENCE,
  );
  await writeFile(part, PART, 'latin1');
  const made = await run('openssl', ['smime', '-sign', '-in', part, '-signer', certificate, '-inkey', key], PATIENCE);
  const mail = [...HEADER, made.stdout].join('\r\n').replace(/\r?\n/g, '\r\n');
  return {
    mail: Buffer.from(mail).toString('latin1'),
    async holds(text) {
      const file = folder.file('mail');
      await writeFile(file, text, 'latin1');
      return await succeeds('openssl', ['smime', '-verify', '-in', file, '-CAfile', certificate]);
    },
  };
}

/** PGP/MIME (RFC 3156). `stop` ends the agent that gpg started for itself. */
export async function signedByPgp(folder: ScratchFolder): Promise<Signed & { stop(): Promise<void> }> {
  const home = folder.file('gpg');
  await mkdir(home, { mode: 0o700 });
  const gpg = ['--homedir', home, '--batch', '--quiet', '--no-tty'];
  const part = folder.file('part');
  await run(
    'gpg',
    [...gpg, '--passphrase', '', '--quick-gen-key', 'sales@pytheas.com', 'ed25519', 'sign', '0'],
    PATIENCE,
  );
  await writeFile(part, PART.replace(/\r\n$/, ''), 'latin1');
  const made = await run(
    'gpg',
    [...gpg, '--armor', '--detach-sign', '--digest-algo', 'SHA256', '--output', '-', part],
    PATIENCE,
  );
  const mail = [
    ...HEADER,
    'MIME-Version: 1.0',
    'Content-Type: multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=seal',
    '',
    '--seal',
    `${PART.replace(/\r\n$/, '')}`,
    '--seal',
    'Content-Type: application/pgp-signature; name=signature.asc',
    '',
    made.stdout.replace(/\r?\n/g, '\r\n').trimEnd(),
    '--seal--',
    '',
  ].join('\r\n');
  return {
    mail,
    async holds(text) {
      const [, signed = '', signature = ''] = text.split(/(?:^|\r\n)--seal(?:--)?\r\n/);
      await writeFile(folder.file('signed'), signed, 'latin1');
      await writeFile(folder.file('signature'), signature.slice(signature.indexOf('\r\n\r\n') + 4), 'latin1');
      return await succeeds('gpg', [...gpg, '--verify', folder.file('signature'), folder.file('signed')]);
    },
    stop: async () => {
      await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], PATIENCE);
    },
  };
}

async function succeeds(program: string, args: string[]): Promise<boolean> {
  return await run(program, args, PATIENCE).then(
    () => true,
    () => false,
  );
}

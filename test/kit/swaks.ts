/** swaks, the SMTP test client: one message in one session, with the bytes exactly as they are given. */
import { writeFile } from 'node:fs/promises';
import { type Ended, run } from './process.ts';
import { scratchFolder } from './scratch.ts';

export interface SwaksMail {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly from: string;
  readonly to: readonly string[];
  /** With CRLF line ends, the last line's too; without it, swaks writes a short message of its own. */
  readonly content?: Uint8Array;
  readonly tls?: { readonly mode: 'starttls' | 'implicit'; readonly caFile: string };
  readonly auth?: { readonly user: string; readonly password: string };
  /** Further options, as on its command line. */
  readonly more?: readonly string[];
}

/** Its exit code (0: accepted; 24: no recipient accepted; 28: AUTH failed …) and the conversation. */
export async function swaks({ port, from, to, content, tls, auth, more = [] }: SwaksMail): Promise<Ended> {
  await using scratch = await scratchFolder('swaks');
  const args = ['--server', '127.0.0.1', '--port', String(port), '--from', from, '--to', to.join(',')];
  if (content !== undefined) {
    await writeFile(scratch.file('data'), dotStuffed(content));
    args.push('--no-data-fixup', '--data', `@${scratch.file('data')}`);
  }
  if (tls !== undefined)
    args.push(tls.mode === 'starttls' ? '--tls' : '--tls-on-connect', '--tls-verify', '--tls-ca-path', tls.caFile);
  if (auth !== undefined) args.push('--auth', 'PLAIN', '--auth-user', auth.user, '--auth-password', auth.password);

  return await run(['swaks', ...args, ...more], { within: 60_000 });
}

/** RFC 5321 §4.5.2, and the ending dot, to which swaks itself adds CRLF. */
function dotStuffed(content: Uint8Array): Buffer {
  const text = Buffer.from(content).toString('latin1');
  if (!text.endsWith('\r\n')) throw new Error('The last line of a message sent by swaks must end in CRLF.');
  return Buffer.from(`${text.replaceAll(/(^|\n)\./g, '$1..')}.`, 'latin1');
}

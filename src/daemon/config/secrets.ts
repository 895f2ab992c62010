/**
 * The secrets of the configuration: found where they are kept, sealed and opened under the home's
 * `secret.key` (AES-256-GCM). What cannot be had is said without a letter of it, and is never an empty
 * password (CFG07, CFG08).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasControl } from './kinds/plain.ts';
import { Secret } from '../base/secret.ts';
import type { SecretSource } from './secret-source.ts';
import { readSmallFile } from './small-file.ts';

const KEY_FILE = 'secret.key';

/** The variables of the environment, as `cli/main` reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `warning`: it was found, but not kept well. */
type Found =
  | { readonly ok: true; readonly secret: Secret; readonly warning: string | null }
  | { readonly ok: false; readonly why: string };

export interface Vault {
  /** The secret itself. */
  find(source: SecretSource): Promise<Found>;
  /** `enc:…` for the file; makes `secret.key` when there is none. Throws when that cannot be written. */
  seal(secret: Secret): Promise<string>;
}

/** Octets. A token is some kilobytes; whatever is longer is another file. */
const LARGEST_SECRET = 65_536;
const KEY_OCTETS = 32; // AES-256
const NONCE_OCTETS = 12; // NIST SP 800-38D §5.2.1.1
const TAG_OCTETS = 16;

/** The vault of a home. `chance` gives random octets. */
export function openVault(home: string, env: Environment, chance = randomBytes): Vault {
  const path = join(home, KEY_FILE);
  return {
    async find(source) {
      switch (source.from) {
        case 'plain':
          return { ok: true, secret: source.secret, warning: null };
        case 'env':
          return checked(variableOf(env, source.variable), `the environment variable ${source.variable}`);
        case 'file':
          return fromFile(source.path);
        case 'enc':
          return openSealed(path, source.sealed.reveal());
      }
    },

    async seal(secret) {
      const there = await readKey(path);
      if (!there.ok && !there.missing) throw new Error(there.why);

      return sealUnder(there.ok ? there.key : await makeKey(path, chance), secret, chance(NONCE_OCTETS));
    },
  };
}

/** `enc:` and base64url of nonce, ciphertext and tag. A nonce is used once only. */
export function sealUnder(key: Uint8Array, secret: Secret, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
  return `enc:${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
}

async function openSealed(keyPath: string, sealed: string): Promise<Found> {
  const there = await readKey(keyPath);
  if (!there.ok) return there;

  const opened = openUnder(there.key, sealed);
  if (opened !== null) return checked(opened, 'the stored password');

  return { ok: false, why: `the stored password does not open with this ${KEY_FILE}; enter it again.` };
}

/** The text, or null when it is not whole or was sealed under another key. */
function openUnder(key: Uint8Array, sealed: string): string | null {
  const octets = Buffer.from(sealed, 'base64url');
  if (!/^[\w-]+$/.test(sealed) || octets.length < NONCE_OCTETS + TAG_OCTETS) return null;

  const options = { authTagLength: TAG_OCTETS };
  const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, NONCE_OCTETS), options);
  decipher.setAuthTag(octets.subarray(-TAG_OCTETS));
  try {
    return decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null; // the tag does not match
  }
}

async function fromFile(path: string): Promise<Found> {
  const file = await readSmallFile(path, LARGEST_SECRET);
  if (!file.ok) return { ok: false, why: `${path} ${file.why}.` };

  const found = checked(Buffer.from(file.bytes).toString('utf8'), path);
  if (!found.ok || file.exposed === null) return found;
  return { ...found, warning: `${path} ${file.exposed}. chmod 600 keeps it secret.` };
}

/** An object has more names than were put into it: `env:constructor` is not set. */
const variableOf = (env: Environment, name: string): string | undefined =>
  Object.hasOwn(env, name) ? env[name] : undefined;

/** One line end at the end is the editor's and no part of the secret; any other is refused. */
function checked(value: string | undefined, whose: string): Found {
  if (value === undefined) return { ok: false, why: `${whose} is not set.` };

  const line = value.replace(/\r?\n$/, '');
  if (line === '') return { ok: false, why: `${whose} is empty.` };
  if (hasControl(line)) return { ok: false, why: `${whose} holds a line end or another control character.` };
  return { ok: true, secret: new Secret(line), warning: null };
}

type KeyFile =
  | { readonly ok: true; readonly key: Uint8Array }
  | { readonly ok: false; readonly missing: boolean; readonly why: string };

async function readKey(path: string): Promise<KeyFile> {
  const file = await readSmallFile(path, LARGEST_SECRET);
  if (!file.ok) return { ...file, why: `${KEY_FILE} ${file.why}, so that a stored password cannot be opened.` };
  if (file.exposed !== null) return { ok: false, missing: false, why: `${KEY_FILE} ${file.exposed}: chmod 600.` };

  const text = Buffer.from(file.bytes).toString('latin1').trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) return { ok: false, missing: false, why: `${KEY_FILE} is damaged.` };
  return { ok: true, key: Buffer.from(text, 'hex') };
}

/** Written beside its place, synced, then linked to it: a crash leaves no half key, and a key that is there is never replaced. */
async function makeKey(path: string, chance: (octets: number) => Uint8Array): Promise<Uint8Array> {
  const key = chance(KEY_OCTETS);
  const draft = `${path}.${Buffer.from(chance(6)).toString('hex')}.tmp`;
  try {
    await writeSynced(draft, `${Buffer.from(key).toString('hex')}\n`);
    await link(draft, path);
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(path) : null;
    if (!other?.ok) throw error;
    return other.key; // somebody was faster
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolderOf(path);
  return key;
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function syncFolderOf(path: string): Promise<void> {
  await using folder = await open(join(path, '..'), 'r');
  await folder.sync();
}

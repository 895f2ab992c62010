/**
 * `Quarantine/` in the home: messages that a rule, a scanner or the internal server stopped, each octet for octet as `ID.eml`, with what
 * is known of it in `ID.json`. It is durable before the message goes from the POP3 server (I03), and can be released.
 *
 * An id is made of account, UIDL and digest: a crash between `put` and the ledger makes no second copy. Ids are our own letters and
 * digits, and no other text becomes part of a path (MSG11). An entry is there once its `.json` is.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Body } from '../mail/body.ts';
import {
  diskFailure,
  fileBody,
  readJson,
  readStart,
  syncFolder,
  writeDurably,
  writtenTemporary,
} from './quarantine-file.ts';

/** What is kept of a message beside its octets. Sender, recipients, subject and from are remote text. */
export interface Held {
  account: string;
  uidl: string;
  /** The envelope sender; empty for the null one. */
  sender: string;
  /** Who has not had it yet: whom a release serves. */
  recipients: string[];
  from: string;
  subject: string;
  /** Octets. */
  bytes: number;
  /** The rule that stopped it, or who did. */
  rule: string;
  why: string;
  at: Instant;
}

export interface HeldMessage extends Held {
  id: string;
}

/** Everything rejects with `StoreFailure` when the disk does. */
export interface Quarantine {
  /** Durable when it resolves. Put twice, a message is one entry, and the first one's. */
  put(held: Held & { body: Body }): Promise<string>;
  /** Newest first. */
  list(offset: number, limit: number): Promise<{ total: number; messages: HeldMessage[] }>;
  /** Null when there is none. */
  get(id: string): Promise<HeldMessage | null>;
  /** The first octets of the message; null when there is none. */
  head(id: string, octets: number): Promise<Uint8Array | null>;
  open(id: string): Promise<Body | null>;
  /** Who is still to have it: those that a release has served are left out. */
  keepFor(id: string, recipients: string[]): Promise<void>;
  /** Durable when it resolves; answers with those that were there. */
  remove(ids: string[]): Promise<string[]>;
  /** Removes those that came before; answers with their ids. */
  expire(before: Instant): Promise<string[]>;
}

/** Characters of an id; 128 bits of a digest. */
const ID_LENGTH = 32;
const ID = /^[A-Za-z0-9]{1,64}$/;

/** Opens the folder, makes it if it is not there, and clears away what a crash left half written. */
export async function openQuarantine(home: string, { log }: { log: Log }): Promise<Quarantine> {
  const folder = join(home, 'Quarantine');
  const path = (id: string, ending: 'eml' | 'json') => join(folder, `${id}.${ending}`);
  const index = new Map<string, Instant>();
  let loading: Promise<void> | null = null;

  async function get(id: string): Promise<HeldMessage | null> {
    if (!ID.test(id)) return null;
    const read = await readJson(path(id, 'json'));
    if (read.is === 'missing') return null;
    const held = read.is === 'read' ? heldOf(read.value) : null;
    if (held !== null) return { id, ...held };

    log.warn('a message in quarantine has a description that cannot be read', { id });
    return { id, ...UNKNOWN };
  }

  /** Every id with its time: read once, when it is first asked for; what is put or removed meanwhile is kept up as well. */
  async function entries(): Promise<Map<string, Instant>> {
    loading ??= load();
    try {
      await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
    return index;
  }

  async function load(): Promise<void> {
    for (const name of await readdir(folder)) {
      const id = name.replace(/\.json$/, '');
      const held = id === name ? null : await get(id);
      if (held !== null) index.set(id, held.at);
    }
  }

  async function removeAll(ids: readonly string[]): Promise<string[]> {
    const removed: string[] = [];
    for (const id of ids) {
      if (!ID.test(id) || !(await gone(path(id, 'json')))) continue;
      await gone(path(id, 'eml'));
      index.delete(id);
      removed.push(id);
    }
    if (removed.length > 0) await syncFolder(folder);
    return removed;
  }

  async function put({ body, ...held }: Held & { body: Body }): Promise<string> {
    const { account, uidl } = held;
    await using temporary = await writtenTemporary(folder, body);
    const id = createHash('sha256')
      .update(JSON.stringify([account, uidl, temporary.digest]))
      .digest('hex')
      .slice(0, ID_LENGTH);
    if ((await get(id)) !== null) return id;

    await temporary.rename(path(id, 'eml')); // 1  durable with 2's sync of the folder; a crash here leaves an .eml that nobody names
    const kept: Held = { ...held, bytes: temporary.bytes };
    await writeDurably(folder, path(id, 'json'), JSON.stringify(kept)); // 2  the entry is there
    index.set(id, held.at);
    return id;
  }

  await guarded(async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(home);
    await clear(folder);
  });

  return {
    put: (held) => guarded(() => put(held)),
    list: (offset, limit) =>
      guarded(async () => {
        const ids = [...(await entries())].toSorted(([a, at], [b, other]) => other - at || (a < b ? -1 : 1));
        const page = await Promise.all(ids.slice(offset, offset + limit).map(([id]) => get(id)));
        return { total: ids.length, messages: page.filter((held) => held !== null) };
      }),
    get: (id) => guarded(() => get(id)),
    head: (id, octets) => guarded(async () => (ID.test(id) ? await readStart(path(id, 'eml'), octets) : null)),
    open: (id) => guarded(async () => (ID.test(id) ? await fileBody(path(id, 'eml')) : null)),
    keepFor: (id, recipients) =>
      guarded(async () => {
        const held = await get(id);
        if (held === null) return;
        const { id: _id, ...kept } = { ...held, recipients };
        await writeDurably(folder, path(id, 'json'), JSON.stringify(kept));
      }),
    remove: (ids) => guarded(() => removeAll(ids)),
    expire: (before) =>
      guarded(async () => {
        const old = [...(await entries())].filter(([, at]) => at < before).map(([id]) => id);
        return await removeAll(old);
      }),
  };
}

/** A description that was damaged: the message can be looked at, released to whom an operator names, and removed. */
const UNKNOWN: Held = {
  ...{ account: '', uidl: '', sender: '', recipients: [], from: '', subject: '', bytes: 0, rule: '' },
  why: 'What was known of this message cannot be read any more.',
  at: 0,
};

function heldOf(value: unknown): Held | null {
  if (typeof value !== 'object' || value === null) return null;
  const held = value as Record<string, unknown>;
  const texts = ['account', 'uidl', 'sender', 'from', 'subject', 'rule', 'why'];
  if (!texts.every((name) => typeof held[name] === 'string')) return null;
  const { recipients, bytes, at } = held;
  if (!Array.isArray(recipients) || !recipients.every((one) => typeof one === 'string')) return null;
  return Number.isFinite(bytes) && Number.isFinite(at) ? (value as Held) : null;
}

/** Files that a crash left: never renamed, or a message without its description. */
async function clear(folder: string): Promise<void> {
  const names = new Set(await readdir(folder));
  for (const name of names) {
    const half = name.endsWith('.tmp') || (name.endsWith('.eml') && !names.has(name.replace(/\.eml$/, '.json')));
    if (half) await gone(join(folder, name));
  }
}

/** False when it was not there. */
async function gone(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error);
  }
}

/** Maildirs on disk: a template that is written once, and fresh mailboxes for each run that are linked to its files. */
import { chown, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { letter, seeded } from './letters.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Template {
  readonly folder: string;
  readonly users: readonly string[];
  readonly messages: number;
  readonly octets: number;
  /** One line about its sizes. */
  readonly described: string;
}

export const usersOf = (accounts: number): string[] =>
  Array.from({ length: accounts }, (_, n) => `u${String(n).padStart(2, '0')}`);

/** Who the mail belongs to: Dovecot gives no mailbox to root. */
export function mailOwner(): Owner {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const numeric = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: numeric('-u'), gid: numeric('-g') };
}

/** Writes `messages` letters for each user; the same ones for the same seed. */
export async function writeTemplate(
  folder: string,
  { users, messages, seed }: { users: readonly string[]; messages: number; seed: number },
): Promise<Template> {
  const sizes: number[] = [];
  for (const [index, user] of users.entries()) {
    const random = seeded(seed * 1_000 + index);
    await putAll(
      join(folder, user),
      Array.from({ length: messages }, (_, number) => {
        const bytes = letter(random, user, number);
        sizes.push(bytes.length);
        return bytes;
      }),
    );
  }
  return { folder, users, messages: sizes.length, octets: sum(sizes), described: describe(sizes, seed) };
}

/** Writes one large message `copies` times for each user: one file, many names. */
export async function writeLargeTemplate(
  folder: string,
  { users, copies, octets }: { users: readonly string[]; copies: number; octets: number },
): Promise<Template> {
  const line = `${'x'.repeat(76)}\r\n`;
  const header = `From: <a@example.test>\r\nTo: <u00@pop.test>\r\nSubject: large\r\nMessage-ID: <large@example.test>\r\n\r\n`;
  const bytes = Buffer.from(header + line.repeat(Math.ceil((octets - header.length) / line.length)));
  const original = join(folder, 'large');
  await mkdir(folder, { recursive: true });
  await writeFile(original, bytes, { mode: 0o644 });
  for (const user of users) {
    await maildir(join(folder, user));
    for (let number = 0; number < copies; number += 1)
      await link(original, join(folder, user, 'cur', fileName(number, bytes)));
  }
  const messages = users.length * copies;
  return {
    ...{ folder, users, messages, octets: messages * bytes.length },
    described: `${messages} messages of ${megabytes(bytes.length)} MB`,
  };
}

/** Fresh mailboxes in `folder`, each a Maildir of the user's name. */
export async function fillMailboxes(folder: string, template: Template): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const user of template.users) {
    const [from, to] = [join(template.folder, user, 'cur'), join(folder, user)];
    await maildir(to);
    for (const name of await readdir(from)) await link(join(from, name), join(to, 'cur', name));
  }
  execFileSync('sync'); // so that writing them does not fall into the run
}

/** Messages that are left in the mailboxes. */
export async function messagesLeft(folder: string, users: readonly string[]): Promise<number> {
  let left = 0;
  for (const user of users) for (const part of ['cur', 'new']) left += (await readdir(join(folder, user, part))).length;
  return left;
}

async function putAll(folder: string, letters: readonly Buffer[]): Promise<void> {
  await maildir(folder);
  for (const [number, bytes] of letters.entries())
    await writeFile(join(folder, 'cur', fileName(number, bytes)), bytes, { mode: 0o644 });
}

/** Sizes stand in the name, as Dovecot's own delivery writes them: it need not read a file to tell its size. */
function fileName(number: number, bytes: Buffer): string {
  return `${1_795_000_000 + number}.M${number}P1.bench,S=${bytes.length},W=${bytes.length}:2,`;
}

async function maildir(folder: string): Promise<void> {
  const owner = mailOwner();
  for (const path of [folder, ...['cur', 'new', 'tmp'].map((part) => join(folder, part))]) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    await chown(path, owner.uid, owner.gid);
  }
}

function describe(sizes: readonly number[], seed: number): string {
  const sorted = sizes.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0) / 1_000;
  const large = sizes.filter((size) => size > SMALLEST_LARGE).length / sizes.length;
  const mean = sum(sizes) / sizes.length / 1_000;
  return (
    `${sizes.length} messages, seed ${seed}: median ${at(0.5).toFixed(1)} KB, mean ${mean.toFixed(0)} KB, p90 ${at(0.9).toFixed(0)} KB, ` +
    `${(large * 100).toFixed(1)} % with 0.2 to 1 MB attached, ${megabytes(sum(sizes))} MB in all`
  );
}

const SMALLEST_LARGE = 200_000; // octets
const megabytes = (octets: number): string => (octets / 1_000_000).toFixed(0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

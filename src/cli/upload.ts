/** A message from a file or from standard input, on its way to a try: in the call when it is short, else sent before in parts. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ParamsOf } from '../protocol/commands.ts';
import { exits, Failure } from './exits.ts';
import type { Link } from './link.ts';
import type { World } from './world.ts';

/** Octets of one part: its base64 fits a request. */
const PART = 45_000;
/** Octets: as much as the gateway keeps for tries. */
const LONGEST = 67_108_864;

type Tried = Pick<ParamsOf<'rules.try'>, 'message' | 'upload'>;

/** The first `most` octets of a file, or of standard input for `-`; all of them by default. Throws a Failure for what cannot be read. */
export async function readMessage(world: World, file: string, most?: number): Promise<Buffer> {
  const limit = most ?? LONGEST + 1;
  const source = file === '-' ? world.stdin : createReadStream(file, { end: limit - 1 });
  try {
    const octets = await firstOf(source, limit);
    if (octets.length > LONGEST) throw new Failure(exits.usage, `The message is longer than ${LONGEST} octets.`);
    return octets;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(code === 'ENOENT' ? exits.notFound : exits.usage, `The message cannot be read: ${message}`);
  }
}

async function firstOf(source: AsyncIterable<unknown>, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of source) {
    const octets = Buffer.from(part as Uint8Array | string);
    parts.push(octets);
    length += octets.length;
    if (length >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}

/** The message as the parameters of a try. */
export async function sendMessage({ call }: Link, octets: Buffer): Promise<Tried> {
  if (octets.length <= PART) return { message: octets.toString('base64') };

  const upload = randomUUID();
  for (let at = 0; at < octets.length; at += PART)
    await call('upload', { upload, part: octets.subarray(at, at + PART).toString('base64') });
  return { upload };
}

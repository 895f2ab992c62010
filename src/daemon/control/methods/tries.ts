/** `upload`, `route.try` and `rules.try`: a message to try things on, whole in the call when it is short, else sent before in parts. */
import { CallError } from '../../../protocol/errors.ts';
import { LONGEST_HEADER_BLOCK } from '../../base/limits.ts';
import type { TriedMessage } from '../gateway.ts';
import { may } from '../access.ts';
import { accountNamed } from './account.ts';
import type { MethodParts, Run } from './method.ts';

interface Tried {
  message?: string | undefined;
  upload?: string | undefined;
}

export function tryMethods({ gateway, uploads }: MethodParts): {
  upload: Run<'upload'>;
  'route.try': Run<'route.try'>;
  'rules.try': Run<'rules.try'>;
} {
  /** Hands the message to `look`; an upload is used up by it, whatever comes of it. */
  async function on<T>({ message, upload }: Tried, look: (message: TriedMessage) => Promise<T>): Promise<T> {
    if ((message === undefined) === (upload === undefined))
      throw new CallError('invalid_params', 'Give the message by "message" or by "upload".');
    if (message !== undefined) return await look(inMemory(octetsOf(message, 'message')));

    await using taken = await uploads.take(upload ?? '');
    return await look(taken);
  }

  return {
    upload: async ({ upload, part }) => ({ bytes: await uploads.add(upload, octetsOf(part, 'part')) }),

    async 'route.try'({ account: name, ...tried }, { by }) {
      const account = name === undefined ? null : accountNamed(gateway, name);
      return await on(tried, async (message) => {
        const header = await headerOf(message);
        return await gateway.answers['route.try']({ header, account }, by);
      });
    },

    'rules.try': async ({ external, ...tried }, { by, role }) => {
      // It starts a program, and hands a stranger's octets to it: looking on is not enough for that.
      if (external && !may(role, 'operator'))
        throw new CallError('forbidden', `"rules.try" with "external" needs the role operator; this link is ${role}.`);
      return await on(tried, (message) => gateway.answers['rules.try']({ message, external }, by));
    },
  };
}

function octetsOf(base64: string, name: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new CallError('invalid_params', `${name}: it is not base64.`);
  return Buffer.from(base64, 'base64');
}

function inMemory(octets: Buffer): TriedMessage {
  return {
    bytes: octets.length,
    async *chunks() {
      yield octets;
    },
  };
}

/** What stands before the first empty line; all of a text that has none (a header that somebody has pasted). */
async function headerOf(message: TriedMessage): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of message.chunks()) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= LONGEST_HEADER_BLOCK) break;
  }
  const octets = Buffer.concat(parts).subarray(0, LONGEST_HEADER_BLOCK);
  // A file of a Unix system has bare LFs.
  const end = /^\r?\n|\r?\n\r?\n/.exec(octets.toString('latin1'));
  return end === null ? octets : octets.subarray(0, end.index);
}

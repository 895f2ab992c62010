import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Hearer, Reader } from '../../src/daemon/outbound/reader.ts';

/** What the reader takes for the message, and for the command after it. */
async function read(packets: Uint8Array[]): Promise<{ message: string; rest: string[] }> {
  const rest: string[] = [];
  const hearer: Hearer = {
    command(command, _more, next) {
      rest.push(command.toString('latin1'));
      next();
    },
    fault(fault, next) {
      rest.push(fault);
      next();
    },
    foreign: () => void rest.push('foreign'),
    inAuth: () => false,
  };
  const reader = new Reader(hearer);
  const message: Buffer[] = [];
  reader.open();
  reader.startBody({
    take(text) {
      message.push(text);
      return message.length % 2 === 0 ? Promise.resolve() : null; // at once, or later
    },
    end: () => reader.resume(),
  });
  for (const packet of packets) await new Promise((resolve) => reader.write(packet, resolve));
  return { message: Buffer.concat(message).toString('latin1'), rest };
}

/** RFC 5321 §4.5.2, as a client does it. */
function stuffed(message: string): string {
  return `${message.replace(/(^|\r\n)\./g, '$1..')}.\r\n`;
}

function cutAt(text: string, cuts: number[]): Buffer[] {
  const octets = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (octets.length + 1)).toSorted((a, b) => a - b), octets.length];
  return places.slice(1).map((end, i) => octets.subarray(places[i], end));
}

const bodies = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', '..', 'a', '\0', '\xe9'), { maxLength: 40 })
  .map((parts) => `${parts.join('')}\r\n`);

describe('the end of DATA', () => {
  test('I21: what a client stuffed comes out as it was, whatever the packets, and what follows is the next command', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.array(fc.nat(200), { maxLength: 8 }), async (message, cuts) => {
        expect(await read(cutAt(`${stuffed(message)}QUIT\r\n`, cuts))).toEqual({ message, rest: ['QUIT'] });
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\r.\r',
    '\r.\r\n',
    '\r\n.\r',
    '\n.\r',
    '\r.\n',
    '\n..\r\n',
    '\r\n\0.\r\n',
  ])('CLI18: %j ends nothing', async (odd) => {
    const { rest } = await read([Buffer.from(`a${odd}MAIL FROM:<evil@x.example>\r\n.\r\nQUIT\r\n`, 'latin1')]);
    expect(rest).toEqual(['QUIT']);
  });

  test('a message without an octet', async () => {
    expect(await read([Buffer.from('.\r\nNOOP\r\n')])).toEqual({ message: '', rest: ['NOOP'] });
  });
});

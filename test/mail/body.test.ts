import { expect, test } from 'vitest';
import { type Body, readOnce } from '../../src/daemon/mail/body.ts';
import { octets, readAll } from '../rules/mail.ts';

/** Says how often it was read. */
function counted(text: string, failures = 0): Body & { readings: number } {
  const body = {
    bytes: text.length,
    readings: 0,
    async *chunks() {
      body.readings += 1;
      yield octets(text.slice(0, 5));
      if (body.readings <= failures) throw new Error('the disk failed');
      yield octets(text.slice(5));
    },
  };
  return body;
}

test('a small body is read once, by several at a time and by those who read its beginning only', async () => {
  const body = counted('Hello, world');
  const once = readOnce(body);
  expect(once.bytes).toBe(12);
  for await (const chunk of once.chunks()) {
    expect(Buffer.from(chunk).toString()).toBe('Hello');
    break;
  }
  expect(await Promise.all([readAll(once), readAll(once)])).toEqual(['Hello, world', 'Hello, world']);
  expect(body.readings).toBe(1);
});

test('I20: a large one stays where it is', () => {
  const body = counted('a'.repeat(65_537));
  expect(readOnce(body)).toBe(body);
});

test('I08: a reading that failed fails, and the next one is a new one', async () => {
  const body = counted('Hello, world', 1);
  const once = readOnce(body);
  await expect(readAll(once)).rejects.toThrow('the disk failed');
  expect(await readAll(once)).toBe('Hello, world');
});

/** Progress: only on a terminal, only after a second, and gone at the end. */
import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import type { World } from '../../src/cli/world.ts';

afterEach(() => vi.useRealTimers());

function terminal(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const written = () => String(stderr.read() ?? '');
  return { world: { stderr } as unknown as World, written };
}

test('a second passes in silence, then the line follows, and at the end it is erased', () => {
  vi.useFakeTimers();
  const { world, written } = terminal(true);
  const progress = createProgress(world);
  progress?.show('1 of 60 messages');
  vi.advanceTimersByTime(999);
  expect(written()).toBe('');
  vi.advanceTimersByTime(1);
  expect(written()).toBe('\r\u001b[K1 of 60 messages');
  progress?.show('31 of 60 messages');
  vi.advanceTimersByTime(250);
  expect(written()).toBe('\r\u001b[K31 of 60 messages');
  progress?.clear();
  expect(written()).toBe('\r\u001b[K');
  vi.advanceTimersByTime(10_000);
  expect(written()).toBe('');
});

test('what is over within the second leaves no trace', () => {
  vi.useFakeTimers();
  const { world, written } = terminal(true);
  const progress = createProgress(world);
  progress?.show('1 of 1 message');
  progress?.clear();
  vi.advanceTimersByTime(10_000);
  expect(written()).not.toContain('message');
});

test('where nobody watches there is none', () => {
  expect(createProgress(terminal(false).world)).toBeNull();
});

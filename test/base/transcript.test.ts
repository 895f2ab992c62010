import { expect, test } from 'vitest';
import { createTranscript } from '../../src/daemon/base/transcript.ts';

test('G02: an attempt keeps its dialogue, bounded, and the trace hears all of it', () => {
  const heard: string[] = [];
  const transcript = createTranscript({
    tell: (direction, line) => void heard.push(direction + line),
    bodies: 'whole',
  });
  transcript.tell('<', '220 ready');
  for (let i = 0; i < 1_000; i++) transcript.tell('>', `line ${i} ${'y'.repeat(2_000)}`);
  transcript.tell('<', '250 ok');

  const lines = transcript.take();
  expect(lines).toHaveLength(161);
  expect([lines[0], lines[80], lines.at(-1)]).toEqual(['< 220 ready', '* … 842 more lines', '< 250 ok']);
  expect(Math.max(...lines.map(({ length }) => length))).toBe(514);
  expect([heard.length, transcript.bodies]).toEqual([1_002, 'whole']);
  expect(transcript.take()).toEqual([]);
});

import { expect, test } from 'vitest';
import { remembered } from '../../../src/tui/view/memo.ts';

test('T07 what is remembered is bounded in number and in length', () => {
  let computed = 0;
  const length = remembered(
    (text) => {
      computed += 1;
      return text.length;
    },
    { most: 10, longest: 5 },
  );
  expect([length('a'), length('a'), length('too long'), length('too long')]).toEqual([1, 1, 8, 8]);
  expect(computed).toBe(3);
  for (let index = 0; index < 1_000; index += 1) length(`${index}`);
  computed = 0;
  for (let index = 0; index < 1_000; index += 1) length(`${index}`);
  expect(computed).toBeGreaterThan(980);
});

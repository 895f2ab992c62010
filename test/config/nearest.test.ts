import { expect, test } from 'vitest';
import { keystrokes, nearestName } from '../../src/daemon/config/nearest.ts';

test('a name is as far as the keystrokes that lead to it, a swap being one', () => {
  expect(keystrokes('relay', 'relay')).toBe(0);
  expect(keystrokes('realy', 'relay')).toBe(1);
  expect(keystrokes('emtpy', 'empty')).toBe(1);
  expect(keystrokes('', 'abc')).toBe(3);
  expect(keystrokes('kitten', 'sitting')).toBe(3);
});

test('the nearest of several wins, case aside, and the first of two', () => {
  expect(nearestName('PROT', ['Host', 'Port', 'User'])).toBe('Port');
  expect(nearestName('x', ['a', 'b'])).toBe('a');
  expect(nearestName('', ['abc', 'a'])).toBe('a');
});

/** Commands of the configuration: words, and no shell's (CFG03). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitWords } from '../../src/daemon/config/kinds/command.ts';
import { problemsOf } from './home.ts';

describe('the words of a command', () => {
  test.each([
    ['/bin/token', ['/bin/token']],
    ['  a   b\tc ', ['a', 'b', 'c']],
    ['"/opt/my token" --for "sales desk"', ['/opt/my token', '--for', 'sales desk']],
    [`a 'b "c" \\d' "e 'f' \\"g\\" \\\\"`, ['a', 'b "c" \\d', 'e \'f\' "g" \\']],
    ['a\\ b c', ['a b', 'c']],
    [`a"b"'c'd ''`, ['abcd', '']],
    ['a $HOME *.txt; id | x', ['a', '$HOME', '*.txt;', 'id', '|', 'x']],
    ['', []],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each(['"a', "a 'b", 'a\\', 'a "b\\"'])('a quote that is not closed is told: %s', async (text) => {
    expect(splitWords(text)).toBeNull();
    const expected = 'ommand: expected empty, or a program and its arguments';
    const account = ['[POP3 account: sales]', 'Host=h', 'User=sales@x.example'];
    for (const lines of [
      [...account, `Token command=${text}`],
      ['[Options]', `Error alert command=${text}`],
      ['[Scanner]', `Command=${text}`],
    ])
      expect(await problemsOf(...lines)).toEqual([expect.stringContaining(expected)]);
  });

  test('long ones are taken apart at once', () => {
    expect(splitWords('x '.repeat(50_000))).toHaveLength(50_000);
    expect(splitWords('x'.repeat(100_000))).toHaveLength(1);
    expect(splitWords(`"${'\\"'.repeat(50_000)}`)).toBeNull();
  });

  test('whatever is quoted comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ');
        expect(splitWords(line)).toEqual(words);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandWords } from '../../src/daemon/rules/command-line.ts';

const cases: [string, string[]][] = [
  ['', []],
  ['  \t ', []],
  ['clamscan', ['clamscan']],
  [' clamscan  --no-summary\t- ', ['clamscan', '--no-summary', '-']],
  ['"/opt/my scanner/scan" -x \'a b\'', ['/opt/my scanner/scan', '-x', 'a b']],
  ['scan --name="a b" ""', ['scan', '--name=a b', '']],
  ['scan "a \\"b\\" \\\\ \\n"', ['scan', 'a "b" \\ \\n']],
  ['scan \'a \\ "b"\'', ['scan', 'a \\ "b"']],
  ['C:\\scan\\scan.exe', ['C:\\scan\\scan.exe']],
  ['scan; rm -rf $HOME | x > y `z`', ['scan;', 'rm', '-rf', '$HOME', '|', 'x', '>', 'y', '`z`']],
  ['scan "never closed', ['scan', 'never closed']],
];

for (const [line, expected] of cases) {
  test(`a command line is words, and no shell's: ${JSON.stringify(line)}`, () => {
    expect(commandWords(line)).toEqual(expected);
  });
}

test('whatever is quoted comes back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const line = words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ');
      expect(commandWords(line)).toEqual(words);
    }),
  );
});

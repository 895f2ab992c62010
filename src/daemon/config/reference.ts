/** `docs/config.md`: every section and key of `PMailGat.ini`, written from the table that reads them. Pure. */
import type { Key, Lines, SectionTable } from './key.ts';
import { headingOf, sectionTables } from './schema.ts';

const HEAD = `# Configuration: \`PMailGat.ini\`

<!-- Generated from src/daemon/config by "npm run docs". Change the table there, not this file. -->

The file lies in the home (\`--home DIR\`, else \`MAILGATE_HOME\`, else the default home); the letters of its name may be
small or capital. It is a Windows INI file: \`[Section]\`, \`Key=value\`, one a line. \`mailgate check\` reads it as the daemon
would and names file, line and key of all that is wrong.

- UTF-8; a BOM, CRLF and Windows-1252 are read, too.
- \`;\` or \`#\` opens a comment at the start of a line only. Inside a value both are ordinary: \`*.doc; *.zip\`.
- Names of sections and keys are compared without case. Odd blanks (a no-break space and the like) count as blanks, and
  are reported.
- An unknown section or key, or one that stands there twice, is an error.
- A key that is not there has its default. Numbers are written in digits, with a point before a fraction.
- A value in double quotes is read as a JSON string: so blanks at its ends stay (\`" x "\`).
- A change made by the program touches only the lines that change.

A password is written as it is, or \`enc:…\` (stored encrypted under \`secret.key\`), or kept elsewhere: \`env:NAME\` names a
variable of the environment, \`file:/path\` a file. One line end at the end of such a variable or file is no part of the
secret; any other control character refuses it. A secret that cannot be had puts the account or relay to rest whose it
is, with a warning; the others go on. A file with a password in clear must have mode 0600 and belong to whoever runs
the program.

Keys in **bold** are the description's own; the column "row" names the row of the description that a key serves.
`;

export function renderReference(): string {
  return `${[HEAD, ...sectionTables.map(section)].join('\n').trimEnd()}\n`;
}

function section(table: SectionTable): string {
  const row = table.row === undefined ? '' : ` (${table.row})`;
  const body = table.lines === undefined ? keyTable(Object.values(table.keys)) : ownLines(table.lines);
  return `## [${headingOf(table)}]\n\n${table.about}${row}\n\n${body}`;
}

function keyTable(keys: readonly Key<unknown>[]): string {
  const head = '| key | value | default | meaning | row |\n|---|---|---|---|---|\n';
  return `${head}${keys.map(keyRow).join('')}`;
}

function keyRow(key: Key<unknown>): string {
  const also = (key.also ?? []).map((name) => ` (\`${name}\` is read, too)`).join('');
  const name = key.own ? `**\`${key.name}\`**` : `\`${key.name}\``;
  const cells = [`${name}${also}`, key.is.expects, defaultOf(key), key.meaning, key.row ?? ''];
  return `| ${cells.map(cell).join(' | ')} |\n`;
}

function defaultOf(key: Key<unknown>): string {
  if (key.default === undefined) return 'must be given';
  return key.default === '' ? 'empty' : `\`${key.default}\``;
}

const ownLines = ({ key, value }: Lines<unknown>): string =>
  `Each line is \`${key.name}=${value.name}\`: ${key.is.expects}; ${value.is.expects}.\n`;

/** "|" ends a cell, and "<" opens a tag where it is not in code. */
const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
    .join('`');

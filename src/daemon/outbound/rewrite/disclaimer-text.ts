/** The operator's text as it stands under a message: plain, and as HTML made of it. Pure. */

/** Octets of a line: with what stands around it, it stays below the 998 of RFC 5321 §4.5.3.1.6. */
const LONGEST_LINE = 900;

/** Characters of a line of HTML, which may be broken at any blank. */
const LONGEST_HTML_LINE = 100;

export interface Disclaimer {
  /** Its lines, without blanks at their ends. */
  lines: readonly string[];
  /** ASCII: it stands in a page of any charset. */
  html: string;
}

/** Null for a text with nothing in it. */
export function disclaimerOf(text: string): Disclaimer | null {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim()
    .split('\n')
    .flatMap((line) => broken(line.trimEnd()));
  return lines.join('') === '' ? null : { lines, html: htmlOf(lines) };
}

/** At a blank where there is one. */
function broken(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (Buffer.byteLength(rest) > LONGEST_LINE) {
    const head = Buffer.from(rest)
      .subarray(0, LONGEST_LINE)
      .toString()
      .replace(/\ufffd$/, '');
    const blank = head.lastIndexOf(' ');
    const end = blank > 0 ? blank : head.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** `flowed` (RFC 3676 §4.4): a line that begins so is stuffed with a blank, which a reader takes away. */
export function plainText({ lines }: Disclaimer, { flowed }: { flowed: boolean }): string {
  return lines.map((line) => (flowed && /^( |>|From )/.test(line) ? ` ${line}` : line)).join('\r\n');
}

/** An empty line is one in HTML, too. */
function htmlOf(lines: readonly string[]): string {
  const texts = lines.map((line) => shortLines(escapedWords(line)));
  return `<div><br>\r\n${texts.join('<br>\r\n')}\r\n</div>`;
}

function escapedWords(line: string): string[] {
  return line.split(/[ \t]+/).map((word) => Array.from(word, inHtml).reduce(joined, ''));
}

/** A word without end, as in languages that know no blanks: a comment takes the line end in, so that none is shown. */
function joined(word: string, character: string): string {
  const open = word.length - word.lastIndexOf('\n') - 1;
  return open > LONGEST_HTML_LINE ? `${word}<!--\r\n-->${character}` : word + character;
}

function inHtml(character: string): string {
  if (/^[ -~]$/.test(character) && !'&<>"'.includes(character)) return character;
  return `&#${character.codePointAt(0)};`;
}

function shortLines(words: readonly string[]): string {
  let length = 0;
  return words
    .map((word, at) => {
      const breaks = at > 0 && length + word.length > LONGEST_HTML_LINE;
      length = (breaks ? 0 : length + 1) + word.length;
      return at === 0 ? word : `${breaks ? '\r\n' : ' '}${word}`;
    })
    .join('');
}

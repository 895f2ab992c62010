/** Turns a row into what is written to the terminal: SGR of the 16 colours only (T14), none with NO_COLOR (T13), ASCII where asked for (T17). */
import type { Look } from '../look.ts';
import type { Row, Span, Tone } from './row.ts';

/** SGR attributes without and with colour. Blue and yellow are left out: each is unreadable on one of the two usual backgrounds. */
const plainTones: Record<Tone, string> = {
  plain: '',
  strong: '1',
  dim: '2',
  wrong: '1',
  warn: '1',
  good: '',
  one: '',
  two: '',
  three: '',
  four: '',
};
const colourTones: Record<Tone, string> = {
  ...plainTones,
  wrong: '1;31',
  warn: '1;35',
  good: '32',
  one: '36',
  two: '35',
  three: '32',
  four: '1',
};

/** Signs of the screen as one ASCII character each, so that no column moves. */
const asciiSigns: Record<string, string> = {
  '…': '~',
  '─': '-',
  '●': '*',
  '○': 'o',
  '✗': 'x',
  '▸': '>',
  '·': '-',
  '█': '#',
  '░': '.',
  '↵': '>',
  '←': '<',
  '→': '>',
  '↑': '^',
  '↓': 'v',
  '’': "'",
  '«': '"',
  '»': '"',
  '▁': '_',
  '▂': '_',
  '▃': '.',
  '▄': '.',
  '▅': '-',
  '▆': '-',
  '▇': '^',
  '\u00a0': ' ',
};

export function paint(row: Row, look: Look): string {
  const tones = look.color ? colourTones : plainTones;
  return row.map((piece) => painted(piece, tones, look)).join('');
}

function painted(piece: Span, tones: Record<Tone, string>, look: Look): string {
  const text = look.ascii ? ascii(piece.text) : piece.text;
  // A reversed piece keeps no colour of its own: reverse of red or dim is hard to read on some palettes.
  const codes = piece.reverse ? '7' : tones[piece.tone];
  return codes === '' || text === '' ? text : `\x1b[${codes}m${text}\x1b[0m`;
}

/** The program's own texts in ASCII: accents go, signs become their neighbours. Remote text has been escaped before. */
export function ascii(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7e]/gu, (sign) => asciiSigns[sign] ?? '?');
}

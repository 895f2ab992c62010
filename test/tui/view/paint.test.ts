import { describe, expect, test } from 'vitest';
import { ascii, paint } from '../../../src/tui/view/paint.ts';
import { cells } from '../../../src/tui/view/width.ts';
import { reversed, span, type Tone } from '../../../src/tui/view/row.ts';
import { texts } from '../../../src/tui/text/texts.ts';
import { plainLook } from '../kit/shown.ts';

const tones: Tone[] = ['plain', 'strong', 'dim', 'wrong', 'warn', 'good', 'one', 'two', 'three', 'four'];
const every = tones.map((tone) => span(tone, tone));
const escapes = (text: string): string[] => [...text.matchAll(/\x1b\[([\d;]*)m/g)].map(([, codes]) => codes ?? ''); // oxlint-disable-line no-control-regex -- it is what is looked for

describe('how a row is painted', () => {
  test('T14 uses attributes and the 16 colours only', () => {
    const codes = escapes(paint(every, plainLook))
      .flatMap((list) => list.split(';'))
      .map(Number);
    expect(codes.every((code) => code < 10 || (code >= 30 && code <= 37))).toBe(true);
    expect(codes).toContain(31);
  });

  test('T13 has no colour at all with NO_COLOR, but bold and reverse', () => {
    const painted = paint([...every, ...reversed([span('selected')])], { ...plainLook, color: false });
    const codes = escapes(painted)
      .flatMap((list) => list.split(';'))
      .map(Number);
    expect(codes.every((code) => code < 10)).toBe(true);
    expect(codes).toContain(7);
  });

  test('T15 a selected row is reversed from edge to edge', () => {
    expect(paint(reversed([span('▸ ', 'strong'), span('x', 'wrong')]), plainLook)).toBe(
      '\x1b[7m▸ \x1b[0m\x1b[7mx\x1b[0m',
    );
  });

  test('T17 in ASCII every sign is one sign, so that no column moves', () => {
    const signs = '●○✗▸█░─…·←→↑↓▁▂▃▄▅▆▇«»’';
    expect(ascii(signs)).toMatch(/^[\x20-\x7e]+$/);
    expect(ascii(signs)).not.toContain('?');
    expect(ascii(signs)).toHaveLength(cells(signs));
    expect(paint([span('Échap œ')], { ...plainLook, ascii: true })).toBe('Echap ?');
  });

  test('T17 no text of the screen has a letter without ASCII', () => {
    for (const language of ['en', 'fr'] as const) {
      const all = JSON.stringify(texts[language], (_, value: unknown) =>
        typeof value === 'function' ? String(value) : value,
      );
      expect(ascii(all)).not.toContain('?'.repeat(2));
      expect(Array.from(all).filter((sign) => sign > '~' && ascii(sign) === '?')).toEqual([]);
    }
  });
});

import { describe, expect, test } from 'vitest';
import { cannotDraw, lookOf } from '../../src/tui/look.ts';

const wishes = { ascii: false, color: null, screenReader: false, language: 'en' } as const;
const xterm = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' };
const look = (env: Record<string, string>, more: Partial<Parameters<typeof lookOf>[0]> = {}) =>
  lookOf({ ...wishes, ...more, env });

describe('T13 colour', () => {
  test('is there on a terminal that has it, and not with NO_COLOR', () => {
    expect(look(xterm).color).toBe(true);
    expect(look({ ...xterm, NO_COLOR: '1' }).color).toBe(false);
    expect(look({ ...xterm, NO_COLOR: '' }).color).toBe(true);
  });

  test('--color wins over NO_COLOR and the terminal, either way', () => {
    expect(look({ ...xterm, NO_COLOR: '1' }, { color: '16' }).color).toBe(true);
    expect(look(xterm, { color: 'never' }).color).toBe(false);
  });

  test.for(['vt100', 'vt220', 'dumb'])('TTY03 %s has none', (TERM) => {
    expect(look({ ...xterm, TERM }).color).toBe(false);
  });
});

describe('T17 ASCII', () => {
  test.for([
    [{ TERM: 'xterm', LANG: 'C' }, true],
    [{ TERM: 'xterm', LANG: 'POSIX' }, true],
    [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, true],
    [{ TERM: 'xterm', LANG: 'C', LC_ALL: 'fr_FR.UTF-8' }, false],
    [{ TERM: 'xterm', LANG: 'C.UTF-8' }, false],
    [{ TERM: 'xterm', LANG: 'de_DE.utf8@euro' }, false],
    [{ TERM: 'xterm', LANG: 'en_US.ISO-8859-1' }, true],
    [xterm, false],
    [{ TERM: 'xterm' }, false],
  ] as const)('TTY04 %o: %s', ([env, ascii]) => {
    expect(look(env).ascii).toBe(ascii);
  });

  test('is there when asked for', () => {
    expect(look(xterm, { ascii: true }).ascii).toBe(true);
  });
});

test('T19 a screen reader is asked for by option or environment', () => {
  expect(look(xterm, { screenReader: true }).plain).toBe(true);
  expect(look({ ...xterm, ACCESSIBLE: '1' }).plain).toBe(true);
  expect(look({ ...xterm, INK_SCREEN_READER: 'true' }).plain).toBe(true);
  expect(look({ ...xterm, INK_SCREEN_READER: 'false' }).plain).toBe(false);
});

test('T08 a dumb terminal cannot be drawn on', () => {
  expect(cannotDraw({ TERM: 'dumb' })).toBe(true);
  expect(cannotDraw(xterm)).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { share, type Wish } from '../../../src/tui/view/sections.ts';

const needed = (least: number, wants: number, most = wants): Wish => ({
  least,
  wants,
  most,
  needed: true,
  spaced: true,
});
const extra = (rows: number): Wish => ({ least: rows, wants: rows, most: rows, needed: false, spaced: true });

describe('T09 the parts of a page share its rows', () => {
  test('with room for all, all have what they could fill, and blanks between them', () => {
    expect(share([needed(1, 2, 9), extra(3)], 20)).toEqual({ rows: [9, 3], spaced: true });
  });

  test('a part that is not needed goes before a needed one goes short', () => {
    expect(share([needed(1, 4), needed(2, 5), extra(3)], 11)).toEqual({ rows: [4, 5, 0], spaced: true });
  });

  test('the first parts are the last to shrink', () => {
    expect(share([needed(1, 4), needed(2, 5)], 8)).toEqual({ rows: [4, 2], spaced: true });
  });

  test('without room for blanks there are none', () => {
    expect(share([needed(1, 1), needed(2, 2), needed(1, 1)], 5)).toEqual({ rows: [1, 2, 1], spaced: false });
  });

  test('a part for which not even the least is there is not drawn', () => {
    expect(share([needed(1, 1), needed(3, 3)], 2)).toEqual({ rows: [1, 0], spaced: true });
  });
});

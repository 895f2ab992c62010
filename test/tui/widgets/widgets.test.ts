import { describe, expect, test } from 'vitest';
import { lines } from '../kit/shown.ts';
import { bar } from '../../../src/tui/widgets/bar.ts';
import { sparkline } from '../../../src/tui/widgets/sparkline.ts';
import { type Column, fitColumns, tableRow } from '../../../src/tui/widgets/table.ts';

describe('a bar', () => {
  test('is full only when everything is done, and not empty once something is', () => {
    expect(bar(0, 52, 10)).toBe('░░░░░░░░░░');
    expect(bar(1, 52, 10)).toBe('█░░░░░░░░░');
    expect(bar(51, 52, 10)).toBe('█████████░');
    expect(bar(52, 52, 10)).toBe('██████████');
    expect(bar(3, 0, 4)).toBe('░░░░');
    expect(bar(9, 3, 4)).toBe('████');
  });
});

describe('T18 a sparkline', () => {
  test('has the same heights in blocks and in ASCII; what nobody counted is blank, not the lowest', () => {
    const values = [null, 0, 1, 4, 8];
    expect(sparkline(values, 'block')).toBe(' ▁▂▅█');
    expect(sparkline(values, 'ascii')).toBe(' __-^');
  });

  test('of nothing is flat', () => {
    expect(sparkline([0, 0, 0], 'block')).toBe('▁▁▁');
  });
});

describe('the columns of a table', () => {
  const columns: Column<'id' | 'size' | 'to'>[] = [
    { id: 'id', width: 4 },
    { id: 'size', width: 6, align: 'right' },
    { id: 'to', width: 8, share: 1 },
  ];

  test('share what is left', () => {
    expect(fitColumns(columns, [], 30).map(({ width }) => width)).toEqual([4, 6, 16]);
  });

  test('T09 go in their order when there is no room', () => {
    expect(fitColumns(columns, ['size', 'to'], 20).map(({ id }) => id)).toEqual(['id', 'to']);
    expect(fitColumns(columns, ['size', 'to'], 9).map(({ id }) => id)).toEqual(['id']);
  });

  test('align', () => {
    const fitted = fitColumns(columns, [], 24);
    const row = tableRow(fitted, { id: { text: 'a' }, size: { text: '7 kB' }, to: { text: 'b@c.example' } }, 24);
    expect(lines([row])).toEqual(['a       7 kB  b@c.examp…']);
  });
});

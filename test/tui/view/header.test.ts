import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/tui/store/model.ts';
import { header } from '../../../src/tui/view/header.ts';
import { NOON } from '../kit/facts.ts';
import { lines, type Parts, shownOf } from '../kit/shown.ts';

const first = (link: Link, parts: Parts = {}): string =>
  lines(header(shownOf({ ...parts, world: { ...parts.world, link } })))[0] ?? '';
const live: Link = { is: 'live', role: 'operator', skew: 0 };

describe('T32 the first line', () => {
  test('has the gateway, the link, the role and what waits', () => {
    expect(first(live, { size: [86, 24] })).toBe(
      ' gw1.company.com   ● live   operator        queue 14   held 2   oldest 3 h   12:00:00',
    );
  });

  test('has a word for every state of the link', () => {
    expect(first({ is: 'connecting' })).toContain('○ connecting');
    expect(first({ is: 'lost', why: '', retryAt: NOON + 2_400, trying: false })).toContain('✗ reconnecting in 3 s');
    expect(first({ is: 'lost', why: '', retryAt: null, trying: true })).toContain('✗ reconnecting …');
    expect(first({ is: 'lost', why: '', retryAt: null, trying: false })).toContain('✗ no link');
  });

  test('T33 stamps data that are not live any more', () => {
    const lost = first({ is: 'lost', why: '', retryAt: NOON + 2_400, trying: false }, { now: NOON + 600_000 });
    expect(lost).toContain('as of 12:00:00');
    expect(lost).toContain('oldest 3 h');
  });

  test('T28 says read-only, whether it was asked for or is all that the gateway allows', () => {
    expect(first(live, { readOnly: true })).toContain('read-only');
    expect(first({ ...live, role: 'viewer' })).toContain('read-only');
  });

  test('says by how much the clocks differ, from two seconds on', () => {
    expect(first({ ...live, skew: 1_500 })).not.toContain('!');
    expect(first({ ...live, skew: -75_400 })).toContain('! -75 s');
  });

  test('loses the program, the age, the time and the end of the name before link and counts', () => {
    const narrow = first(live, { size: [50, 24] });
    expect(narrow).toBe(' gw1.company…  ● live  operator  queue 14  held 2');
  });
});

describe('the tabs', () => {
  const tabs = (size: [number, number]): string => lines(header(shownOf({ size })))[1] ?? '';

  test('have their digits and their names', () => {
    expect(tabs([80, 24])).toBe(' 1 Dashboard  2 Session  3 Outbound  4 Queue  5 Accounts  6 Traces   ! 2 alerts');
  });

  test('T09 shorten to their digits', () => {
    expect(tabs([40, 10])).toBe(' 1 Dashboard  2  3  4  5  6  ! 2 alerts');
  });
});

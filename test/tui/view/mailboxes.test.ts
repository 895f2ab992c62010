import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/protocol/events.ts';
import { apply, emptyState } from '../../../src/protocol/state.ts';
import { mailboxRows, sessionHeading } from '../../../src/tui/view/mailboxes.ts';
import { ago, firstMinute, morning, stamped, type Told } from '../kit/facts.ts';
import { lines, type Parts, shownOf } from '../kit/shown.ts';

function rows(parts: Parts, height: number): string[] {
  const shown = shownOf(parts);
  return shown.world.gateway === null ? [] : lines(mailboxRows(shown, shown.world.gateway, height));
}
const told = (...facts: Fact[]): Told[] => [...firstMinute(), ...facts.map((fact) => ({ at: ago(0), fact }))];

describe('the mailboxes of a session', () => {
  test('what needs a person comes first, then what runs, then what is done', () => {
    const names = rows({}, 9).map((row) => row.slice(3, 11).trim());
    expect(names).toEqual(['support', 'sales', 'info', 'compta']);
  });

  test('those that find no room are counted', () => {
    expect(rows({ size: [80, 24] }, 2)[1]).toBe('   and 3 more');
    expect(rows({ size: [80, 24] }, 1)).toEqual(['   support   ✗ Login refused: -ERR [AUTH] invalid password']);
  });

  test('a mailbox that was fetched but for one message says both', () => {
    const inBox = { session: 1, account: 'sales' };
    const facts = told(
      { type: 'session.started', session: 1, accounts: ['sales'], trigger: 'once' },
      { type: 'mailbox.connected', ...inBox, host: 'h', login: true, messages: 2, bytes: 20 },
      { type: 'mailbox.planned', ...inBox, fetch: 2, bytes: 20 },
      { type: 'message.failed', ...inBox, number: 2, uidl: 'u', recipient: '', reason: '552 5.3.4 too large' },
      { type: 'message.delivered', ...inBox, number: 1, uidl: 'v', bytes: 9, recipients: [], final: true },
      { type: 'mailbox.finished', ...inBox, messages: 1, left: 1, errors: 1, oversize: 0, stuck: 0 },
    );
    expect(rows({ told: facts }, 1)).toEqual(['   sales     ✗ done 1/2, 552 5.3.4 too large']);
  });

  test('no account is said, not drawn as an empty page', () => {
    const facts = told({ type: 'accounts.configured', accounts: [] });
    expect(rows({ told: facts }, 3)).toEqual(['   No account to download from.']);
  });

  test('T16 an account that is switched off has a word for it', () => {
    const facts = told({ type: 'accounts.configured', accounts: [{ name: 'old', enabled: false }] });
    expect(rows({ told: facts }, 3)).toEqual(['   old         disabled']);
  });
});

describe('what of an account waits for a person', () => {
  const inBox = { session: 1, account: 'sales' };
  const facts = (left: Partial<{ oversize: number; stuck: number; errors: number; note: string }>): Told[] =>
    told(
      { type: 'session.started', session: 1, accounts: ['sales'], trigger: 'once' },
      { type: 'mailbox.planned', ...inBox, fetch: 2, bytes: 20 },
      ...((left.errors ?? 0) > 0
        ? [{ type: 'message.failed', ...inBox, number: 2, uidl: 'u', recipient: '', reason: '552 too large' } as const]
        : []),
      { type: 'mailbox.finished', ...inBox, messages: 2, left: 5, errors: 0, oversize: 0, stuck: 0, ...left },
      { type: 'account.noted', account: 'sales', note: left.note ?? '' },
    );
  const row = (left: Parameters<typeof facts>[0], size: [number, number], parts: Parts = {}): string =>
    rows({ ...parts, told: facts(left), size }, 1)[0] ?? '';

  test('G03 S66 stands at the right end of its row, the counts before the note', () => {
    expect(row({ stuck: 1, oversize: 2, note: 'token dies in 6 days' }, [120, 40])).toMatch(
      /0\/2 +0 B +! 1 stuck · 2 too large · token dies in 6 days$/,
    );
  });

  test('T12 on 80 columns the row has as much of it as there is room for in whole words', () => {
    expect(row({ stuck: 1, oversize: 2, note: 'token dies in 6 days' }, [80, 24])).toMatch(/! 1 stuck · 2 too large$/);
    expect(row({ stuck: 12_345, oversize: 98_765 }, [80, 24])).toMatch(/! 12345 stuck$/);
    expect(row({ note: 'token dies in 6 days' }, [80, 24])).toMatch(/! token dies in 6 days$/);
    expect(row({ stuck: 1 }, [40, 10])).not.toContain('stuck');
  });

  test('in French, too', () => {
    const left = { stuck: 2, note: 'sign in again' };
    expect(row(left, [120, 40], { look: { language: 'fr' } })).toMatch(/! 2 bloqués · à authentifier de nouveau$/);
  });

  test('never takes the room of what went wrong', () => {
    expect(row({ stuck: 1, errors: 1 }, [80, 24])).toMatch(/✗ done 0\/2, 552 too large +! 1 stuck$/);
    const cut = row({ stuck: 1, oversize: 2, errors: 1, note: 'x'.repeat(60) }, [80, 24]);
    expect(cut).toContain('552 too large');
  });

  test('is not there where nothing waits', () => {
    expect(row({}, [120, 40])).not.toContain('!');
  });
});

test('the heading says what ran last and when the next one comes', () => {
  const shown = shownOf({ size: [80, 24] });
  const ended = stamped(morning().filter(({ fact }) => !('session' in fact && fact.session === 12))).reduce(
    apply,
    emptyState,
  );
  expect(lines([sessionHeading(shown, ended)])).toEqual([
    ' Download session 11   11:50   8 messages, 1 error                   next 12:00',
  ]);
});

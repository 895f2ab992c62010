/** What the daemon words in English, in French on a screen: the words of the state, and those of alerts about a mailbox. */
import { describe, expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { alertRoom, alertStuck, alertUnroutable } from '../../src/daemon/inbound/standing-alerts.ts';
import { startVisit } from '../../src/daemon/inbound/visit.ts';
import { inFrench } from '../../src/protocol/reasons.ts';
import { apply, emptyState } from '../../src/protocol/state.ts';

test.each([
  [
    'Unexpected disconnection from POP3 server: The server has closed the connection',
    'Déconnexion inattendue du serveur POP3 : Le serveur a fermé la connexion',
  ],
  ['Login refused: -ERR [AUTH] no', 'Identification refusée : -ERR [AUTH] no'],
  [
    'Delivered at 2026-11-24T12:00:00.000Z to a@b.c, d@e.f. It stays on the server.',
    'Remis le 2026-11-24T12:00:00.000Z à a@b.c, d@e.f. Il reste sur le serveur.',
  ],
  ['Refused in 2 sessions: 451 4.7.1 busy', 'Refusé dans 2 sessions : 451 4.7.1 busy'],
  [
    'It is larger than 1000 octets, the limit of the account. Its days there are over: the next session deletes it.',
    'Il dépasse 1000 octets, la limite du compte. Sa durée de conservation est écoulée : la prochaine session le supprime.',
  ],
  ['550 5.7.1 whatever a server says', '550 5.7.1 whatever a server says'],
  ['', ''],
])('%s', (english, french) => {
  expect(inFrench(english)).toBe(french);
});

test('a text of a server that repeats our words is no work without end', () => {
  const text = 'It is set aside: '.repeat(500);
  expect(inFrench(text)).toBe('Il est mis de côté : '.repeat(500));
  expect(inFrench(`Delivered at ${'x, '.repeat(50_000)}`)).toContain('Delivered');
});

describe('every text of it is known:', () => {
  const told = { seq: 1, at: '2026-11-24T10:00:00.000Z', session: 1, account: 'sales' };
  const started = {
    ...emptyState,
    accounts: apply(emptyState, {
      ...told,
      type: 'accounts.configured',
      accounts: [{ name: 'sales', enabled: true }],
    }).accounts,
  };

  test('a mailbox that is renumbered', () => {
    const state = apply(started, { ...told, type: 'mailbox.renumbered', known: 9, gone: 9, fresh: 9 });
    expect(inFrench(state.accounts[0]?.lastError ?? '')).toMatch(/^Ses messages ont tous de nouveaux UIDL/);
  });

  test('a message that has no recipient', () => {
    const message = { number: 1, uidl: 'u', from: 'a@b.c', subject: 's' };
    const begun = apply(started, { ...told, type: 'session.started', accounts: ['sales'], trigger: 'schedule' });
    const state = apply(begun, { ...told, type: 'message.unroutable', ...message });
    expect(inFrench(state.mailboxes[0]?.error ?? '')).toMatch(/^Un message n'a pas de destinataire ici/);
  });

  test.each([1, 2])('alerts about %i of its messages', (count) => {
    const raised: string[] = [];
    const bus = createBus(systemClock, 0, (error) => {
      throw error;
    });
    const parts = {
      ...{ bus, trace: () => ({ bodies: 'none', tell() {} }) },
      alerts: { raise: (_key: string, message: string) => void raised.push(message), clear() {} },
    };
    const { signal } = new AbortController();
    const visit = startVisit({ name: 'sales' } as never, 1, parts as never, { stop: signal, cut: signal });
    alertUnroutable(visit, count);
    alertRoom(visit, count);
    alertStuck(visit, count);
    expect(raised).toHaveLength(3);
    for (const message of raised) expect(inFrench(message)).toMatch(/^\d messages? (n'|restent|reste|est|sont|n'ont)/);
  });
});

import { describe, expect, test } from 'vitest';
import { hours } from '../../src/daemon/base/clock.ts';
import { givenUp, judge } from '../../src/daemon/outbound/verdict.ts';
import type { QueuedRecipient } from '../../src/daemon/store/store.ts';

const to = (address: string, state: QueuedRecipient['state'] = 'waiting'): QueuedRecipient => ({
  address,
  state,
  reply: state === 'waiting' ? null : 'before',
  notify: [],
  orcpt: null,
});
const said = (address: string, outcome: 'sent' | 'deferred' | 'failed', reply: string) => ({
  address,
  outcome,
  reply,
  code: null,
});

const asked = (...addresses: string[]) => new Set(addresses);

describe('what an attempt makes of a message', () => {
  test('whoever has a fate keeps it, and is not told of again', () => {
    const verdict = judge([to('a', 'sent'), to('b', 'failed'), to('c', 'deferred')], asked('a', 'b', 'c'), [
      said('c', 'sent', '250 ok'),
      said('a', 'failed', '550 never asked'),
    ]);
    expect(verdict.recipients.map(({ state, reply }) => [state, reply])).toEqual([
      ['sent', 'before'],
      ['failed', 'before'],
      ['sent', '250 ok'],
    ]);
    expect(verdict).toMatchObject({
      final: true,
      sent: [{ address: 'c', reply: '250 ok' }],
      failed: [],
      summary: 'sent',
    });
  });

  test('who was not answered waits', () => {
    const verdict = judge([to('a'), to('b')], asked('a', 'b'), [said('a', 'sent', '250 ok')]);
    expect(verdict).toMatchObject({ final: false, deferred: [{ address: 'b' }] });
    expect(verdict.summary).toBe('1 sent, 1 deferred: The relay gave no answer for this recipient.');
  });

  test('X07: who was not asked for stays as he is, and keeps the message', () => {
    const verdict = judge([to('a'), to('b')], asked('a'), [said('a', 'sent', '250 ok')]);
    expect(verdict).toMatchObject({ final: false, sent: [{ address: 'a' }], deferred: [], summary: 'sent' });
    expect(verdict.recipients[1]).toEqual(to('b'));
  });

  test('when it is given up, who waits has failed, with the last word of the relay', () => {
    const waits = { ...to('a', 'deferred'), reply: '451 later' };
    expect(givenUp([waits, to('b', 'sent'), to('c')], hours(120), 'the relay is away')).toEqual([
      { ...waits, state: 'failed', reply: '4.4.7 Given up after 120 hours: 451 later' },
      to('b', 'sent'),
      { ...to('c'), state: 'failed', reply: '4.4.7 Given up after 120 hours: the relay is away' },
    ]);
  });

  test('the last reply is that of whoever waits', () => {
    const verdict = judge([to('a'), to('b')], asked('a', 'b'), [
      said('a', 'failed', '550 no'),
      said('b', 'deferred', '451 later'),
    ]);
    expect(verdict).toMatchObject({ lastReply: '451 later', summary: '1 deferred, 1 failed: 451 later' });
  });
});

import { describe, expect, test } from 'vitest';
import { hours } from '../../src/daemon/base/clock.ts';
import { judge } from '../../src/daemon/outbound/verdict.ts';
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

describe('what an attempt makes of a message', () => {
  test('whoever has a fate keeps it, and is not told of again', () => {
    const verdict = judge(
      [to('a', 'sent'), to('b', 'failed'), to('c', 'deferred')],
      [said('c', 'sent', '250 ok'), said('a', 'failed', '550 never asked')],
      null,
    );
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
    const verdict = judge([to('a'), to('b')], [said('a', 'sent', '250 ok')], null);
    expect(verdict).toMatchObject({ final: false, deferred: [{ address: 'b' }] });
    expect(verdict.summary).toBe('1 sent, 1 deferred: The relay gave no answer for this recipient.');
  });

  test('when it is given up, who is deferred has failed, with the last word of the relay', () => {
    const verdict = judge(
      [to('a'), to('b')],
      [said('a', 'deferred', '451 later'), said('b', 'sent', '250 ok')],
      hours(120),
    );
    expect(verdict).toMatchObject({
      final: true,
      failed: [{ address: 'a', reply: '4.4.7 Given up after 120 hours: 451 later' }],
      sent: [{ address: 'b' }],
    });
  });

  test('the last reply is that of whoever waits', () => {
    const verdict = judge(
      [to('a'), to('b')],
      [said('a', 'failed', '550 no'), said('b', 'deferred', '451 later')],
      null,
    );
    expect(verdict).toMatchObject({ lastReply: '451 later', summary: '1 deferred, 1 failed: 451 later' });
  });
});

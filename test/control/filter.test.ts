/** The filter of the queue: what a person writes, and what is looked for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hours, minutes } from '../../src/daemon/base/clock.ts';
import { parseFilter } from '../../src/daemon/control/methods/filter.ts';

const NOW = Date.parse('2026-11-24T10:00:00.000Z');
const QUEUE = ['waiting', 'sending', 'deferred', 'held'];

test.each([
  ['', { states: QUEUE }],
  ['state=deferred', { states: ['deferred'] }],
  ['STATE=Held,waiting', { states: ['waiting', 'held'] }],
  ['sender=*@a.com', { states: QUEUE, sender: '*@a.com' }],
  [
    'recipient=anna@b.com relay=smtprelay.isp.com',
    { states: QUEUE, recipient: 'anna@b.com', relay: 'smtprelay.isp.com' },
  ],
  ['id=Pmg1F7B,Pmg1F7C.tmp', { states: QUEUE, ids: ['Pmg1F7B', 'Pmg1F7C'] }],
  ['subject=offer', { states: QUEUE, subject: '*offer*' }],
  ['subject="Offer 2026"', { states: QUEUE, subject: '*Offer 2026*' }],
  ['subject=Offer*', { states: QUEUE, subject: 'Offer*' }],
  ['age>2h', { states: QUEUE, queuedBefore: NOW - hours(2) }],
  ['age<1.5m', { states: QUEUE, queuedAfter: NOW - minutes(1.5) }],
  ['age>1h age<2h', { states: QUEUE, queuedBefore: NOW - hours(1), queuedAfter: NOW - hours(2) }],
  ['greylisted', { states: QUEUE, word: 'greylisted' }],
  ['  state=held   check  first ', { states: ['held'], word: 'check first' }],
  // A field that stands twice, or has several masks.
  ['sender=*@a.com sender=anna*', { states: QUEUE, sender: '*@a.com', anyOf: [[{ sender: 'anna*' }]] }],
  ['recipient=a@*,b@*', { states: QUEUE, anyOf: [[{ recipient: 'a@*' }, { recipient: 'b@*' }]] }],
  ['sender!=*@a.com,<>', { states: QUEUE, not: [{ sender: '*@a.com' }, { sender: '' }] }],
  ['sender=<>', { states: QUEUE, sender: '' }],
  ['state=held,waiting state!=held', { states: ['waiting'] }],
  ['id=Pmg1F7B,Pmg1F7C id=Pmg1F7C', { states: QUEUE, ids: ['Pmg1F7C'] }],
  ['id=Pmg1F*', { states: QUEUE, id: 'Pmg1F*' }],
  ['age>2h age>1h', { states: QUEUE, queuedBefore: NOW - hours(2), anyOf: [[{ queuedBefore: NOW - hours(1) }]] }],
  // What waits has a next attempt.
  ['next<10m', { states: ['waiting', 'deferred'], dueBefore: NOW + minutes(10) }],
  ['next>1d', { states: ['waiting', 'deferred'], dueAfter: NOW + hours(24) }],
  ['size>1.5mb size<20MB', { states: QUEUE, bytesAbove: 1_572_864, bytesBelow: 20_971_520 }],
  ['tries>3', { states: QUEUE, attemptsAbove: 3 }],
  ['priority=high,low', { states: QUEUE, priorities: ['high', 'low'] }],
  ['priority!=low', { states: QUEUE, priorities: ['high', 'normal'] }],
  ['is=report', { states: QUEUE, reports: true }],
  ['is!=report', { states: QUEUE, reports: false }],
  [
    'reply=451* peer=*exch1* held=gateway messageid=<1@*>',
    { states: QUEUE, reply: '451*', peer: '*exch1*', heldBy: 'gateway', messageId: '<1@*>' },
  ],
  ['!greylisted !"red flag"', { states: QUEUE, not: [{ word: 'greylisted' }, { word: 'red flag' }] }],
  ['/offer [0-9]{4}/ /urgent/', { states: QUEUE, pattern: 'offer [0-9]{4}', anyOf: [[{ pattern: 'urgent' }]] }],
  ['!/a\\/b/', { states: QUEUE, not: [{ pattern: 'a\\/b' }] }],
  ['/var/spool', { states: QUEUE, word: '/var/spool' }],
  ['"a=b c"', { states: QUEUE, word: 'a=b c' }],
  ['anna@b.com', { states: QUEUE, word: 'anna@b.com' }],
])('%j looks for %j', (expression, filter) => {
  expect(parseFilter(expression, NOW)).toEqual({ ok: true, filter });
});

test.each([
  [
    'stat=held',
    'There is no field "stat"; there are id, sender, recipient, relay, subject, reply, peer, held, messageid, state, priority, is, age, next, size, tries.',
  ],
  ['next=2h', 'The time until the next attempt is compared like next>2h or next<30m, with s, m, h or d.'],
  ['size>2tb', 'A size is compared like size>100kb or size<1.5mb, with kb or mb.'],
  ['tries>2m', 'The number of tries is compared like tries>3 or tries<10.'],
  ['is=held', '"is" knows "report" only, found "held".'],
  ['priority=top', 'There is no priority "top"; there are high, normal, low.'],
  ['/(a/', '/(a/: A group is not closed.'],
  ['/(?=a)/', '/(?=a)/: Look-around and named groups are not known here.'],
  ['state=lost', 'There is no state "lost"; there are waiting, sending, deferred, held.'],
  ['state=dropped', 'There is no state "dropped"; there are waiting, sending, deferred, held.'],
  ['state>held', '"state" is compared with "=" or "!=", and only age, next, size and tries with "<" or ">".'],
  ['sender=""', '"sender=" needs a value.'],
  ['age=2h', 'An age is compared like age>2h or age<30m, with s, m, h or d.'],
  ['age>2 h', 'An age is compared like age>2h or age<30m, with s, m, h or d.'],
  ['age>two', 'An age is compared like age>2h or age<30m, with s, m, h or d.'],
  ['"open', 'A quote is not closed in "open.'],
])('%j is refused with what was expected', (expression, problem) => {
  expect(parseFilter(expression, NOW)).toEqual({ ok: false, problem });
});

test('any text is either a filter of the queue, never of the trash, or a problem in words; never a throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (expression) => {
      const parsed = parseFilter(expression, NOW);
      expect(parsed.ok ? parsed.filter.states : parsed.problem).not.toHaveLength(0);
      if (parsed.ok) expect(parsed.filter.states).not.toContain('dropped');
    }),
  );
});

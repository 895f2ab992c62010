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
  ['STATE=Held,waiting', { states: ['held', 'waiting'] }],
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
  ['"a=b c"', { states: QUEUE, word: 'a=b c' }],
  ['anna@b.com', { states: QUEUE, word: 'anna@b.com' }],
])('%j looks for %j', (expression, filter) => {
  expect(parseFilter(expression, NOW)).toEqual({ ok: true, filter });
});

test.each([
  ['stat=held', 'There is no field "stat"; there are id, state, sender, recipient, relay, subject, age.'],
  ['state=lost', 'There is no state "lost"; there are waiting, sending, deferred, held.'],
  ['state=dropped', 'There is no state "dropped"; there are waiting, sending, deferred, held.'],
  ['state>held', '"state" is compared with "=", and only age with "<" or ">".'],
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

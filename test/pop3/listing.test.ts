/** STAT, LIST and UIDL as servers really send them (POP10, POP11, POP14, POP17). */
import { expect, test } from 'vitest';
import { Listing, MOST_MESSAGES, parseTotals } from '../../src/daemon/pop3/listing.ts';

test('POP10: a number of messages is believed up to a million', () => {
  expect(parseTotals('+OK 2 320')).toEqual({ messages: 2, octets: 320 });
  expect(parseTotals('+OK 2 320 octets in the maildrop')).toEqual({ messages: 2, octets: 320 });
  expect(parseTotals(`+OK ${MOST_MESSAGES} 1`)).toEqual({ messages: MOST_MESSAGES, octets: 1 });
  expect(parseTotals('+OK 5000000 1')).toBe(
    'The POP3 server announces 5000000 messages; more than 1000000 are not believed',
  );
});

test.each(['+OK', '+OK -1 0', '+OK many', '+OK 1e3 1', '+OK 0x10 1', '+OK 99999999999999999999 1'])(
  'POP10: "%s" counts nothing',
  (line) => {
    expect(parseTotals(line)).toBe(`The POP3 server cannot count its messages: "${line}"`);
  },
);

test('octets are a hint: what is no number counts as none', () => {
  expect(parseTotals('+OK 2 -2147483648')).toEqual({ messages: 2, octets: 0 });
  expect(parseTotals('+OK 2')).toEqual({ messages: 2, octets: 0 });
});

function listing(list: readonly string[], uidl: readonly string[]): Listing {
  const made = new Listing();
  for (const line of list) expect(made.scan(line)).toBeNull();
  for (const line of uidl) expect(made.identify(line)).toBeNull();
  return made;
}

test('LIST and UIDL are put together by number, in the order of LIST', () => {
  expect(listing(['2 20', '1 10'], ['1 one', '2 two']).joined({ identified: true })).toEqual([
    { number: 2, bytes: 20, uidl: 'two' },
    { number: 1, bytes: 10, uidl: 'one' },
  ]);
});

test('POP17: a message in LIST but not in UIDL, or the reverse, waits for the next session', () => {
  const made = listing(['1 10', '2 20'], ['2 two', '3 three']);

  expect(made.joined({ identified: true })).toEqual([{ number: 2, bytes: 20, uidl: 'two' }]);
});

test('POP12: without UIDL every id is empty', () => {
  expect(listing(['1 10'], []).joined({ identified: false })).toEqual([{ number: 1, bytes: 10, uidl: '' }]);
});

test.each([
  ['nothing', '1', ''],
  ['a blank', '1 ', ''],
  ['blanks', '1    ', ''],
  ['a path', '1 ../../etc/x', '../../etc/x'],
  ['blanks inside', '1 a b  c', 'a b  c'],
  ['a blank at the end', '1 a ', 'a '],
  ['8-bit and control octets', '1 \x01\xe9\xff', '\x01\xe9\xff'],
  ['300 characters', `1 ${'u'.repeat(300)}`, 'u'.repeat(300)],
  ['a tab before it', '1\tid', 'id'],
])('POP14: an id of %s is kept octet for octet', (_, line, uidl) => {
  expect(listing(['1 10'], [line]).joined({ identified: true })).toEqual([{ number: 1, bytes: 10, uidl }]);
});

test('POP13: the same id twice is reported as it is', () => {
  expect(
    listing(['1 10', '2 20'], ['1 same', '2 same'])
      .joined({ identified: true })
      .map(({ uidl }) => uidl),
  ).toEqual(['same', 'same']);
});

test.each(['', 'x 10', '-1 10', '0 10', '1.5 10', '+OK 2 messages'])('"%s" is no line of a listing', (line) => {
  expect(new Listing().scan(line)).toMatch(/^The POP3 server lists a message without a number: /);
  expect(new Listing().identify(line)).toMatch(/^The POP3 server lists a message without a number: /);
});

test('the same number twice would delete one message for the other', () => {
  const made = listing(['1 10'], ['1 a']);

  expect(made.scan('1 11')).toBe('The POP3 server lists message 1 twice');
  expect(made.identify('1 b')).toBe('The POP3 server lists message 1 twice');
});

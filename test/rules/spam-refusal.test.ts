import { expect, test } from 'vitest';
import { createSpamRefusal, spamRefusalInWords } from '../../src/daemon/rules/spam-refusal.ts';

const text = 'Message rejected as spam by Content Filtering ';
const reply = '550 5.7.1 Message rejected as spam by Content Filtering.';

test('S76: a reply with the code and the text is a refusal as spam, whatever its case', () => {
  const isRefusal = createSpamRefusal({ code: 550, text });
  expect(isRefusal({ code: 550, reply })).toBe(true);
  expect(isRefusal({ code: 550, reply: reply.toUpperCase() })).toBe(true);
});

test('S74, S75: any other refusal is none: the message is tried again', () => {
  const isRefusal = createSpamRefusal({ code: 550, text });
  expect(isRefusal({ code: 554, reply: reply.replace('550', '554') })).toBe(false);
  expect(isRefusal({ code: 550, reply: '550 5.1.1 User unknown' })).toBe(false);
  expect(isRefusal({ code: null, reply })).toBe(false);
  expect(createSpamRefusal({ code: 554, text })({ code: 554, reply })).toBe(true);
});

test('S76: an empty text and one of fewer than 4 characters are off', () => {
  for (const short of ['', '   ', 'spa', ' sp '])
    expect(createSpamRefusal({ code: 550, text: short })({ code: 550, reply: `550 ${short} spam` })).toBe(false);
  expect(createSpamRefusal({ code: 550, text: 'spam' })({ code: 550, reply: '550 SPAM' })).toBe(true);
});

test('S77: whether it is active, and by which code and text, is said to whoever looks at the content rules', () => {
  const active = spamRefusalInWords({ code: 550, text });
  expect(active).toContain('are recognised');
  expect(active).toContain('refuses with 550 and "Message rejected as spam by Content Filtering"');
  for (const short of ['', '   ', 'spa'])
    expect(spamRefusalInWords({ code: 550, text: short })).toContain('are not recognised');
});

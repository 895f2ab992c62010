import { expect, test } from 'vitest';
import { editedOctets } from '../../src/daemon/mail/mime/edited-body.ts';
import { tagEdits } from '../../src/daemon/rules/tag.ts';
import { lines, octets } from './mail.ts';

const tagged = (header: string, score: Parameters<typeof tagEdits>[1]) =>
  Buffer.from(editedOctets(octets(header), tagEdits(octets(header), score))).toString('latin1');

const header = lines('From: a@example.org', 'Subject: Hello');

test('spam is tagged at the top of its header', () => {
  expect(tagged(header, { score: 7.1, threshold: 5, spam: true, tests: ['GTUBE', 'NO_RELAYS'] })).toBe(
    lines('X-Spam-Flag: YES', 'X-Spam-Status: Yes, score=7.1 required=5', '\ttests=GTUBE,NO_RELAYS') + header,
  );
});

test('what is no spam gets its score, and no flag', () => {
  expect(tagged(header, { score: -1.2, threshold: 5, spam: false, tests: [] })).toBe(
    lines('X-Spam-Status: No, score=-1.2 required=5') + header,
  );
});

test('fields that came with the message and claim to be SpamAssassin go, folded ones and odd spellings too', () => {
  const forged =
    lines('x-spam-status: No, score=-100', ' required=5', 'From: a@example.org') +
    'X-SPAM-FLAG : NO\rX-Spam-Level:\nX-Spammer: yes\r\n' +
    lines('Subject: X-Spam-Flag: YES');
  expect(tagged(forged, null)).toBe(
    `${lines('From: a@example.org')}X-Spammer: yes\r\n${lines('Subject: X-Spam-Flag: YES')}`,
  );
  expect(tagEdits(octets(header), null)).toEqual([]);
});

test('a list of tests without end stays within a line', () => {
  const tests = Array.from({ length: 500 }, (_, n) => `TEST_${n}`);
  const all = tagged(header, { score: 9, threshold: 5, spam: true, tests });
  for (const line of all.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
});

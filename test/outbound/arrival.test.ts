import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReceive, takeEverything } from '../../src/daemon/outbound/arrival.ts';
import { silencedBy } from '../../src/daemon/outbound/silent-drop.ts';

describe('S118, S119: a subject that begins so is dropped', () => {
  test.each([
    ['Not read: Offer', 'Not read:'],
    ['NOT READ: OFFER', 'not read: '],
    ['Not read:', 'Not read: '],
    ['Non lu\u00a0: Offre', 'Non lu :'],
    ['Non lu\u202f: Offre', 'non LU :'],
    ['\u00c9t\u00e9 2026', 'e\u0301te\u0301 '],
    ['a, b', 'a, b'],
    ['Lu : x', ' Lu :'],
  ])('%j by the prefix %j', (subject, prefix) => {
    expect(silencedBy(subject, ['Unread', prefix, 'more'])).toBe(prefix);
  });

  test.each([
    ['Re: Not read: Offer', 'Not read:', 'it stands in the middle'],
    ['Abc', 'Abc', 'three characters would hit by chance'],
    ['\u{1F600}\u{1F600}\u{1F600}', '\u{1F600}\u{1F600}\u{1F600}', 'three characters, however many units'],
    ['Anything', '    ', 'blanks alone would hit everything'],
    ['', 'Not read:', 'there is no subject'],
    ['Not read', 'Not read:', 'it is shorter'],
  ])('%j not by %j: %s', (subject, prefix) => {
    expect(silencedBy(subject, [prefix])).toBe(null);
  });

  test('of several the first that fits is told', () => {
    expect(silencedBy('Not read: x', ['Read:', 'Not read', 'Not read:'])).toBe('Not read');
  });

  test('nothing that a sender writes is more than a text', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (subject, prefixes) => {
        const found = silencedBy(subject, prefixes);
        if (found !== null) expect(prefixes).toContain(found);
      }),
    );
  });
});

describe('what becomes of a message on its arrival', () => {
  const known = new Set(['anna@pytheas.com']);
  const settings = {
    silentDropPrefixes: ['Not read:'],
    alertOnUnknownSender: true,
    knownSender: (address: string) => known.has(address),
  };
  const from = { from: '', subject: 'Hello' };

  test.each([
    ['x@votredom.fr', true],
    ['anna@pytheas.com', false],
    ['', false],
  ])('S117: a session log is asked for about the sender %j: %s', (sender, unrecognised) => {
    expect(createReceive(settings)({ ...from, sender })).toEqual({ silencedBy: null, unrecognised });
  });

  test('S117: nobody is asked for one where the box is not ticked', () => {
    const receive = createReceive({ ...settings, alertOnUnknownSender: false });
    expect(receive({ ...from, sender: 'x@votredom.fr' }).unrecognised).toBe(false);
  });

  test('S117, S118: of a message that is dropped nobody is alerted', () => {
    const receive = createReceive(settings);
    expect(receive({ ...from, sender: 'x@votredom.fr', subject: 'Not read: y' })).toEqual({
      silencedBy: 'Not read:',
      unrecognised: false,
    });
  });

  test('without any policy everything is taken', () => {
    expect(takeEverything({ ...from, sender: 'x@votredom.fr', subject: 'Not read: y' })).toEqual({
      silencedBy: null,
      unrecognised: false,
    });
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LONGEST_HEADER_BLOCK } from '../../src/daemon/base/limits.ts';
import { type Decision, decide } from '../../src/daemon/rules/decide.ts';
import { factsOf } from '../../src/daemon/rules/facts.ts';
import type { Rule } from '../../src/daemon/rules/settings.ts';
import { attached, examined, lines, message, multipart, rule, scanOf, text } from './mail.ts';

const letPass = rule({
  name: 'Laisser passer ces extensions',
  type: 'Pass-Through',
  attachments: ['*.doc', '*.zip', '*.gif'],
});
const interceptAll = rule({ name: 'Tout intercepter', attachments: ['*'] });

function decided(rules: Rule[], mail: string, recipients?: string[]): Decision {
  return decide(rules, factsOf(examined(mail, recipients)), scanOf(mail));
}

/** `nothing`, or the name of the rule that decided. */
function ruling(rules: Rule[], mail: string, recipients?: string[]): string {
  const decision = decided(rules, mail, recipients);
  return decision.is === 'passed' || decision.is === 'intercepted'
    ? `${decision.is}: ${decision.rule.name}`
    : decision.is;
}

const withFiles = (...names: string[]) => message(multipart('b', [text(), ...names.map((name) => attached(name))]));

test("S78-S80: the description's two rules let documents pass and stop every other attachment", () => {
  const rules = [letPass, interceptAll];
  expect(ruling(rules, withFiles('a.doc'))).toBe('passed: Laisser passer ces extensions');
  expect(ruling(rules, withFiles('a.doc', 'B.ZIP', 'c.gif'))).toBe('passed: Laisser passer ces extensions');
  expect(ruling(rules, withFiles('a.exe'))).toBe('intercepted: Tout intercepter');
  expect(ruling(rules, withFiles())).toBe('nothing');
});

test('S78: a Pass-Through rule applies only when every attachment fits', () => {
  expect(ruling([letPass, interceptAll], withFiles('a.doc', 'b.exe'))).toBe('intercepted: Tout intercepter');
  expect(ruling([letPass], withFiles('a.doc', 'b.exe'))).toBe('nothing');
});

test('S78: of several readings of a name one that does not fit is enough to stop it', () => {
  const mail = withFiles('a.doc"; filename*=utf-8\'\'b.exe; x="');
  expect(ruling([letPass, interceptAll], mail)).toBe('intercepted: Tout intercepter');
  expect(ruling([rule({ attachments: ['*.exe'] })], mail)).toBe('intercepted: rule');
});

test('S80: the first rule that applies decides, so that an order turned round stops everything', () => {
  expect(ruling([interceptAll, letPass], withFiles('a.doc'))).toBe('intercepted: Tout intercepter');
});

test('S78: a Pass-Through rule with attachments says nothing of a message without any', () => {
  const bySubject = rule({ name: 'subject', subject: ['*hello*'] });
  expect(ruling([letPass, bySubject], withFiles())).toBe('intercepted: subject');
  const friend = rule({ name: 'friend', type: 'Pass-Through', from: ['*@example.org'] });
  expect(ruling([friend, bySubject, interceptAll], withFiles('a.exe'))).toBe('passed: friend');
  expect(ruling([friend, bySubject], withFiles())).toBe('passed: friend');
});

test('S78: all criteria that a rule names must hold, and of the masks of one any', () => {
  const both = rule({ subject: ['*bye*', '*hello*'], attachments: ['*.exe'] });
  expect(ruling([both], withFiles('a.exe'))).toBe('intercepted: rule');
  expect(ruling([both], withFiles('a.doc'))).toBe('nothing');
  expect(ruling([{ ...both, subject: ['*bye*'] }], withFiles('a.exe'))).toBe('nothing');
});

test('S78: a rule that names no mask applies to nothing', () => {
  for (const type of ['Intercept', 'Pass-Through'] as const) {
    const decision = decided([rule({ type })], withFiles('a.exe'));
    expect(decision).toEqual({ is: 'nothing', considered: [`rule (${type}) does not apply: it names no mask.`] });
  }
});

const header = lines(
  'Return-Path: <bounce@list.example>',
  'From: "Eve =?utf-8?q?=C3=89vil?=" <eve@Evil.example>',
  'Sender: postman@evil.example',
  'To: Undisclosed <info@firma.example>',
  'Cc: max@firma.example',
  'Subject: =?utf-8?b?R2FnbmV6IMOgIGxh?= loterie',
  'Subject: second one',
  'X-Mailer: Bulk',
  '\tSender 2000',
);

const fieldMasks: [string, Partial<Rule>, boolean][] = [
  ['a subject, decoded', { subject: ['gagnez à la loterie'] }, true],
  ['a second subject', { subject: ['second*'] }, true],
  ['a subject as it stands', { subject: ['=?utf-8?b?*'] }, true],
  ['part of a subject, without asterisks', { subject: ['loterie'] }, false],
  ['the address of From, whatever its case', { from: ['*@EVIL.example'] }, true],
  ['the address of Sender', { from: ['postman@*'] }, true],
  ['the envelope sender', { from: ['bounce@list.example'] }, true],
  ['the name in From, which is no address', { from: ['*Évil*'] }, false],
  ['the address of To', { to: ['info@*'] }, true],
  ['the address of Cc', { to: ['max@*'] }, true],
  ['an address that routing gave', { to: ['anna@firma.example'] }, true],
  ['somebody else', { to: ['other@*'] }, false],
  ['a header line, unfolded', { header: ['X-Mailer: bulk sender 2000'] }, true],
  ['a header line, decoded', { header: ['subject: gagnez*'] }, true],
  ['a header that is not there', { header: ['X-Spam-Flag:*'] }, false],
];

for (const [what, criteria, fits] of fieldMasks) {
  test(`S78: a mask ${fits ? 'fits' : 'does not fit'} ${what}`, () => {
    expect(ruling([rule(criteria)], `${header}\r\nHello\r\n`)).toBe(fits ? 'intercepted: rule' : 'nothing');
  });
}

test('S78, POP21: a field behind a bare CR or LF is a field, as it will be where the message goes', () => {
  for (const lineEnd of ['\r', '\n']) {
    const mail = `From: a@example.org${lineEnd}Subject: evil\r\n\r\nHello\r\n`;
    expect(ruling([rule({ subject: ['evil'] })], mail)).toBe('intercepted: rule');
  }
});

test('MSG05: where a header goes on behind what is read, an Intercept rule stops it in doubt, and a Pass-Through rule lets nothing by', () => {
  const long = `X-Long: ${'x'.repeat(LONGEST_HEADER_BLOCK)}\r\nSubject: evil\r\n\r\nHello\r\n`;
  expect(ruling([rule({ subject: ['evil'] })], long)).toBe('intercepted: rule');
  expect(ruling([rule({ type: 'Pass-Through', subject: ['evil'] })], long)).toBe('nothing');
});

test('MSG06: a message that cannot be read whole counts as having any attachment', () => {
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(20_000)}`;
  const decision = decided([letPass, rule({ attachments: ['*.exe'] })], many);
  expect(decision).toMatchObject({
    is: 'intercepted',
    why: 'the message cannot be read whole (it has more than 10000 parts), so that it may have such an attachment',
  });
});

test('I04, MSG06: in doubt nothing is dropped or taken apart: it goes to quarantine', () => {
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(20_000)}`;
  const actions = ['drop', 'strip attachments', 'quarantine'] as const;
  for (const does of actions)
    expect(decided([rule({ attachments: ['*'], action: { does } })], many)).toMatchObject({
      action: { does: 'quarantine' },
    });
  expect(decided([rule({ attachments: ['*'], action: { does: 'redirect', to: 'x@y.example' } })], many)).toMatchObject({
    action: { does: 'redirect' },
  });
  expect(decided([rule({ attachments: ['*.exe'], action: { does: 'drop' } })], withFiles('a.exe'))).toMatchObject({
    action: { does: 'drop' },
  });
});

test('S80: nobody looks for attachments before a rule needs them', () => {
  const facts = factsOf(examined(withFiles('a.exe')));
  const bySubject = rule({ subject: ['hello'] });
  const needs = rule({ attachments: ['*'], subject: ['hello'] });
  expect(decide([bySubject, interceptAll], facts, null).is).toBe('intercepted');
  expect(decide([{ ...needs, subject: ['bye'] }], facts, null).is).toBe('nothing');
  expect(decide([needs], facts, null).is).toBe('open');
});

test('S81: each rule that was considered says why', () => {
  const rules = [letPass, rule({ name: 'big', subject: ['*big*'] }), interceptAll, rule({ name: 'never' })];
  expect(decided(rules, withFiles('a.doc', 'b.exe')).considered).toEqual([
    'Laisser passer ces extensions (Pass-Through) does not apply: the attachment b.exe does not fit *.doc; *.zip; *.gif.',
    'big (Intercept) does not apply: the subject fits none of *big*.',
    'Tout intercepter (Intercept) applies: the attachment a.doc fits *.',
  ]);
});

test('S78-S80: with an intercept-all rule below, a message passes only when each of its names ends as allowed', () => {
  const name = fc.stringMatching(/^[a-z]{1,5}\.(doc|zip|gif|exe|doc\.exe|exe\.doc)$/);
  fc.assert(
    fc.property(fc.array(name, { maxLength: 4 }), (names) => {
      const allowed = names.every((one) => /\.(doc|zip|gif)$/.test(one));
      const expected = names.length === 0 ? 'nothing' : allowed ? 'passed' : 'intercepted';
      expect(decided([letPass, interceptAll], withFiles(...names)).is).toBe(expected);
    }),
  );
});

test('MSG08: thousands of addresses and deep comments are looked at within bounds', () => {
  const many = Array.from({ length: 5_000 }, (_, n) => `a${n}@b.example`).join(',\r\n ');
  const facts = factsOf(examined(`To: ${many}\r\n\r\nHello\r\n`));
  expect(facts.to.length).toBeLessThanOrEqual(1_001);
  expect(facts.cut).toBe(true);
  expect(factsOf(examined(`From: ${'('.repeat(10_000)}a@b.example\r\n\r\n`)).cut).toBe(false);
});

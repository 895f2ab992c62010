import { describe, expect, test } from 'vitest';
import { needsUtf8, readPathCommand } from '../../src/daemon/outbound/path.ts';

const rcpt = (path: string) => readPathCommand('RCPT TO', `RCPT TO:${path}`);
const refusalTo = (path: string) => {
  const read = rcpt(path);
  return read.ok ? 'accepted' : `${read.refusal.code} ${read.refusal.text.split(' ')[0]}`;
};

describe('a path', () => {
  test.each([
    ['<anna@kunde.example>', 'anna@kunde.example'],
    [' <anna@kunde.example>', 'anna@kunde.example'],
    ['<a+b.c_d@sub.kunde.example>', 'a+b.c_d@sub.kunde.example'],
    ['<"john doe"@kunde.example>', '"john doe"@kunde.example'],
    ['<a@[192.168.1.5]>', 'a@[192.168.1.5]'],
    ['<a@[IPv6:fe80::1]>', 'a@[IPv6:fe80::1]'],
    ['<a@xn--mller-kva.example>', 'a@xn--mller-kva.example'],
    ['<a@localhost>', 'a@localhost'],
    ['<élan@kunde.example>', 'élan@kunde.example'],
  ])('%s is taken as it stands', (path, address) => {
    expect(rcpt(path)).toMatchObject({ ok: true, address });
  });

  test.each(['<@here.example:a@other.example>', '<@a.example,@b.example:c@d.example>'])(
    'CLI12: the source route %s is refused even from a client that may relay',
    (path) => expect(refusalTo(path)).toBe('554 5.7.1'),
  );

  test.each([
    '<>',
    '<a>',
    '<a!b>',
    '<postmaster>',
    '<a@>',
    '<@kunde.example>',
    'a@kunde.example',
    '<a@kunde.example',
    'a@kunde.example>',
    '<<a@kunde.example>>',
    '<a b@kunde.example>',
    '<a..b@kunde.example>',
    '<.a@kunde.example>',
    '<a.@kunde.example>',
    '<a@kunde..example>',
    '<a@kunde.example.>',
    '<a@-kunde.example>',
    '<a@kunde.example:25>',
    '<a@b@kunde.example>',
    '<"a@other.example"@kunde.example>',
    '<"a\\"@other.example>',
    '<a@[127.0.0.1>',
    '<a@[999.0.0.1]>',
    '<a@[kunde.example]>',
    '<a\u0000@kunde.example>',
    '<a\r@kunde.example>',
    '<a\nRCPT TO:<b@kunde.example>',
    '<a\u001b[2J@kunde.example>',
    '<a\u200b@kunde.example>',
    '<a\ufffd@kunde.example>', // octets that are no UTF-8
    `<${'l'.repeat(65)}@kunde.example>`,
    `<a@${'d'.repeat(64)}.example>`,
    `<a@${`${'d'.repeat(60)}.`.repeat(5)}example>`,
  ])('CLI13: %j is malformed', (path) => {
    expect(refusalTo(path)).toBe('501 5.1.3');
  });

  test('CLI13: an address of 254 octets fits, one of 255 does not', () => {
    const domain = `${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.`;
    expect(refusalTo(`<abc@${domain}${'e'.repeat(254 - 4 - domain.length)}>`)).toBe('accepted');
    expect(refusalTo(`<abc@${domain}${'e'.repeat(255 - 4 - domain.length)}>`)).toBe('501 5.1.3');
  });

  test('S120: the null sender is one, to MAIL alone', () => {
    expect(readPathCommand('MAIL FROM', 'MAIL FROM:<> SIZE=10')).toMatchObject({ ok: true, address: '' });
  });

  test('CLI14: an address outside ASCII needs SMTPUTF8', () => {
    expect([needsUtf8('élan@kunde.example'), needsUtf8('anna@kunde.example')]).toEqual([true, false]);
  });
});

describe('parameters', () => {
  const mail = (parameters: string) => readPathCommand('MAIL FROM', `MAIL FROM:<a@kunde.example> ${parameters}`);

  test('are read in any case, xtext decoded', () => {
    const read = mail('size=3798 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+3D');
    expect(read.ok && Object.fromEntries(read.parameters)).toEqual({
      SIZE: '3798',
      BODY: '8BITMIME',
      SMTPUTF8: true,
      RET: 'HDRS',
      ENVID: 'a+b=',
    });
  });

  test('CLI16: one that nobody knows is refused', () => {
    expect(mail('FOO=1')).toMatchObject({
      ok: false,
      refusal: { code: 555, text: expect.stringMatching(/^5\.5\.4 /) },
    });
  });

  test('CLI16: one that stands there twice is named', () => {
    expect(mail('SIZE=1 SIZE=2')).toMatchObject({ ok: true, repeated: 'SIZE' });
  });

  test('CLI13: an encoded line end is no way out of ours', () => {
    expect(mail('ENVID=a+0D+0ARCPT')).toMatchObject({ ok: false, refusal: { code: 501 } });
  });
});

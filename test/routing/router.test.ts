import { describe, expect, test } from 'vitest';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { createRouter } from '../../src/daemon/routing/router.ts';
import { cases } from './cases.ts';
import { anna, boss, catchall, office, postmaster, sales, who } from './office.ts';

const header = (...lines: string[]) => readHeader(Buffer.from(`${lines.join('\r\n')}\r\n`));

describe('whom a message is for', () => {
  test.each(cases)('$shows', ({ of, fields, to, unroutable }) => {
    const routed = createRouter(of)(header(...fields), 'catchall');
    expect(routed.recipients.map(({ address, why }) => [address, why])).toEqual(Object.entries(to));
    expect(routed.unroutable).toBe(unroutable ?? false);
  });
});

describe('what was looked at', () => {
  const asked = (of: Parameters<typeof createRouter>[0], ...fields: string[]) =>
    createRouter(of)(header(...fields), 'catchall').asked.map(({ outcome, why }) => [outcome, why]);

  test('G07: each value of To and Cc is told, whether it is somebody here or not', () => {
    expect(createRouter(office([anna]))(header('To: x@y.example', 'Cc: anna@company.com'), 'catchall').asked).toEqual([
      {
        field: 'To',
        value: 'x@y.example',
        outcome: 'nobody',
        why: 'To names x@y.example: it is no address of a recipient of this account.',
      },
      {
        field: 'Cc',
        value: 'anna@company.com',
        outcome: 'matched',
        why: 'Cc names anna@company.com: it is an address of anna.',
      },
    ]);
  });

  test('G07: what the validation refuses, what the mask does not fit, what is no keyword', () => {
    const of = office([sales], catchall('Delivered-To', '@societe.fr'), 'Delivered-To=*-{KW}@*');
    expect(asked(of, 'Delivered-To: a-sales@b.example, sales@societe.fr', 'Delivered-To: a-nobody@societe.fr')).toEqual(
      [
        [
          'refused',
          "Delivered-To names a-sales@b.example: it does not pass the account's SMTP address validation @societe.fr.",
        ],
        [
          'refused',
          'Delivered-To names sales@societe.fr: it passes the validation @societe.fr, and the mask *-{KW}@* does not fit it.',
        ],
        [
          'nobody',
          'Delivered-To names a-nobody@societe.fr: it passes the validation @societe.fr, and the mask *-{KW}@* finds "nobody", which is no keyword of a recipient of this account.',
        ],
      ],
    );
  });

  test('G07: without a mask it says what keywords would need', () => {
    const noMask = '(there is no mask for Delivered-To, so that addresses are compared)';
    expect(asked(office([sales], catchall('Delivered-To')), 'Delivered-To: vente@b.example')).toEqual([
      [
        'nobody',
        `Delivered-To names vente@b.example: it is no address of a recipient of this account ${noMask}; keywords need a mask for Delivered-To or an SMTP address validation.`,
      ],
    ]);
    expect(asked(office([who('x')], catchall('Delivered-To')), 'Delivered-To: vente@b.example')).toEqual([
      ['nobody', `Delivered-To names vente@b.example: it is no address of a recipient of this account ${noMask}.`],
    ]);
    expect(asked(office([sales], catchall('Delivered-To', '@b.example')), 'Delivered-To: x@b.example')).toEqual([
      [
        'nobody',
        `Delivered-To names x@b.example: it is no address of a recipient of this account ${noMask}; it passes the validation @b.example, but "x" before the @ is no keyword either.`,
      ],
    ]);
  });

  test('G07: a header that is missing, and what was looked at in its place', () => {
    const [absent, to] = asked(office([anna], catchall('Envelope-To')), 'To: anna@company.com');
    expect(absent).toEqual([
      'absent',
      "The message has no Envelope-To, which is the account's Search header: To and Cc decide.",
    ]);
    expect(to).toEqual(['matched', 'To names anna@company.com: it is an address of anna.']);
  });

  test('S90: whoever takes all of it has it unasked', () => {
    const routed = createRouter(office([boss]))(header('To: x@y.example'), 'catchall');
    expect(routed).toMatchObject({ unroutable: false, asked: [] });
    expect(routed.why).toBe('Forward all messages: the whole mailbox goes there, and the header is not looked at.');
  });

  test('S89: where nobody takes it, it is said that it stays', () => {
    const routed = createRouter(office([anna]))(header('To: x@y.example'), 'catchall');
    expect(routed.why).toBe(
      'To and Cc decide, since the account has no Search header. To or Cc names no recipient of this account. Nobody takes unroutable messages: it stays on the POP3 server.',
    );
  });

  test('a long value is shortened in the sentence, and many owners of one address are counted', () => {
    const of = office(Array.from({ length: 5 }, (_, n) => who(`n${n}`, { otherAddresses: ['all@company.com'] })));
    expect(asked(of, 'To: all@company.com')).toEqual([
      ['matched', 'To names all@company.com: it is an address of n0, n1, n2 and 2 others.'],
    ]);
    const [[, why] = []] = asked(office([anna], catchall('X-Long')), `X-Long: ${'x'.repeat(5_000)}`);
    expect(why?.length).toBeLessThan(600);
  });
});

describe('keeping on the server', () => {
  test('S55: each recipient says whether what it was given stays', () => {
    const keeper = who('keeper', { keepOnServer: true });
    const routed = createRouter(office([anna, keeper]))(header('To: keeper@company.com, anna@company.com'), 'catchall');
    expect(routed.recipients.map(({ name, keepOnServer }) => [name, keepOnServer])).toEqual([
      ['anna', false],
      ['keeper', true],
    ]);
  });

  test('S55: of two that share an address, one is enough to keep it', () => {
    const keeper = who('keeper', { address: 'anna@company.com', keepOnServer: true });
    const routed = createRouter(office([anna, keeper]))(header('To: anna@company.com'), 'catchall');
    expect(routed.recipients.map(({ name, keepOnServer }) => [name, keepOnServer])).toEqual([['anna', true]]);
  });
});

describe('bad input', () => {
  test('an account that is not configured is routed by To and Cc', () => {
    const route = createRouter(office([anna, { ...boss, accounts: ['catchall'] }], catchall('Delivered-To')));
    expect(route(header('To: anna@company.com'), 'nowhere').recipients.map(({ name }) => name)).toEqual(['anna']);
  });

  test('MSG08: 10,000 nested comments and 5,000 addresses are read without harm', () => {
    const nested = `To: ${'('.repeat(10_000)}${')'.repeat(10_000)} <anna@company.com>`;
    expect(createRouter(office([anna]))(header(nested), 'catchall').recipients).toHaveLength(1);
    const many = Array.from({ length: 5_000 }, (_, n) => `n${n}@y.example`).join(', ');
    const byTo = createRouter(office([anna]))(header(`To: ${many}`), 'catchall');
    expect([byTo.recipients.length, byTo.asked.length]).toEqual([0, 1_000]);
    const of = office([sales], catchall('Delivered-To'), 'Delivered-To=*{KW}*');
    const byHeader = createRouter(of)(header(`Delivered-To: ${many}`), 'catchall');
    expect([byHeader.recipients.length, byHeader.asked.length]).toEqual([0, 1_000]);
  });

  test('MSG08: what is said twice is looked at once, and over several fields no more than 1,000 values', () => {
    const twice = createRouter(office([anna]))(header('To: a@y.example, a@y.example', 'To: a@y.example'), 'catchall');
    expect(twice.asked).toHaveLength(1);
    const some = (from: number) => Array.from({ length: 600 }, (_, n) => `n${from + n}@y.example`).join(', ');
    const fields = [`Delivered-To: ${some(0)}`, `Delivered-To: ${some(600)}`, 'Delivered-To: n1@y.example'];
    expect(createRouter(office([anna], catchall('Delivered-To')))(header(...fields), 'catchall').asked).toHaveLength(
      1_000,
    );
  });

  test('MSG05: of a field that is compared whole the first 4,000 characters count', () => {
    const route = createRouter(office([anna], catchall('X-Box'), 'X-Box=*: {KW}.*'));
    const at = (n: number) => route(header(`X-Box: ${'x'.repeat(n)}: anna.`), 'catchall').unroutable;
    expect([at(3_900), at(4_100)]).toEqual([false, true]);
  });

  test('CFG12: a value of 100,000 characters against a mask with many asterisks comes to an end', () => {
    const of = office([sales, postmaster], catchall('X-Long'), `X-Long=: ${'*-'.repeat(30)}{KW}@*`);
    const routed = createRouter(of)(header(`X-Long: : ${'-@'.repeat(50_000)}`), 'catchall');
    expect(routed.recipients.map(({ name }) => name)).toEqual(['postmaster']);
  });
});

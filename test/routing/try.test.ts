import { describe, expect, test } from 'vitest';
import { createRouter } from '../../src/daemon/routing/router.ts';
import { tryRoute } from '../../src/daemon/routing/try.ts';
import { anna, catchall, masks, office, postmaster, sales, who } from './office.ts';

const message = (...lines: string[]) => Buffer.from(lines.join('\r\n'));

describe('route try', () => {
  test('G07: for an account: who, why, and what was looked at', () => {
    const route = createRouter(office([sales, anna], catchall('Delivered-To', '@societe.fr'), 'Delivered-To=*-{KW}@*'));
    const octets = message(
      'To: anna@company.com',
      'Delivered-To: a-x@b.example',
      'Delivered-To: a-sales@societe.fr',
      '',
    );
    expect(tryRoute(route, octets, 'catchall', ['catchall', 'other'])).toEqual({
      recipients: [
        {
          name: 'sales',
          address: 'sales@company.com',
          why: 'Delivered-To names a-sales@societe.fr: it passes the validation @societe.fr, and the mask *-{KW}@* finds "sales", a keyword of sales.',
        },
      ],
      unroutable: false,
      why: "Delivered-To decides alone, since it is the account's Search header.",
      looked: [
        "Delivered-To names a-x@b.example: it does not pass the account's SMTP address validation @societe.fr.",
        'Delivered-To names a-sales@societe.fr: it passes the validation @societe.fr, and the mask *-{KW}@* finds "sales", a keyword of sales.',
      ],
    });
  });

  test('G07: the same under an edited configuration', () => {
    const octets = message('To: new@company.com', '');
    const before = office([anna, postmaster]);
    expect(tryRoute(createRouter(before), octets, 'catchall', ['catchall'])).toMatchObject({
      recipients: [{ name: 'postmaster' }],
      unroutable: true,
    });
    const edited = { ...before, recipients: [...before.recipients, who('new')] };
    expect(tryRoute(createRouter(edited), octets, 'catchall', ['catchall'])).toMatchObject({
      recipients: [{ name: 'new' }],
      unroutable: false,
    });
  });

  test.each([
    ['with its body', 'To: anna@company.com\r\n\r\nTo: sales@company.com\r\n'],
    ['with bare line feeds', 'To: anna@company.com\n\nTo: sales@company.com\n'],
    ['pasted with empty lines before it', '\r\n\n\r\nTo: anna@company.com\r\n\r\nTo: sales@company.com'],
    ['saved with a byte order mark', '\ufeffTo: anna@company.com\r\n\r\nTo: sales@company.com'],
    ['without an end', 'To: anna@company.com'],
    ['folded', 'To:\n anna@company.com\nX: y\n\nCc: sales@company.com'],
  ])('G07: a message %s', (_how, text) => {
    const tried = tryRoute(createRouter(office([sales, anna])), Buffer.from(text), 'catchall', []);
    expect(tried.recipients.map(({ name }) => name)).toEqual(['anna']);
  });

  test('MSG05: of a message of 20 MB the header is looked at, as far as the walk reads it', () => {
    const long = Buffer.from(`X: ${'y'.repeat(20_000_000)}\r\n`);
    const far = Buffer.concat([long, Buffer.from('To: anna@company.com\r\n')]);
    expect(tryRoute(createRouter(office([anna])), far, 'catchall', []).recipients).toEqual([]);
  });
});

describe('route try without an account', () => {
  const settings = {
    recipients: [{ ...sales, accounts: ['one', 'two'] }, { ...postmaster, accounts: ['three'] }, anna],
    accounts: [
      { name: 'one', searchHeader: null, addressValidation: '' },
      { name: 'two', searchHeader: null, addressValidation: '' },
      { name: 'three', searchHeader: 'Delivered-To', addressValidation: '' },
    ],
    masks: masks('Delivered-To=*-{KW}@*'),
  };
  const names = settings.accounts.map(({ name }) => name);
  const route = createRouter(settings);

  test('G07: where all accounts agree, there is one answer', () => {
    expect(tryRoute(route, message('To: sales@company.com'), null, ['one', 'two'])).toEqual(
      tryRoute(route, message('To: sales@company.com'), 'one', []),
    );
  });

  test('G07: where they do not, whoever would get it, and from which accounts', () => {
    const octets = message('To: sales@company.com, anna@company.com', 'Delivered-To: a-nobody@b.example');
    const tried = tryRoute(route, octets, null, names);
    expect(tried.unroutable).toBe(false);
    expect(tried.recipients).toEqual([
      {
        name: 'sales',
        address: 'sales@company.com',
        why: 'From one, two: To names sales@company.com: it is an address of sales.',
      },
      {
        name: 'anna',
        address: 'anna@company.com',
        why: 'From one, two: To names anna@company.com: it is an address of anna.',
      },
      {
        name: 'postmaster',
        address: 'postmaster@company.com',
        why: "From three: Delivered-To decides alone, since it is the account's Search header. Delivered-To names no recipient of this account. postmaster takes unroutable messages, as [Man.Distr].",
      },
    ]);
    expect(tried.why).toBe(
      "It depends on the account. From one, two: To and Cc decide, since the account has no Search header. From three: Delivered-To decides alone, since it is the account's Search header. Delivered-To names no recipient of this account. It goes to those who take unroutable messages, as [Man.Distr].",
    );
    expect(tried.looked.at(-1)).toBe(
      'From three: Delivered-To names a-nobody@b.example: the mask *-{KW}@* finds "nobody", which is no keyword of a recipient of this account.',
    );
  });

  test('G07: a recipient who gets it from several accounts for different reasons has each of them', () => {
    const octets = message('Cc: anna@company.com', 'Delivered-To: a-anna@b.example');
    expect(tryRoute(route, octets, null, names).recipients).toEqual([
      {
        name: 'anna',
        address: 'anna@company.com',
        why: 'From one, two: Cc names anna@company.com: it is an address of anna. From three: Delivered-To names a-anna@b.example: the mask *-{KW}@* finds "anna", a keyword of anna.',
      },
    ]);
  });

  test('G07: unroutable only if it is so from each account; a thousand accounts are not all named', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `n${n}`);
    const unknown = message('To: x@y.example', 'Delivered-To: a-x@y.example');
    const tried = tryRoute(route, unknown, null, [...many, 'three']);
    expect(tried.unroutable).toBe(true);
    expect(tried.why).toContain('From n0, n1, n2 and 997 more: ');
  });

  test('G07: with no account at all To and Cc are asked', () => {
    const only = createRouter({ recipients: [anna, sales], accounts: [], masks: [] });
    expect(tryRoute(only, message('To: anna@company.com'), null, []).recipients.map(({ name }) => name)).toEqual([
      'anna',
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { createRouter, type RoutingRecipient } from '../../src/daemon/routing/router.ts';

const recipient = (name: string, more: Partial<RoutingRecipient> = {}): RoutingRecipient => ({
  name,
  address: `${name}@company.com`,
  otherAddresses: [],
  accounts: [],
  forwardAll: false,
  takesUnroutable: false,
  ...more,
});

const header = (...lines: string[]) => readHeader(Buffer.from(`${lines.join('\r\n')}\r\n`));

const sales = recipient('sales', { otherAddresses: ['info@company.com'] });
const anna = recipient('anna');
const boss = recipient('boss', { accounts: ['catchall'], forwardAll: true });
const postmaster = recipient('postmaster', { takesUnroutable: true });

describe('whom a message is for', () => {
  test.each([
    ['S82: To names a recipient', ['To: sales@company.com'], [sales, anna], ['sales@company.com'], false],
    [
      'S82: Cc names another one',
      ['To: sales@company.com', 'Cc: Anna <anna@company.com>'],
      [sales, anna],
      ['sales@company.com', 'anna@company.com'],
      false,
    ],
    ['S82: another address of a recipient', ['To: INFO@Company.COM'], [sales, anna], ['sales@company.com'], false],
    [
      'S82: two addresses of one recipient give one copy',
      ['To: sales@company.com, info@company.com'],
      [sales],
      ['sales@company.com'],
      false,
    ],
    [
      'S82: a group is opened',
      ['To: Team: x@y.z, "Q, R" <anna@company.com>;'],
      [sales, anna],
      ['anna@company.com'],
      false,
    ],
    ['S82: an address folded over lines', ['To: Somebody', ' <anna@company.com>'], [anna], ['anna@company.com'], false],
    [
      'S82: a second To field counts (MSG08)',
      ['To: x@y.z', 'To: anna@company.com'],
      [anna],
      ['anna@company.com'],
      false,
    ],
    [
      'S82: Bcc and other fields do not',
      ['To: x@y.z', 'Bcc: anna@company.com', 'X-Envelope-To: anna@company.com'],
      [anna],
      [],
      true,
    ],
    ['S82: a name that looks like an address is a name', ['To: "anna@company.com" <x@y.z>'], [anna], [], true],
    [
      'S89: what nobody takes goes to who takes such mail',
      ['To: x@y.z'],
      [sales, postmaster],
      ['postmaster@company.com'],
      true,
    ],
    ['S89: no To at all (MSG08)', ['Subject: hello'], [sales, postmaster], ['postmaster@company.com'], true],
    ['S89: nobody takes it', ['To: x@y.z'], [sales, anna], [], true],
    [
      'S90: a whole mailbox goes to one recipient',
      ['To: sales@company.com'],
      [sales, boss],
      ['boss@company.com'],
      false,
    ],
    [
      'recipients that share an address get one copy',
      ['To: sales@company.com'],
      [sales, recipient('twin', { address: 'Sales@company.com' })],
      ['sales@company.com'],
      false,
    ],
  ])('%s', (_title, lines, recipients, expected, unroutable) => {
    const routed = createRouter(recipients)(header(...lines), 'catchall');
    expect(routed.recipients.map(({ address }) => address)).toEqual(expected);
    expect(routed.unroutable).toBe(unroutable);
  });

  test('S90: a recipient takes only from its own accounts', () => {
    const routed = createRouter([sales, boss])(header('To: sales@company.com'), 'another');
    expect(routed.recipients.map(({ address }) => address)).toEqual(['sales@company.com']);
  });

  test('S82: recipients come in the order of the configuration, and an address of two of them reaches both', () => {
    const twin = recipient('twin', { otherAddresses: ['info@company.com'] });
    const routed = createRouter([anna, sales, twin])(header('To: info@company.com', 'Cc: anna@company.com'), 'a');
    expect(routed.recipients.map(({ address, why }) => [address, why])).toEqual([
      ['anna@company.com', 'Cc names anna@company.com'],
      ['sales@company.com', 'To names info@company.com'],
      ['twin@company.com', 'To names info@company.com'],
    ]);
  });

  test('each recipient comes with the reason', () => {
    expect(createRouter([sales])(header('Cc: info@company.com'), 'a').recipients[0]?.why).toBe(
      'Cc names info@company.com',
    );
    expect(createRouter([postmaster])(header('To: x@y.z'), 'a').recipients[0]?.why).toContain('[Man.Distr]');
  });

  test('MSG08: 10,000 nested comments and 5,000 addresses are read without harm', () => {
    const nested = `To: ${'('.repeat(10_000)}${')'.repeat(10_000)} <anna@company.com>`;
    expect(createRouter([anna])(header(nested), 'a').recipients).toHaveLength(1);
    const many = `To: ${Array.from({ length: 5_000 }, (_, n) => `n${n}@y.z`).join(', ')}`;
    expect(createRouter([anna])(header(many), 'a').recipients).toHaveLength(0);
  });
});

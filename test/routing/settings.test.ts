import { describe, expect, test } from 'vitest';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { routingFingerprint } from '../../src/daemon/routing/fingerprint.ts';
import { createRouter } from '../../src/daemon/routing/router.ts';
import { type RoutingSettings, routingSettings } from '../../src/daemon/routing/settings.ts';
import { accepted, makeHome } from '../config/home.ts';
import { anna, catchall, office, sales } from './office.ts';

const INI = `
[Envelope information Header Masks]
Delivered-To=*-{kw}@*
X-RCPT-TO={Addr}
[POP3 account: catchall]
Host=pop.isp.example
User=u
Password=p
Search header=Delivered-To
SMTP address validation=@societe.fr
[POP3 account: anna]
Host=pop.isp.example
User=anna
Password=p
[Recipient: sales]
SMTP address=sales@company.com
Other SMTP addresses=info@company.com
Keywords=sales, vente
POP3 accounts=Catchall
Do not delete messages forwarded to this Recipient=1
[Recipient: anna]
SMTP address=anna@company.com
POP3 accounts=anna
Forward all messages=1
[Recipient: postmaster]
SMTP address=postmaster@company.com
Unroutable messages=1
`;

async function configured(ini: string): Promise<RoutingSettings> {
  await using home = await makeHome(ini);
  return routingSettings(accepted(await home.load()).config);
}

describe('from the configuration', () => {
  test('S83-S90: every key that routing knows comes through', async () => {
    expect(await configured(INI)).toEqual({
      recipients: [
        {
          name: 'sales',
          address: 'sales@company.com',
          otherAddresses: ['info@company.com'],
          keywords: ['sales', 'vente'],
          accounts: ['Catchall'],
          forwardAll: false,
          takesUnroutable: false,
          keepOnServer: true,
        },
        {
          name: 'anna',
          address: 'anna@company.com',
          otherAddresses: [],
          keywords: [],
          accounts: ['anna'],
          forwardAll: true,
          takesUnroutable: false,
          keepOnServer: false,
        },
        {
          name: 'postmaster',
          address: 'postmaster@company.com',
          otherAddresses: [],
          keywords: [],
          accounts: [],
          forwardAll: false,
          takesUnroutable: true,
          keepOnServer: false,
        },
      ],
      accounts: [
        { name: 'catchall', searchHeader: 'Delivered-To', addressValidation: '@societe.fr' },
        { name: 'anna', searchHeader: null, addressValidation: '' },
      ],
      masks: [
        { header: 'Delivered-To', compares: 'keyword', mask: '*-{KW}@*' },
        { header: 'X-RCPT-TO', compares: 'address', mask: '{Addr}' },
      ],
    });
  });

  test('S87: and routes', async () => {
    const route = createRouter(await configured(INI));
    const header = readHeader(Buffer.from('To: x@y.example\r\nDelivered-To: com-vente@societe.fr\r\n'));
    expect(route(header, 'catchall').recipients.map(({ name }) => name)).toEqual(['sales']);
    expect(route(header, 'anna').recipients.map(({ name }) => name)).toEqual(['anna']);
    expect(route(header, 'gone').recipients.map(({ name }) => name)).toEqual(['postmaster']);
  });
});

describe('the fingerprint of a way of routing', () => {
  const settings = office([sales, anna], catchall('Delivered-To', '@societe.fr'), 'Delivered-To=*-{KW}@*');
  const [mask] = settings.masks;
  const [account] = settings.accounts;

  test('is short, and the same for the same settings, in any order and case', () => {
    expect(routingFingerprint(settings)).toMatch(/^[0-9a-f]{16}$/);
    expect(routingFingerprint(structuredClone(settings))).toBe(routingFingerprint(settings));
    const rewritten = {
      ...settings,
      recipients: [
        anna,
        {
          ...sales,
          name: 'Verkauf',
          address: 'SALES@company.com',
          keywords: sales.keywords.toReversed(),
          keepOnServer: true,
        },
      ],
      masks: [{ ...mask, header: 'delivered-to', mask: '*-{kw}@*', compares: 'keyword' as const }],
    };
    expect(routingFingerprint(rewritten)).toBe(routingFingerprint(settings));
  });

  const changed: [string, RoutingSettings][] = [
    [
      'a recipient more',
      { ...settings, recipients: [...settings.recipients, { ...anna, address: 'new@company.com' }] },
    ],
    ['a recipient less', { ...settings, recipients: [sales] }],
    ['an address', { ...settings, recipients: [sales, { ...anna, address: 'a@company.com' }] }],
    ['another address', { ...settings, recipients: [sales, { ...anna, otherAddresses: ['a@company.com'] }] }],
    ['a keyword', { ...settings, recipients: [sales, { ...anna, keywords: ['anne'] }] }],
    [
      'a keyword in place of another address',
      { ...settings, recipients: [{ ...sales, keywords: [], otherAddresses: [] }, anna] },
    ],
    ['whose mail it takes', { ...settings, recipients: [sales, { ...anna, accounts: ['x'] }] }],
    ['forward all', { ...settings, recipients: [sales, { ...anna, forwardAll: true }] }],
    ['unroutable messages', { ...settings, recipients: [sales, { ...anna, takesUnroutable: true }] }],
    [
      'the search header',
      { ...settings, accounts: [{ name: 'catchall', searchHeader: 'X', addressValidation: '@societe.fr' }] },
    ],
    [
      'no search header',
      { ...settings, accounts: [{ name: 'catchall', searchHeader: null, addressValidation: '@societe.fr' }] },
    ],
    [
      'the validation',
      { ...settings, accounts: [{ name: 'catchall', searchHeader: 'Delivered-To', addressValidation: '' }] },
    ],
    ['an account more', { ...settings, accounts: account ? [account, { ...account, name: 'b' }] : [] }],
    ['the mask', { ...settings, masks: [{ header: 'Delivered-To', compares: 'keyword', mask: '*+{KW}@*' }] }],
    ['what it compares', { ...settings, masks: [{ header: 'Delivered-To', compares: 'address', mask: '*-{Addr}@*' }] }],
    ['no mask', { ...settings, masks: [] }],
  ];

  test('is another one for whatever may decide: no two of these are alike', () => {
    const all = [settings, ...changed.map(([, other]) => other)].map(routingFingerprint);
    expect(new Set(all).size).toBe(all.length);
  });
});

import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { policySettings } from '../../../src/daemon/outbound/rewrite/settings.ts';
import { accepted, type Home, makeHome } from '../../config/home.ts';
import { leavingWith } from './mail.ts';

const RECIPIENT = ['[Recipient: anna]', 'SMTP address=Anna@pytheas.com', 'Other SMTP addresses=sales@pytheas.com'];

async function settingsOf(home: Home) {
  const loaded = accepted(await home.load());
  return await policySettings(loaded.config);
}

test('S113, S117-S119, S121: what the configuration says', async () => {
  await using home = await makeHome([
    ...['[Outgoing mail]', 'Silent drop Message_Subject prefix=Not read:&#32;, Lu&#44; vu', 'Avoid emtpy MAIL FROM=1'],
    ...['Alert on unknown sender=1', 'Archive folder=sent'],
    ...['[Rewrite human readable names]', 'Sales@pytheas.com=Service commercial', ...RECIPIENT],
  ]);
  const settings = await settingsOf(home);
  expect([...settings.names]).toEqual([['sales@pytheas.com', 'Service commercial']]);
  expect(settings.silentDropPrefixes).toEqual(['Not read: ', 'Lu, vu']);
  expect(settings.avoidEmptyMailFrom).toBe(true);
  expect(settings.alertOnUnknownSender).toBe(true);
  expect(settings.archiveFolder).toBe(`${home.path}/sent`);
  expect(settings.knownSender('ANNA@pytheas.com')).toBe(true);
  expect(settings.knownSender('sales@pytheas.com')).toBe(true);
  expect(settings.knownSender('x@votredom.fr')).toBe(false);
});

test('without any of it nothing applies', async () => {
  await using home = await makeHome(RECIPIENT);
  const { knownSender, ...settings } = await settingsOf(home);
  expect(knownSender('anna@pytheas.com')).toBe(true);
  expect(settings).toEqual({
    names: new Map(),
    avoidEmptyMailFrom: false,
    disclaimer: null,
    disclaimerProblem: null,
    archiveFolder: null,
    silentDropPrefixes: [],
    alertOnUnknownSender: false,
  });
});

test.each([
  ['UTF-8', Buffer.from('Destin\u00e9\n\u00e0 vous\n')],
  ['UTF-8 with a BOM', Buffer.from('\ufeffDestin\u00e9\r\n\u00e0 vous')],
  ['Windows-1252', Buffer.from('Destin\u00e9\r\n\u00e0 vous', 'latin1')],
])('a disclaimer in %s is read', async (_, bytes) => {
  await using home = await makeHome(['[Outgoing mail]', 'Disclaimer file=disclaimer.txt']);
  await home.put('disclaimer.txt', bytes);
  const { disclaimer, disclaimerProblem } = await settingsOf(home);
  expect(disclaimer?.lines).toEqual(['Destin\u00e9', '\u00e0 vous']);
  expect(disclaimerProblem).toBe(null);
});

test.each<[string, Uint8Array | null]>([
  ['is not there', null],
  ['is empty', Buffer.from(' \r\n')],
  ['is UTF-16: save it as UTF-8', Buffer.from('\ufeffabc', 'utf16le')],
  ['is larger than 65536 octets, which is no file of this kind', Buffer.alloc(70_000, 'a')],
])('a disclaimer that %s is a problem that is said, and mail leaves without it', async (why, bytes) => {
  await using home = await makeHome(['[Outgoing mail]', 'Disclaimer file=disclaimer.txt']);
  const path = await home.put('disclaimer.txt', bytes ?? '');
  const { config } = accepted(await home.load());
  if (bytes === null) await rm(path); // after the look that the start takes at the configuration
  const settings = await policySettings(config);
  expect(settings.disclaimer).toBe(null);
  const { events } = leavingWith(settings);
  expect(events).toEqual([
    expect.objectContaining({
      type: 'problem.raised',
      key: 'disclaimer',
      message: `Messages leave without the disclaimer: ${home.path}/disclaimer.txt ${why}.`,
    }),
  ]);
});

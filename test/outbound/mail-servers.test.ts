/** docs/mail-servers.md tells people what to type; what it says of us has to be so. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { outboundSettings } from '../../src/daemon/settings.ts';
import { accepted, makeHome } from '../config/home.ts';

const text = await readFile(new URL('../../docs/mail-servers.md', import.meta.url), 'utf8');

async function settings(...lines: string[]) {
  await using home = await makeHome(lines);
  return (await outboundSettings(accepted(await home.load()).config)).listener;
}

describe('S106: what the document says of the mail server', () => {
  test.each([
    ['2019, 2016, 2013', /\[192\.168\.1\.5\][^]*-Port 2500/],
    ['2010, 2007', /\[192\.168\.1\.5\][^]*Set-SendConnector "MailGate" -Port 2500/],
    ['2003, 2000', /`SMTP:\*`[^]*\[192\.168\.1\.5\][^]*Advanced[^]*Outbound connections[^]*2500/],
    ['5.5', /\*\*Connections\*\*[^]*Forward all messages to host/],
  ])('Exchange %s: smart host, brackets and port', (version, setting) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(`Exchange ${version}`));
    expect(section).toMatch(setting);
  });

  test('Domino R5, R6: relay host and port', () => {
    const section = text.split(/^## /m).find((part) => part.startsWith('Lotus Domino R5, R6'));
    expect(section).toMatch(/Relay host for messages leaving[^]*SMTP Outbound[^]*2500/);
  });

  test('S99: the port and the address that it names are the ones that hold unless set', async () => {
    const { port, address, acceptFrom, folder } = await settings('[Outgoing mail]');
    expect(text).toContain(`(${port} unless set)`);
    expect([port, address]).toEqual([2500, null]);
    expect([acceptFrom.includes('127.0.0.1'), acceptFrom.includes('::1'), acceptFrom.includes('192.168.1.5')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(folder).toMatch(/\/Outgoing$/);
  });

  test('every key that it names is one of the configuration', async () => {
    const config = await readFile(new URL('../../docs/config.md', import.meta.url), 'utf8');
    const keys = [
      'Listen on IP address',
      'Listen on port',
      'Accept from',
      'Require authentication',
      'Max message bytes',
    ];
    const more = ['Max connections per address', 'Max messages per minute per address', 'Max queued megabytes'];
    for (const key of [...keys, ...more]) {
      expect(text).toContain(key);
      expect(config).toContain(`\`${key}\``);
    }
  });
});

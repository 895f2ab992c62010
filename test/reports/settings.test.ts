import { expect, test } from 'vitest';
import { days, hours } from '../../src/daemon/base/clock.ts';
import { alertSettings, noticeSettings, sessionLogSettings, watchSettings } from '../../src/daemon/reports/settings.ts';
import type { Config } from '../../src/daemon/config/config.ts';
import { accepted, makeHome, problemsOf } from '../config/home.ts';

async function configOf(...lines: string[]): Promise<Config> {
  await using home = await makeHome(lines);
  return accepted(await home.load()).config;
}

const account = (name: string, ...keys: string[]): string[] => [
  ...[`[POP3 account: ${name}]`, 'Host=pop.isp.com', `User=${name}`, 'Password=secret', ...keys],
];

test('S36-S38, S41, S43, S46: what the configuration says of the session log', async () => {
  const config = await configOf(
    ...['[Options]', 'Logmsg to disk=1', 'Send session log only on error=1', 'Error counter threshold=2'],
    ...['Keep session logs days=7', 'Keep events days=14', 'Language=fr'],
    ...account('sales', 'Comment=old box; nowarning please'),
    ...account('info', 'Comment=NoWarnings are wanted here'),
    ...['[Recipient: anna]', 'SMTP address=anna@company.com', 'Send session log here=1'],
    ...['[Recipient: bert]', 'SMTP address=bert@company.com'],
  );
  expect(sessionLogSettings(config, 'gw')).toMatchObject({
    ...{ gatewayName: 'gw', language: 'fr', toDisk: true, onlyOnError: true, threshold: 2 },
    ...{ quiet: new Set(['sales']), recipients: ['anna@company.com'], keepFiles: days(7), keepSessions: days(14) },
    folder: expect.stringMatching(/\/Log$/) as string,
  });
  expect(noticeSettings(config, 'gw').folder).toMatch(/\/templates$/);
});

test('G05: what it says of alerts; the command is words, not a line for a shell', async () => {
  const config = await configOf(
    ...['[Options]', `Error alert command=/usr/bin/pager --to "on call" 'a;b'`, 'Syslog=1'],
    ...[
      'Error alert webhook=https://hooks.example/T0KEN',
      'Alert when queued hours=0.5',
      'Alert without success hours=0',
    ],
  );
  expect(alertSettings(config, 'gw')).toEqual({
    ...{ gatewayName: 'gw', language: 'en', webhook: 'https://hooks.example/T0KEN', syslog: 'logger' },
    command: ['/usr/bin/pager', '--to', 'on call', 'a;b'],
  });
  expect(watchSettings(config)).toMatchObject({ queued: hours(0.5), withoutSuccess: 0 });
  expect(await problemsOf('[Options]', 'Error alert command=pager "open')).toEqual([
    'PMailGat.ini:2: [Options] Error alert command: expected empty, or a program and its arguments; one with blanks in it stands in quotes, found "pager "open". A quote is not closed.',
  ]);
});

test('accounts that are fetched by themselves are watched, and no others', async () => {
  const lines = [
    ...account('sales'),
    ...account('weekly', 'Poll at=sat 09:00'),
    ...account('by hand', 'Poll every minutes=0'),
    ...account('off', 'Enabled=0'),
  ];
  const { watched } = watchSettings(await configOf('[Options]', ...lines));
  expect(watched).toEqual([
    { name: 'sales', byTimes: false },
    { name: 'weekly', byTimes: true },
  ]);
  expect(watchSettings(await configOf('[Options]', 'Paused=1', ...lines)).watched).toEqual([]);
});

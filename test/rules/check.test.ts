import { mkdir, writeFile } from 'node:fs/promises';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Alerts } from '../../src/daemon/base/alerts.ts';
import { seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { type CheckTools, createContentCheck } from '../../src/daemon/rules/check.ts';
import type { ContentSettings, ScannerSettings } from '../../src/daemon/rules/settings.ts';
import { contentSettings, refusalSettings } from '../../src/daemon/rules/settings.ts';
import { tryRules } from '../../src/daemon/rules/try.ts';
import type { ContentCheck, Verdict } from '../../src/daemon/rules/verdict.ts';
import { accepted, makeHome } from '../config/home.ts';
import { freePort } from '../kit/ports.ts';
import { peersInstalled } from '../kit/require.ts';
import { GTUBE, type SpamdServer, startSpamd } from '../kit/spamd.ts';
import { attached, examined, lines, message, multipart, readAll, rule, text } from './mail.ts';

const never = new AbortController().signal;
const plain = message(text());
const withFiles = (...names: string[]) => message(multipart('b', [text(), ...names.map((name) => attached(name))]));

function watchedAlerts(): Alerts & { told: string[] } {
  const told: string[] = [];
  return { told, raise: (key, what) => told.push(`${key}: ${what}`), clear: (key) => told.push(`${key} is over`) };
}

const tools = (alerts: Alerts = watchedAlerts()): CheckTools => ({
  ...{ clock: systemClock, log: silentLog, alerts },
  environment: { PATH: process.env['PATH'] },
});

const settings = (given: Partial<ContentSettings>): ContentSettings => ({
  ...{ rules: [], scanner: null, spam: null, language: 'en' },
  ...given,
});

const shell = (script: string): ScannerSettings => ({
  command: ['/bin/sh', '-c', script],
  ...{ interceptExitCodes: [1], timeout: seconds(30), folder: '/' },
});

async function verdict(given: Partial<ContentSettings>, mail: string, alerts = watchedAlerts()): Promise<Verdict> {
  await using check = createContentCheck(settings(given), tools(alerts));
  return await check.examine(examined(mail), never);
}

async function mailOf(said: Verdict): Promise<string> {
  if (said.does !== 'pass' && said.does !== 'redirect') throw new Error(`it does not go on: ${said.does}`);
  const whole = await readAll(said.body);
  expect(said.body.bytes).toBe(whole.length);
  // The header block is the beginning of the body, whatever was changed in it.
  const header = Buffer.from(said.headerOctets).toString('latin1');
  expect(whole.slice(0, header.length)).toBe(header);
  expect(whole.slice(header.length)).toMatch(/^\r\n/);
  return whole;
}

test('without rules, scanner and SpamAssassin nothing is looked at', async () => {
  await using check: ContentCheck = createContentCheck(settings({}), tools());
  expect(check.active).toBe(false);
  const message_ = examined(plain);
  expect(await check.examine(message_, never)).toMatchObject({ does: 'pass', changes: [], body: message_.body });
});

test('S78-S80: quarantine, drop and redirect are verdicts with the rule and why', async () => {
  const stops = (action: Parameters<typeof rule>[0]['action'] & object) =>
    verdict({ rules: [rule({ name: 'No programs', attachments: ['*.exe'], action })] }, withFiles('a.exe'));
  const why = 'the attachment a.exe fits *.exe';
  expect(await stops({ does: 'quarantine' })).toEqual({ does: 'quarantine', rule: 'No programs', why });
  expect(await stops({ does: 'drop' })).toEqual({ does: 'drop', rule: 'No programs', why });
  const redirected = await stops({ does: 'redirect', to: 'postmaster@firma.example' });
  expect(redirected).toMatchObject({
    does: 'redirect',
    to: 'postmaster@firma.example',
    rule: 'No programs',
    why,
    changes: [],
  });
  expect(await mailOf(redirected)).toBe(withFiles('a.exe'));
});

test('an attachment that a rule strips is told, and only those go that its masks fit', async () => {
  const strips = rule({ name: 'No programs', attachments: ['*.exe'], action: { does: 'strip attachments' } });
  const said = await verdict({ rules: [strips] }, withFiles('a.exe', 'b.doc', 'c.exe'));
  expect(said).toMatchObject({ does: 'pass', changes: ['attachments removed: a.exe, c.exe'] });
  const parsed = await simpleParser(await mailOf(said));
  expect(parsed.attachments.map(({ filename }) => filename)).toEqual(['b.doc']);
});

test('a rule that names no attachments strips all of them, and a message that has none passes as it came', async () => {
  const strips = rule({ subject: ['*'], action: { does: 'strip attachments' } });
  const said = await verdict({ rules: [strips] }, withFiles('a.exe', 'b.doc'));
  expect(said).toMatchObject({ does: 'pass', changes: ['attachments removed: a.exe, b.doc'] });
  expect(await verdict({ rules: [strips] }, plain)).toMatchObject({ does: 'pass', changes: [] });
});

test('a message that is nothing but a file is stripped, header and all', async () => {
  const zip = message({ header: ['Content-Type: application/zip; name=a.zip'], body: 'PK' }, ['Subject: Files']);
  const said = await verdict({ rules: [rule({ attachments: ['*'], action: { does: 'strip attachments' } })] }, zip);
  const parsed = await simpleParser(await mailOf(said));
  expect([parsed.subject, parsed.attachments]).toEqual(['Files', []]);
});

test('MSG15: a signed message whose attachment cannot be taken out goes to quarantine whole', async () => {
  const signed = message(multipart('s', [attached('evil.exe'), attached('smime.p7s')], 'signed'));
  const strips = rule({ attachments: ['*.exe'], action: { does: 'strip attachments' } });
  expect(await verdict({ rules: [strips] }, signed)).toEqual({
    does: 'quarantine',
    rule: 'rule',
    why: 'the attachment evil.exe fits *.exe; its attachments cannot be removed: they are signed with the message',
  });
});

test('a scanner stops a message, and sees it without the attachments that a rule has taken out', async () => {
  const scanner = shell('grep -q evil.exe && { echo "evil FOUND"; exit 1; }; exit 0');
  const found = await verdict({ scanner }, withFiles('evil.exe'));
  expect(found).toEqual({ does: 'quarantine', rule: '[Scanner]', why: 'The scanner ended with 1: evil FOUND' });
  const strips = rule({ attachments: ['*.exe'], action: { does: 'strip attachments' } });
  expect(await verdict({ rules: [strips], scanner }, withFiles('evil.exe'))).toMatchObject({ does: 'pass' });
});

test('a Pass-Through rule ends the rules, and not the scanner', async () => {
  const lets = rule({ type: 'Pass-Through', attachments: ['*.doc'] });
  const stops = rule({ attachments: ['*'] });
  expect(await verdict({ rules: [lets, stops] }, withFiles('a.doc'))).toMatchObject({
    does: 'pass',
    why: 'rule: each attachment fits *.doc',
  });
  expect(await verdict({ rules: [lets, stops], scanner: shell('exit 1') }, withFiles('a.doc'))).toMatchObject({
    rule: '[Scanner]',
  });
});

test('a rule that stops a message stops it before any scanner is started', async () => {
  const stops = rule({ subject: ['*'] });
  expect(await verdict({ rules: [stops], scanner: shell('exit 1') }, plain)).toMatchObject({
    does: 'quarantine',
    rule: 'rule',
  });
});

test('a scanner that cannot say makes the message wait, and an alert stands until it can', async () => {
  const alerts = watchedAlerts();
  const why = 'The scanner /bin/sh ended with 3: no database';
  expect(await verdict({ scanner: shell('echo no database; exit 3') }, plain, alerts)).toEqual({ does: 'wait', why });
  expect(await verdict({ scanner: shell('cat >/dev/null') }, plain, alerts)).toMatchObject({ does: 'pass' });
  expect(alerts.told).toEqual([
    'scanner: The scanner /bin/sh ended with 3: no database. Messages stay on the POP3 server until it answers.',
    'scanner is over',
  ]);
});

test('a spamd that is away stops no mail, whatever the action, and takes forged tags away where tags are ours', async () => {
  const spam = { host: '127.0.0.1', port: await freePort(), threshold: 5 };
  const forged = `X-Spam-Flag: NO\r\n${plain}`;
  for (const action of ['quarantine', 'drop'] as const) {
    const said = await verdict({ spam: { ...spam, action } }, forged);
    expect(said).toMatchObject({ does: 'pass', changes: [expect.stringContaining('not checked for spam') as string] });
    expect(await mailOf(said)).toBe(forged);
  }
  const said = await verdict({ spam: { ...spam, action: 'tag' } }, forged);
  expect(said).toMatchObject({ does: 'pass', changes: [expect.stringContaining('not checked for spam') as string] });
  expect(await mailOf(said)).toBe(plain);
});

test('I27: when the gateway stops, nothing is decided', async () => {
  const stopped = AbortSignal.abort();
  for (const given of [{ rules: [rule({ attachments: ['*'] })] }, { scanner: shell('exit 0') }]) {
    await using check = createContentCheck(settings(given), tools());
    expect(await check.examine(examined(withFiles('a.exe')), stopped)).toMatchObject({ does: 'wait' });
  }
});

test('MSG06: hostile messages are neither lost nor pass a rule that looks at attachments', async () => {
  const bombs = [
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(20_000)}`,
    Array.from({ length: 10_000 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join(
      '',
    ),
    `Subject: x\r\nX: ${'y'.repeat(20_000_000)}`,
  ];
  const stops = rule({ attachments: ['*.exe'], action: { does: 'drop' } });
  await using check = createContentCheck(settings({ rules: [stops] }), tools());
  for (const bomb of bombs) {
    expect(await check.examine(examined(bomb), never)).toMatchObject({
      does: 'quarantine',
      why: expect.stringContaining('cannot be read whole') as string,
    });
  }
});

describe.runIf(peersInstalled(['spamd']))('with the real spamd', () => {
  let spamd: SpamdServer;
  beforeAll(async () => {
    spamd = await startSpamd();
  });
  afterAll(() => spamd[Symbol.asyncDispose]());

  const spamMail = message(text(GTUBE), ['From: a@example.org', 'X-Spam-Status: No, score=-100', 'Subject: Buy']);
  const spam = (action: 'tag' | 'quarantine' | 'drop') => ({
    host: spamd.host,
    port: spamd.port,
    threshold: 5,
    action,
  });

  test('spam is tagged, in place of what the sender wrote', async () => {
    const said = await verdict({ spam: spam('tag') }, spamMail);
    expect(said).toMatchObject({
      does: 'pass',
      changes: [expect.stringMatching(/^tagged as spam \(score \d+/) as string],
    });
    const whole = await mailOf(said);
    expect(whole).toMatch(
      /^X-Spam-Flag: YES\r\nX-Spam-Status: Yes, score=[\d.]+ required=5\r\n\ttests=[^\r]*GTUBE[^\r]*\r\nFrom: /,
    );
    expect(whole.endsWith(spamMail.slice(spamMail.indexOf('Subject:')))).toBe(true);
    expect(whole).not.toContain('score=-100');
  });

  test('spam goes to quarantine or is dropped where the configuration says so', async () => {
    for (const action of ['quarantine', 'drop'] as const)
      expect(await verdict({ spam: spam(action) }, spamMail)).toMatchObject({
        does: action,
        rule: '[SpamAssassin]',
        why: expect.stringMatching(/^SpamAssassin gives it [\d.]+ points of 5$/) as string,
      });
  });

  test('what is no spam passes: with its score when tags are asked for, else as it came', async () => {
    const tagged = await verdict({ spam: spam('tag') }, plain);
    expect(tagged).toMatchObject({ does: 'pass', changes: [] });
    expect(await mailOf(tagged)).toMatch(
      /^X-Spam-Status: No, score=-?[\d.]+ required=5\r\n(\ttests=[^\r]*\r\n)?From: /,
    );
    expect(await mailOf(await verdict({ spam: spam('quarantine') }, plain))).toBe(plain);
  });

  test('a message that is stripped, redirected and tagged is all of it', async () => {
    const strips = rule({ attachments: ['*.exe'], action: { does: 'strip attachments' } });
    const mail = message(multipart('b', [text(GTUBE), attached('a.exe')]));
    const said = await verdict({ rules: [strips], spam: spam('tag') }, mail);
    expect(said).toMatchObject({
      changes: ['attachments removed: a.exe', expect.stringContaining('tagged as spam') as string],
    });
    const parsed = await simpleParser(await mailOf(said));
    expect([parsed.headers.get('x-spam-flag'), parsed.attachments]).toEqual(['YES', []]);
    const to = { does: 'redirect' as const, to: 'x@firma.example' };
    const redirected = await verdict({ rules: [rule({ subject: ['*'], action: to })], spam: spam('tag') }, spamMail);
    expect(redirected).toMatchObject({ does: 'redirect', to: 'x@firma.example' });
    expect(await mailOf(redirected)).toContain('X-Spam-Flag: YES');
  });
});

const lets = rule({ name: 'Laisser passer', type: 'Pass-Through', attachments: ['*.doc'] });
const stopsAll = rule({ name: 'Tout intercepter', attachments: ['*'] });

/** S77: said by every dry run. */
const RECOGNISED =
  'Refusals as spam are recognised: what the internal server refuses with 550 and "spam" is put into quarantine.';

function tried(given: Partial<ContentSettings>, mail: string, external = false) {
  const { body, recipients } = examined(mail);
  const trial = { body, recipients, account: 'sales', external, refusals: { code: 550, text: 'spam' } };
  return tryRules(settings(given), trial, tools(), never);
}

test('S77, S81: a dry run says what would become of a message, its attachments, and what each rule says', async () => {
  expect(await tried({ rules: [lets, stopsAll] }, withFiles('a.doc', 'b.exe'))).toEqual({
    verdict: 'intercept',
    rule: 'Tout intercepter',
    action: 'quarantine',
    why: 'the attachment a.doc fits *',
    attachments: ['a.doc', 'b.exe'],
    considered: [
      'Laisser passer (Pass-Through) does not apply: the attachment b.exe does not fit *.doc.',
      'Tout intercepter (Intercept) applies: the attachment a.doc fits *.',
      RECOGNISED,
    ],
  });
  expect(await tried({ rules: [lets, stopsAll] }, withFiles('a.doc'))).toMatchObject({
    verdict: 'pass',
    rule: 'Laisser passer',
    action: '',
  });
  expect(await tried({ rules: [] }, withFiles('a.doc'))).toMatchObject({
    verdict: 'pass',
    rule: '',
    attachments: ['a.doc'],
    why: 'no rule applies',
  });
  const redirects = rule({ subject: ['*'], action: { does: 'redirect', to: 'x@firma.example' } });
  expect(await tried({ rules: [redirects] }, plain)).toMatchObject({ action: 'redirect x@firma.example' });
});

test('S81: scanner and SpamAssassin are asked only when that is wanted', async () => {
  const scanner = shell('exit 1');
  expect(await tried({ scanner }, plain)).toMatchObject({ verdict: 'pass' });
  expect(await tried({ scanner }, plain, true)).toMatchObject({
    verdict: 'intercept',
    rule: '[Scanner]',
    action: 'quarantine',
  });
  expect(await tried({ scanner: shell('exit 9') }, plain, true)).toMatchObject({
    verdict: 'intercept',
    rule: '[Scanner]',
    action: 'wait',
  });
  const strips = rule({ attachments: ['*'], action: { does: 'strip attachments' } });
  const both = await tried({ rules: [strips], scanner: shell('cat >/dev/null') }, withFiles('a.exe'), true);
  expect(both).toMatchObject({ verdict: 'intercept', rule: 'rule', action: 'strip attachments' });
  expect(both.considered).toEqual([
    'rule (Intercept) applies: the attachment a.exe fits *.',
    'attachments removed: a.exe',
    RECOGNISED,
  ]);
});

test('S75-S81: the configuration gives the rules in their order, the scanner as words, and how a refusal is recognised', async () => {
  await using home = await makeHome(
    lines(
      '[Rules]',
      'Rejected as spam SMTP response=Message rejected as spam',
      '[Rule: Laisser passer]',
      'Type=Pass-Through',
      'Attachments=*.doc; *.zip; *.gif',
      '[Rule: Tout intercepter]',
      'Type=Intercept',
      'Attachments=*',
      'Action=redirect postmaster@firma.example',
      '[Scanner]',
      'Command="bin/my scan" --quiet -',
      'Intercept exit codes=1, 7',
      'Timeout seconds=5',
      '[SpamAssassin]',
      'Host=127.0.0.1',
      'Threshold=6.5',
    ),
  );
  await mkdir(`${home.path}/bin`);
  await writeFile(`${home.path}/bin/my scan`, '');
  const { config } = accepted(await home.load());
  expect(contentSettings(config)).toMatchObject({
    rules: [
      { name: 'Laisser passer', type: 'Pass-Through', attachments: ['*.doc', '*.zip', '*.gif'] },
      { name: 'Tout intercepter', type: 'Intercept', action: { does: 'redirect', to: 'postmaster@firma.example' } },
    ],
    scanner: {
      command: ['bin/my scan', '--quiet', '-'],
      interceptExitCodes: [1, 7],
      timeout: 5_000,
      folder: home.path,
    },
    spam: { host: '127.0.0.1', port: 783, threshold: 6.5, action: 'tag' },
  });
  expect(refusalSettings(config)).toEqual({ code: 550, text: 'Message rejected as spam' });
  await using none = await makeHome('[Options]\n');
  expect(contentSettings(accepted(await none.load()).config)).toMatchObject({ rules: [], scanner: null, spam: null });
});

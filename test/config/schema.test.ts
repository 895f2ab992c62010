/** The table against the contract: each key, its default, its range, and what is said of a wrong one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldName } from '../../src/daemon/base/blanks.ts';
import type { Config } from '../../src/daemon/config/config.ts';
import { parseIni, sectionsOf } from '../../src/daemon/config/ini-file.ts';
import { renderReference } from '../../src/daemon/config/reference.ts';
import { headingOf, sectionTables } from '../../src/daemon/config/schema.ts';
import { tableOf } from '../../src/daemon/config/sort-sections.ts';
import { accepted, makeHome, problemsOf, warningsOf } from './home.ts';

/** The listing of the contract, without its remarks. */
const listing = await readFile(join(import.meta.dirname, 'listing.ini'));
const listed = sectionsOf(parseIni(listing, 'listing.ini').document);

async function configOf(...lines: readonly string[]): Promise<Config> {
  await using home = await makeHome(lines);
  return accepted(await home.load()).config;
}

const account = ['[POP3 account: sales]', 'Host=pop.isp.com', 'User=sales', 'Password=secret'];

describe('the listing of the contract', () => {
  test('is accepted as it stands', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', listing);
    const { config } = accepted(await home.load());

    expect(config.options).toMatchObject({ language: 'en', pollEveryMinutes: 10, pop3Trace: 'off', gatewayName: null });
    expect(config.mailServer).toMatchObject({ host: '127.0.0.1', port: 25, security: 'none', problem: null });
    expect(config.outgoing).toMatchObject({
      enabled: true,
      listenAddress: null,
      listenPort: 2500,
      serverName: 'PYTHEAS MailGate',
      retryMinutes: [5, 10, 20, 40, 60, 120, 240],
      sendAt: { is: 'at once' },
    });
    expect(config.displayNames).toEqual([{ address: 'sales@pytheas.com', name: 'Service commercial' }]);
    expect(config.relays.map(({ name, host, port, security }) => ({ name, host, port, security }))).toEqual([
      { name: '', host: 'smtprelay.isp.com', port: 587, security: 'starttls' },
      { name: 'partner', host: 'smtp.partner.com', port: 587, security: 'starttls' },
    ]);
    expect(config.relays[1]?.senderDomains).toEqual(['partner.com', 'sub.partner.com']);
    expect(config.relayLogins[0]?.sender).toBe('anna@pytheas.com');
    expect(config.rules.content).toMatchObject([
      {
        name: 'Laisser passer ces extensions',
        type: 'Pass-Through',
        attachments: ['*.doc', '*.zip', '*.gif'],
        subject: [],
        action: { does: 'quarantine' },
      },
    ]);
    expect(config.headerMasks).toEqual([
      { header: 'Delivered-To', compares: 'keyword', mask: '*-{KW}@*' },
      { header: 'X-RCPT-TO', compares: 'address', mask: '{Addr}' },
    ]);
    expect(config.remoteControl.socket).toBe(join(home.path, 'control.sock'));
    expect(config.accounts).toMatchObject([{ name: 'sales', host: 'pop.isp.com', port: 995, security: 'tls' }]);
    expect(config.recipients).toMatchObject([
      { name: 'sales', address: 'sales@company.com', otherAddresses: ['info@company.com'], accounts: ['sales'] },
    ]);
  });

  test('names each key of the table, and the table each of its keys', () => {
    // The contract says of the first two "likewise in accounts and relays"; users and masks have keys of the person's own.
    // Of tokens it has the account's alone; a relay logs in with one, too (G06: "for POP3 and relay").
    const likewise = new Set(['Certificate fingerprint', 'CA file', 'OAuth2', 'Token command']);
    // The contract names these two alerts (G05: "oldest-queued and last-success alarms"), and no key for them.
    likewise.add('Alert when queued hours').add('Alert without success hours');
    // Of these it has the behaviour, and no key: "limits on … rate", CLI29's "queue limit", "held, by setting" (REL16, CLI28), and TLS
    // to mail exchangers, which `Security` cannot say, because it never falls back.
    likewise.add('Max messages per minute per address').add('Max queued megabytes');
    likewise.add('Messages the relay cannot take').add('TLS to mail exchangers');
    for (const table of sectionTables.filter((one) => one.lines === undefined)) {
      const section = listed.find((one) => tableOf(one.name) === table);
      const there = new Set(section?.entries.map((entry) => foldName(entry.key)));
      const names = Object.values(table.keys).map((key) => key.name);
      expect(
        names.filter((name) => table.named === undefined && !there.has(foldName(name)) && !likewise.has(name)),
      ).toEqual([]);
      expect([...there].filter((name) => !names.some((known) => foldName(known) === name))).toEqual([]);
    }
  });

  test('shows the default of each key that has one', () => {
    // What the contract gives as an example instead.
    const examples = new Set(['[Relay] Host', '[Relay: partner] Sender domains', '[Relay: partner] Host']);
    examples.add('[Rule: Laisser passer ces extensions] Attachments');
    examples.add('[Recipient: sales] Other SMTP addresses').add('[Recipient: sales] POP3 accounts');

    const shown = listed.flatMap((section) =>
      section.entries.map(({ key, value }) => ({
        at: `[${section.name}] ${key}`,
        value,
        table: tableOf(section.name),
        key,
      })),
    );
    const compared = shown.flatMap(({ at, value, table, key }) => {
      const known = Object.values(table?.keys ?? {}).find((one) => foldName(one.name) === foldName(key));
      return known?.default === undefined || examples.has(at) ? [] : [{ at, value, default: known.default }];
    });
    expect(compared.length).toBeGreaterThan(100);
    expect(compared.filter((one) => one.value !== one.default)).toEqual([]);
  });
});

describe('the table', () => {
  test('each default is a value of its own kind', () => {
    const wrong = sectionTables.flatMap((table) =>
      Object.values(table.keys).filter((key) => key.default !== undefined && !key.is.read(key.default, '/home').ok),
    );
    expect(wrong).toEqual([]);
  });

  test('docs/config.md has each section and key, and is what the table says today', async () => {
    const page = renderReference();
    for (const table of sectionTables) {
      expect(page).toContain(`## [${headingOf(table)}]`);
      for (const key of Object.values(table.keys)) expect(page).toContain(`\`${key.name}\``);
    }
    expect(await readFile(join(import.meta.dirname, '../../docs/config.md'), 'utf8')).toBe(page);
  });

  test('an empty home of one section is allowed: each part without its section rests', async () => {
    const config = await configOf('[Options]');
    expect(config).toMatchObject({ mailServer: null, relays: [], accounts: [], recipients: [] });
    expect((await configOf('[Mail server]', 'Host=')).mailServer).toBeNull();
    expect((await configOf('[Mail server]')).mailServer?.host).toBe('127.0.0.1');
  });

  test('S107: a relay without a host is the way to the mail exchangers', async () => {
    expect((await configOf('[Relay]', 'Host=')).relays).toMatchObject([{ name: '', host: null }]);
  });

  test('the configuration cannot be changed', async () => {
    const config = await configOf('[Options]', ...account);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.accounts)).toBe(true);
    expect(() => Object.assign(config.options, { paused: true })).toThrow(TypeError);
  });
});

describe('what is unknown', () => {
  test('CFG03: an unknown key is told with the nearest known one, and never ignored', async () => {
    expect(await problemsOf('[Mail server]', 'Securty=tls')).toEqual([
      'PMailGat.ini:2: [Mail server] Securty: is not a key of this section. The nearest one is "Security".',
    ]);
    expect(await problemsOf('[POP3 account: a]', 'Host=h', 'User=u', 'Password=p', 'Keep on sevrer=1')).toEqual([
      'PMailGat.ini:5: [POP3 account: a] Keep on sevrer: is not a key of this section. The nearest one is "Keep on server".',
    ]);
  });

  test.each([
    ['Mial server', 'Mail server'],
    ['POP3 acount: sales', 'POP3 account: name of the account'],
    ['POP3 account', 'POP3 account: name of the account'],
    ['Recipient:', 'Recipient: name of the recipient'],
    ['Realy: partner', 'Relay: name of another relay'],
    ['Realy', 'Relay'],
    ['Options: mine', 'Options'],
  ])('CFG03: the unknown section [%s] is told with the nearest known one', async (name, nearest) => {
    expect(await problemsOf(`[${name}]`, 'Whatever=1')).toEqual([
      `PMailGat.ini:1: [${name}]: is not a known section. The nearest one is [${nearest}].`,
    ]);
  });

  test('CFG11: __proto__ and constructor are refused as the unknown names that they are', async () => {
    const found = await problemsOf('[__proto__]', 'a=1', '[constructor]', '[Options]', '__proto__=1', 'constructor=1');
    expect(found.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'PMailGat.ini:1: [__proto__]',
      'PMailGat.ini:3: [constructor]',
      'PMailGat.ini:5: [Options] __proto__',
      'PMailGat.ini:6: [Options] constructor',
    ]);
  });

  test('S121: both spellings of "emtpy" are read, and not both at once', async () => {
    expect((await configOf('[Outgoing mail]', 'Avoid emtpy MAIL FROM=1')).outgoing.avoidEmptyMailFrom).toBe(true);
    expect((await configOf('[Outgoing mail]', 'avoid empty mail from=1')).outgoing.avoidEmptyMailFrom).toBe(true);
    expect(await problemsOf('[Outgoing mail]', 'Avoid emtpy MAIL FROM=1', 'Avoid empty MAIL FROM=0')).toEqual([
      'PMailGat.ini:3: [Outgoing mail] Avoid empty MAIL FROM: is the key of line 2 in another spelling. Keep one.',
    ]);
  });

  test('all that is wrong is told at once, from the top', async () => {
    const found = await problemsOf('[Options]', 'Paused=maybe', 'Pasued=1', 'x', '[Relay]', 'Port=0', '[Nothing]');
    expect(found.map((line) => line.split(':')[1])).toEqual(['2', '3', '4', '6', '7']);
  });

  test('a file of nonsense is told in a hundred lines, with the number of the others', async () => {
    const found = await problemsOf('[Options]', ...Array.from({ length: 250 }, (_, i) => `nonsense${i}=1`));
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('PMailGat.ini: and 150 more problems.');
  });
});

describe('values out of range', () => {
  test('CFG04: a wrong port is told with the range, what was found, and the usual one', async () => {
    expect(await problemsOf('[Relay]', 'Host=h', 'Port=smtp')).toEqual([
      'PMailGat.ini:3: [Relay] Port: expected 1 to 65535, found "smtp". Submission is 587.',
    ]);
  });

  test.each(['0', '65536', 'abc', '1.5', '-25', '1e3', '0x19', '', '25 ; the usual one', '٢٥'])(
    'CFG04: the port %j is refused, and no default is silently put in its place',
    async (port) => {
      const [found, ...others] = await problemsOf('[Mail server]', `Port=${port}`);
      expect(others).toEqual([]);
      expect(found).toContain('PMailGat.ini:2: [Mail server] Port: expected 1 to 65535, found ');
    },
  );

  test.each(['-1', '5 minutse', '1e309', 'NaN', 'Infinity', '7,5', '525601', '99999999999999999999999999'])(
    'CFG04: "Poll every minutes=%s" is refused',
    async (minutes) => {
      const [found] = await problemsOf('[Options]', `Poll every minutes=${minutes}`);
      expect(found).toContain('[Options] Poll every minutes: expected 0 to 525600, found ');
    },
  );

  test('numbers of time may have a fraction, numbers of things not', async () => {
    const config = await configOf('[Options]', 'Poll every minutes=0.05', '[Outgoing mail]', 'Retry minutes=0.5,1.25');
    expect(config.options.pollEveryMinutes).toBe(0.05);
    expect(config.outgoing.retryMinutes).toEqual([0.5, 1.25]);
    expect(await problemsOf('[Options]', 'Accounts at once=2.5')).toEqual([
      'PMailGat.ini:2: [Options] Accounts at once: expected 1 to 1000, found "2.5". It is a whole number.',
    ]);
  });

  test('a list names its wrong item', async () => {
    expect(await problemsOf('[Outgoing mail]', 'Retry minutes=5, soon, 20')).toEqual([
      'PMailGat.ini:2: [Outgoing mail] Retry minutes: expected 0.001 to 525600, several with commas between them, found "soon".',
    ]);
    expect(await problemsOf('[Outgoing mail]', 'Retry minutes=')).toHaveLength(1);
  });

  test('a missing key that has no default is told at its section', async () => {
    expect(await problemsOf('[Options]', '[POP3 account: a]', 'Host=h', 'Password=p')).toEqual([
      'PMailGat.ini:2: [POP3 account: a] User: is missing; expected the name of the mailbox.',
    ]);
  });

  test.each([
    ['[Options]', 'Language=de'],
    ['[Options]', 'Gateway name=my gateway'],
    ['[Options]', 'DNS servers=dns.example'],
    ['[Options]', 'POP3 Trace=3'],
    ['[Options]', 'Heartbeat URL=ftp://x'],
    ['[Mail server]', 'Host=a.example:25'],
    ['[Mail server]', 'Security=ssl'],
    ['[Mail server]', 'Certificate fingerprint=ab:cd'],
    ['[Outgoing mail]', 'Listen on IP address=all'],
    ['[Outgoing mail]', 'Accept from=localhost'],
    ['[Outgoing mail]', 'Accept from='],
    ['[Outgoing mail]', 'Accept from anyone=yes'],
    ['[Outgoing mail]', 'Server name='],
    ['[Outgoing mail]', 'HELO reply name=café'],
    ['[Outgoing mail]', 'Bare line ends=keep'],
    ['[Outgoing mail]', 'Send at=tomorrow'],
    ['[Rewrite human readable names]', 'sales=Service commercial'],
    ['[Relay]', 'Authentication=ntlm'],
    ['[Relay login: anna]', 'User=a'],
    ['[Rules]', 'Rejected as spam SMTP error code=250'],
    ['[Rule: x]', 'Type=Stop'],
    ['[Scanner]', 'Intercept exit codes=256'],
    ['[SpamAssassin]', 'Threshold=high'],
    ['[Envelope information Header Masks]', 'Delivered-To=*@*'],
    ['[Envelope information Header Masks]', 'Delivered To={KW}'],
    ['[Envelope information Header Masks]', 'Delivered-To={KW}{Addr}'],
    ['[Remote control]', 'Listen=2580'],
    ['[Remote control]', 'Allowed origins=https://a.example/page'],
    ['[Recipient: a]', 'SMTP address=anna'],
  ])('CFG04: %s %s is refused at its line', async (section, line) => {
    const [found, ...others] = await problemsOf(section, line);
    expect(others).toEqual([]);
    expect(found).toMatch(/^PMailGat\.ini:[12]: \[[^\]]+\].*: expected .*\.$/);
  });
});

describe('values of the trade', () => {
  test('S75, S76: how a refusal as spam is recognised; too short a text is off, and said to be', async () => {
    const { rules } = await configOf('[Rules]', 'Rejected as spam SMTP response=Message rejected as spam');
    expect(rules).toMatchObject({ spamErrorCode: 550, spamResponse: 'Message rejected as spam' });
    expect(await warningsOf('[Rules]', 'Rejected as spam SMTP response=spa')).toEqual([
      'PMailGat.ini:2: [Rules] Rejected as spam SMTP response: recognises nothing: it needs at least 4 characters.',
    ]);
  });

  test('S118, S119: prefixes with encoded blanks and commas; too short a one is said to be off', async () => {
    const { outgoing } = await configOf(
      '[Outgoing mail]',
      'Silent drop Message_Subject prefix=Not read:, &#32;Lu&nbsp;, a%2Cb&#44;c%20',
    );
    expect(outgoing.silentDropSubjectPrefixes).toEqual(['Not read:', ' Lu ', 'a,b,c ']);
    const [warning] = await warningsOf('[Outgoing mail]', 'Silent drop Message_Subject prefix=Not read:, Lu');
    expect(warning).toContain('"Lu" drops nothing: a prefix needs at least 4 characters.');
  });

  test('S80: rules keep the order in which they stand', async () => {
    const { rules } = await configOf(
      ...['[Rule: b]', 'Type=pass-through', 'Attachments=*.doc'],
      ...['[Rule: a]', 'Type=Intercept', 'Attachments=*', 'Action=redirect boss@company.com'],
    );
    expect(rules.content.map(({ name, type, action }) => ({ name, type, action }))).toEqual([
      { name: 'b', type: 'Pass-Through', action: { does: 'quarantine' } },
      { name: 'a', type: 'Intercept', action: { does: 'redirect', to: 'boss@company.com' } },
    ]);
  });

  test('S87, S88: {kw} and {ADDR} are read in any letters', async () => {
    const { headerMasks } = await configOf('[Envelope Information header masks]', 'Envelope-To=<{ADDR}>', 'X-A={kw}@*');
    expect(headerMasks).toEqual([
      { header: 'Envelope-To', compares: 'address', mask: '<{Addr}>' },
      { header: 'X-A', compares: 'keyword', mask: '{KW}@*' },
    ]);
  });

  test('S96: an odd blank inside a number, a choice or a list counts as a blank, and is reported; in a name it stays', async () => {
    const lines = [
      ...account,
      'Security=tls',
      'Comment=No\u00a0Warning',
      '[Outgoing mail]',
      'Retry minutes=5,\u00a010',
    ];
    expect((await configOf(...lines)).outgoing.retryMinutes).toEqual([5, 10]);
    expect((await configOf(...lines)).accounts[0]?.comment).toBe('No\u00a0Warning');
    expect(await warningsOf(...lines)).toEqual([
      'PMailGat.ini:8: [Outgoing mail] Retry minutes: an odd blank in it is taken for an ordinary one.',
    ]);
  });

  test('a fingerprint is read in the forms that tools print, and becomes one', async () => {
    const digits = 'ab'.repeat(32);
    const colons = 'AB:'.repeat(32).slice(0, -1);
    for (const written of [digits, colons, `sha256:${digits}`, `SHA256=${colons}`]) {
      const { mailServer } = await configOf('[Mail server]', `Certificate fingerprint=${written}`);
      expect(mailServer?.certificateFingerprint).toBe(colons);
    }
  });

  test('addresses of listeners and name servers may be IPv6', async () => {
    const config = await configOf(
      ...['[Options]', 'DNS servers=192.168.1.1, ::1, [::1]:5353, 127.0.0.1:53'],
      ...['[Outgoing mail]', 'Listen on IP address=::1', '[Remote control]', 'Listen=[::1]:2580'],
    );
    expect(config.options.dnsServers).toEqual(['192.168.1.1', '::1', '[::1]:5353', '127.0.0.1:53']);
    expect(config.outgoing.listenAddress).toBe('::1');
    expect(config.remoteControl.listen).toEqual({ host: '::1', port: 2580 });
  });

  test('a section name after the colon is free text, colons and dots included', async () => {
    const { accounts } = await configOf('[POP3 account: Ventes: a.b (Paris)]', ...account.slice(1));
    expect(accounts[0]?.name).toBe('Ventes: a.b (Paris)');
  });

  test('a control character cannot come in through quotes', async () => {
    const found = await problemsOf('[POP3 account: a]', 'Host=h', 'User="a\\r\\nDELE 1"', 'Password="b\\r\\nQUIT"');
    expect(found).toHaveLength(2);
    expect(found.join()).not.toContain('QUIT');
  });
});

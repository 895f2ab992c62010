import { describe, expect, test } from 'vitest';
import { makeHome, problemsOf, refusal, warningsOf } from './home.ts';
import { CERTIFICATE, KEY } from './pem.ts';

const account = (name: string, ...lines: string[]) => [`[POP3 account: ${name}]`, 'User=sales', 'Password=p', ...lines];

describe('CFG05: nothing twice, nothing in a circle', () => {
  test('CFG05: two accounts of one mailbox would fetch twice', async () => {
    expect(await problemsOf(...account('a', 'Host=pop.isp.com'), ...account('b', 'Host=POP.isp.com'))).toEqual([
      'PMailGat.ini:6: [POP3 account: b] User: is the same mailbox as account "a": its mail would be fetched twice.',
    ]);
  });

  test('CFG05: 995 and 110 are two doors of one server', async () => {
    const plain = account('b', 'Host=h', 'Port=110', 'Security=stls');
    expect(await problemsOf(...account('a', 'Host=h'), ...plain)).toHaveLength(1);
  });

  test('CFG05: other hosts, ports and users are other mailboxes, and one that is off fetches nothing', async () => {
    expect(
      await warningsOf(
        ...account('a', 'Host=h', 'Port=1100'),
        ...account('b', 'Host=h', 'Port=1101'),
        ...account('c', 'Host=i', 'Port=1100'),
        ...account('d', 'Host=h', 'Port=1100', 'Enabled=0'),
        ...['[POP3 account: e]', 'Host=h', 'Port=1100', 'User=info', 'Password=p'],
      ),
    ).toEqual([]);
  });

  test('CFG05: two listeners on one port', async () => {
    expect(await problemsOf('[Remote control]', 'Listen=127.0.0.1:2500', 'Metrics listen=127.0.0.1:2500')).toEqual([
      'PMailGat.ini:2: [Remote control] Listen: is port 2500 of [Outgoing mail] Listen on port, too. Choose another port for one of them.',
      'PMailGat.ini:3: [Remote control] Metrics listen: is port 2500 of [Outgoing mail] Listen on port, too. Choose another port for one of them.',
    ]);
    const apart = ['[Outgoing mail]', 'Listen on IP address=127.0.0.2', '[Remote control]', 'Listen=127.0.0.1:2500'];
    expect(await warningsOf(...apart)).toEqual([]);
  });

  test('CFG05: a server that is our own listener', async () => {
    const circle = 'is the port on which this gateway takes outgoing mail: mail would go in a circle.';
    expect(await problemsOf('[Mail server]', 'Port=2500')).toEqual([`PMailGat.ini:2: [Mail server] Port: ${circle}`]);
    expect(await problemsOf('[Relay]', 'Host=localhost', 'Port=2500')).toEqual([
      `PMailGat.ini:3: [Relay] Port: ${circle}`,
    ]);
    expect(
      await problemsOf(
        '[Relay: b]',
        'Host=192.168.1.2',
        'Port=25',
        '[Outgoing mail]',
        'Listen on IP address=192.168.1.2',
        'Listen on port=25',
      ),
    ).toEqual([`PMailGat.ini:3: [Relay: b] Port: ${circle}`]);
    expect(await warningsOf('[Relay]', 'Host=smtp.isp.com', 'Port=2500')).toEqual([]);
    expect(await warningsOf('[Outgoing mail]', 'Enabled=0', '[Mail server]', 'Port=2500')).toEqual([]);
  });

  test('CFG05: a domain whose mail would have two relays', async () => {
    expect(
      await problemsOf(
        ...['[Relay: a]', 'Host=a.example', 'Sender domains=x.example'],
        ...['[Relay: b]', 'Host=b.example', 'Sender domains=@X.example'],
      ),
    ).toEqual(['PMailGat.ini:6: [Relay: b] Sender domains: x.example is a domain of relay "a" already.']);
  });
});

describe('CFG15: nothing open to everybody', () => {
  test.each(['0.0.0.0/0', '::/0', '8.8.8.8', '10.0.0.0/7', '127.0.0.1, 203.0.113.0/24'])(
    'CFG15: "Accept from=%s" without authentication is an open relay',
    async (networks) => {
      const [found, ...others] = await problemsOf('[Outgoing mail]', `Accept from=${networks}`);
      expect(others).toEqual([]);
      expect(found).toContain('PMailGat.ini:2: [Outgoing mail] Accept from: would make this an open relay for ');
    },
  );

  test('CFG15: private networks are allowed', async () => {
    expect(await warningsOf('[Outgoing mail]', 'Accept from=127.0.0.0/8; 192.168.1.0/24, fd00::/8')).toEqual([]);
  });

  test('CFG15: so is everybody who logs in, or when the person says "yes, I know"', async () => {
    const open = ['[Outgoing mail]', 'Accept from=0.0.0.0/0, ::/0'];
    expect(await warningsOf(...open, 'Require authentication=1', '[Outgoing users]', 'anna=secret')).toEqual([]);
    expect(await warningsOf(...open, 'Accept from anyone=Yes,  I know')).toEqual([]);
  });

  test('authentication without a user lets nobody in, which is told', async () => {
    expect(await problemsOf('[Outgoing mail]', 'Require authentication=1')).toEqual([
      'PMailGat.ini:2: [Outgoing mail] Require authentication: lets nobody hand over mail: [Outgoing users] has no line "name=password".',
    ]);
  });

  test.each(['0.0.0.0:2580', '[::]:2580', '192.168.1.2:2580', 'gateway.example:2580'])(
    'CFG15: a control listener on %s needs TLS, whatever "Accept from anyone" says',
    async (listen) => {
      const anyone = ['[Outgoing mail]', 'Accept from anyone=yes, I know'];
      const [found, ...others] = await problemsOf(...anyone, '[Remote control]', `Listen=${listen}`);
      expect(others).toEqual([]);
      expect(found).toContain('PMailGat.ini:4: [Remote control] Listen: ');
      expect(found).toContain('it needs "TLS certificate" and "TLS key"');
    },
  );

  test('CFG15: on loopback it needs none, and elsewhere it is allowed with a certificate and its key', async () => {
    for (const listen of ['127.0.0.1:2580', '[::1]:2580', 'localhost:2580']) {
      expect(await warningsOf('[Remote control]', `Listen=${listen}`)).toEqual([]);
    }
    await using home = await makeHome();
    await home.put('tls.pem', CERTIFICATE + KEY);
    const tls = ['TLS certificate=tls.pem', 'TLS key=tls.pem'];
    await home.put('PMailGat.ini', ['[Remote control]', 'Listen=0.0.0.0:2580', ...tls]);
    expect(refusal(await home.load())).toEqual([]);

    await home.put('PMailGat.ini', [
      '[Remote control]',
      'TLS key=tls.pem',
      '[Outgoing mail]',
      'TLS certificate=tls.pem',
    ]);
    expect(refusal(await home.load())).toEqual([
      'PMailGat.ini:2: [Remote control] TLS key: needs a "TLS certificate", too.',
      'PMailGat.ini:4: [Outgoing mail] TLS certificate: needs a "TLS key", too.',
    ]);
  });
});

describe('what is only worth a word', () => {
  test('CFG09: an exception from verification is told at each start', async () => {
    expect(await warningsOf('[Mail server]', `Certificate fingerprint=${'ab'.repeat(32)}`)).toEqual([
      'PMailGat.ini:2: [Mail server] Certificate fingerprint: that certificate is accepted although it cannot be verified.',
    ]);
  });

  test('a port that does not go with its security', async () => {
    expect(await warningsOf('[Relay]', 'Host=h', 'Security=tls')).toEqual([
      'PMailGat.ini:1: [Relay] Port: port 587 begins without TLS, as a rule, and Security is tls.',
    ]);
    expect(await warningsOf(...account('a', 'Host=h', 'Security=none'))).toEqual([
      'PMailGat.ini:1: [POP3 account: a] Port: port 995 speaks TLS from the first octet, as a rule, and Security is none.',
    ]);
  });

  test('a recipient of an account that is not there, with the nearest that is', async () => {
    expect(
      await warningsOf(
        ...account('sales', 'Host=h'),
        '[Recipient: r]',
        'SMTP address=a@b.example',
        'POP3 accounts=SALES, slaes',
      ),
    ).toEqual([
      'PMailGat.ini:7: [Recipient: r] POP3 accounts: there is no POP3 account "slaes". The nearest one is "sales".',
    ]);
  });

  test('a rule without masks', async () => {
    expect(await warningsOf('[Rule: x]', 'Type=Intercept')).toEqual([
      'PMailGat.ini:1: [Rule: x]: has no masks, so that it never applies.',
    ]);
  });
});

/** I24: canaries. Tokens, codes and the client's secret are in no event, no log line, no answer, no error and no file of the home. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createAlerts } from '../../src/daemon/base/alerts.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import type { Secret } from '../../src/daemon/base/secret.ts';
import { openVault } from '../../src/daemon/config/secrets.ts';
import type { Pop3Opened } from '../../src/daemon/pop3/mailbox.ts';
import { signInSettings } from '../../src/daemon/signin/settings.ts';
import { createSignIns } from '../../src/daemon/signin/sign-ins.ts';
import { withToken } from '../../src/daemon/signin/with-token.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { linesOf } from '../../src/protocol/lines.ts';
import { accepted, makeHome } from '../config/home.ts';
import { hears, says, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { openAt, recorder } from '../kit/pop3-download.ts';
import { CLIENT, startAuthorizationServer } from './authorization-server.ts';
import { never, watchedClock } from './world.ts';

/** Any form in which a secret could show: as it is, in a URL, as part of base64 at each of its three places. */
function traces(secret: string): string[] {
  const inside = [0, 1, 2].map((shift) =>
    Buffer.from('.'.repeat(shift) + secret)
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, encodeURIComponent(secret), ...inside];
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
}

test('I24: a sign-in, renewals, refusals that repeat all they heard, and a login: no trace of a secret anywhere', async () => {
  await using server = await startAuthorizationServer();
  await using home = await makeHome([
    ...['[OAuth2: firma]', `Client id=${CLIENT.id}`, 'Client secret=env:CLIENT_SECRET'],
    ...[`Token endpoint=${server.tokenEndpoint}`, `Device authorization endpoint=${server.deviceEndpoint}`],
    ...['[POP3 account: sales]', 'Host=127.0.0.1', 'User=anna', 'OAuth2=firma'],
  ]);
  const env = { CLIENT_SECRET: CLIENT.secret };
  const { config } = accepted(await home.load(env));
  const clock = watchedClock();
  const seen: unknown[] = [config];
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  bus.listen((event) => seen.push(event, ...linesOf(event, 'en'), ...linesOf(event, 'fr')));

  {
    await using store = await openStore(home.path, { clock, log: silentLog });
    const signIns = createSignIns({
      ...{ settings: signInSettings(config), keep: store.memos, vault: openVault(home.path, env) },
      ...{ clock, bus, alerts: createAlerts(bus), chance: randomBytes },
      fetch: (url, init) => fetch(url, init),
    });
    const note = async <T>(what: Promise<T>): Promise<T> => {
      const value = await what;
      seen.push(value);
      return value;
    };

    // The server repeats what it was told: the client's secret, the device code, the refresh token.
    server.next.push({ status: 401, repeats: 'invalid_client' });
    await note(signIns.start('sales', never));
    await note(signIns.start('sales', never));
    server.next.push({ status: 400, repeats: 'access_denied' });
    await clock.advance(await clock.nextWait());
    await note(signIns.wait('sales', never));
    await note(signIns.start('sales', never));
    server.approve('anna');
    await clock.advance(await clock.nextWait());
    await note(signIns.wait('sales', never));

    // A login with the token, traced, at a server that repeats it.
    const token = await note(signIns.tokenFor('sales', never));
    if (!token.ok) throw new Error(token.message);
    const said = Buffer.from(`user=anna\x01auth=Bearer ${token.token.reveal()}\x01\x01`).toString('base64');
    await using pop3 = await startMisbehavingPop3([
      [
        says('+OK'),
        hears('CAPA'),
        says('-ERR'),
        hears(`AUTH XOAUTH2 ${said}`),
        says(`-ERR no: ${said} ${token.token.reveal()}`),
      ],
    ]);
    const dialogue = recorder('whole');
    await note(
      withToken(
        { tokenFor: (subject, stop) => signIns.tokenFor(subject, stop), rejected: () => {} },
        'POP3 account: sales',
        {
          open: (password: Secret) =>
            openAt({ port: pop3.port, authentication: 'xoauth2', password: password.reveal(), dialogue }),
          refused: (opened) => !opened.ok,
          without: ({ kind, message }): Pop3Opened => ({ ok: false, failure: { kind, message } }),
        },
        never,
      ),
    );
    expect(pop3.problems).toEqual([]);
    seen.push(dialogue.told);

    // Renewals: one that works, some that do not.
    await clock.advance(hours(1));
    await note(signIns.tokenFor('sales', never));
    for (const error of ['server_error', 'invalid_client']) {
      await clock.advance(hours(1));
      server.next.push({ status: error === 'server_error' ? 500 : 401, repeats: error });
      await note(signIns.tokenFor('sales', never));
    }
    await clock.advance(minutes(20));
    server.next.push({ status: 400, repeats: 'invalid_grant' });
    await note(signIns.tokenFor('sales', never));
    await note(signIns.status('sales'));

    seen.push(signIns, ...(await store.memos.all('')));
    seen.push(...(await filesIn(home.path))); // with its journal, before it is tidied up
    await clock.advance(seconds(1));
    await signIns.close();
  }

  const secrets = [CLIENT.secret, ...server.tokens];
  expect(secrets.length).toBeGreaterThan(5);
  const files = await filesIn(home.path);
  expect(files.length).toBeGreaterThan(2);
  const all = [
    ...files,
    ...seen.flatMap((one) => [
      inspect(one, { depth: 12, maxStringLength: null, maxArrayLength: null, showHidden: true }),
      JSON.stringify(one) ?? '',
      typeof one === 'string' ? one : '',
    ]),
  ].join('\n');
  expect(all).toContain('invalid_grant');
  expect(all).toContain('enc:');
  for (const trace of secrets.flatMap(traces)) expect(all.includes(trace), trace).toBe(false);
});

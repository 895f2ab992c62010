/** Tokens where they are used: a POP3 server and a relay that ask the provider whose token it is. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { describe, expect, test } from 'vitest';
import { minutes, systemClock } from '../../src/daemon/base/clock.ts';
import { noDialogue } from '../../src/daemon/base/dialogue.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openMailbox } from '../../src/daemon/pop3/client.ts';
import type { Pop3Opened, Pop3Server } from '../../src/daemon/pop3/mailbox.ts';
import type { TokenAnswer } from '../../src/daemon/signin/keeper.ts';
import type { SignIns } from '../../src/daemon/signin/sign-ins.ts';
import { withToken } from '../../src/daemon/signin/with-token.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import type { SmtpOpened } from '../../src/daemon/smtp/conversation.ts';
import { type DovecotServer, startDovecot } from '../kit/dovecot.ts';
import { type Act, hears, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { peersInstalled } from '../kit/require.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { never, signedIn, startWorld } from './world.ts';

const ANNA = 'anna@firma.example';
const SALES = 'POP3 account: sales';

/** As the composition root does it. */
async function mailboxOf(
  signIns: Pick<SignIns, 'tokenFor' | 'rejected'>,
  server: Partial<Pop3Server> & { port: number },
) {
  const whole: Omit<Pop3Server, 'password'> = {
    ...{ host: '127.0.0.1', security: 'none', fingerprint: null, caFile: null, user: ANNA, authentication: 'xoauth2' },
    ...server,
  };
  const tools = {
    ...{ clock: systemClock, dialogue: noDialogue, stop: never, sessionTimeout: minutes(1), scratch: '/nowhere' },
  };
  return await withToken<Pop3Opened>(
    signIns,
    SALES,
    {
      open: (password) => openMailbox({ ...whole, password }, tools),
      refused: (opened) => !opened.ok && opened.failure.kind === 'login',
      without: ({ kind, message }) => ({ ok: false, failure: { kind, message } }),
    },
    never,
  );
}

describe.runIf(peersInstalled(['dovecot']))('Dovecot, which asks the provider', () => {
  async function oauth2Dovecot(provider: AuthorizationServer): Promise<DovecotServer> {
    return await startDovecot({
      users: { [ANNA]: 'no password is told' },
      extra: async (folder) => {
        const file = folder.file('oauth2.conf');
        await writeFile(
          file,
          `tokeninfo_url = ${provider.origin}/tokeninfo?access_token=\nintrospection_url = ${provider.origin}/tokeninfo?access_token=\nintrospection_mode = get\nusername_attribute = email\nusername_format = %u\nactive_attribute = active\nactive_value = true\nforce_introspection = yes\n`,
        );
        return `\nauth_mechanisms = plain xoauth2\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = ${file}\n}\n`;
      },
    });
  }

  test('G06: signed in by device, the mailbox is opened with the token, in either form; and anew when that was revoked', async () => {
    await using world = await startWorld();
    await signedIn(world);
    await using dovecot = await oauth2Dovecot(world.server);
    await dovecot.deliver(ANNA, Buffer.from('Subject: hello\r\n\r\nhello\r\n'));

    for (const xoauth2 of ['in one line', 'in two steps'] as const) {
      const opened = await mailboxOf(world.signIns, { port: dovecot.port, xoauth2 });
      if (!opened.ok) throw new Error(`${opened.failure.message}\n${await dovecot.log()}`);
      expect(opened.mailbox.messages).toBe(1);
      await opened.mailbox.quit();
    }

    world.server.revokeAccess();
    const anew = await mailboxOf(world.signIns, { port: dovecot.port });
    if (!anew.ok) throw new Error(anew.failure.message);
    expect(anew.mailbox.messages).toBe(1);
    await anew.mailbox.quit();
    expect(world.server.asked.at(-1)?.form['grant_type']).toBe('refresh_token');
  });
});

/** Says these in turn; what was refused is written down. */
function giver(...answers: (string | Extract<TokenAnswer, { ok: false }>)[]) {
  const rejected: string[] = [];
  return {
    rejected,
    signIns: {
      async tokenFor(): Promise<TokenAnswer> {
        const next = answers.shift() ?? 'no more';
        return typeof next === 'string' ? { ok: true, token: new Secret(next) } : next;
      },
      rejected: (_subject: string, token: Secret) => void rejected.push(token.reveal()),
    },
  };
}

const said = (token: string): string =>
  `AUTH XOAUTH2 ${Buffer.from(`user=${ANNA}\x01auth=Bearer ${token}\x01\x01`).toString('base64')}`;
const upTo: Act[] = [says('+OK'), hears('CAPA'), sends('+OK\r\nSASL XOAUTH2\r\n.\r\n')];
const refuses = (token: string): Act[] => [...upTo, hears(said(token)), says('-ERR [AUTH] expired')];
const takes = (token: string): Act[] => [...upTo, hears(said(token)), says('+OK'), hears('STAT'), says('+OK 0 0')];

describe('a token that the mail server does not take', () => {
  test('is replaced once, and then the mailbox opens', async () => {
    await using server = await startMisbehavingPop3([refuses('old'), takes('new')]);
    const { signIns, rejected } = giver('old', 'new');
    const opened = await mailboxOf(signIns, { port: server.port });
    if (opened.ok) opened.mailbox.destroy();

    expect([opened.ok, rejected, server.problems]).toEqual([true, ['old'], []]);
  });

  test('POP03: when the fresh one is refused too, the login is a refused one, and nothing is tried a third time', async () => {
    await using server = await startMisbehavingPop3([refuses('old'), refuses('new')]);
    const { signIns, rejected } = giver('old', 'new', 'newest');
    expect(await mailboxOf(signIns, { port: server.port })).toMatchObject({ ok: false, failure: { kind: 'login' } });
    expect([rejected, server.connections]).toEqual([['old', 'new'], 2]);
  });

  test('and that cannot be replaced is not said again: its reason is the provider’s', async () => {
    await using server = await startMisbehavingPop3([refuses('old')]);
    const message = 'POP3 account: sales is not signed in. invalid_grant. Sign in again: mailgate sign-in sales';
    const { signIns } = giver('old', { ok: false, kind: 'login', message });
    expect(await mailboxOf(signIns, { port: server.port })).toEqual({ ok: false, failure: { kind: 'login', message } });
    expect(server.connections).toBe(1);
  });

  test('POP03: the same token again is none', async () => {
    await using server = await startMisbehavingPop3([refuses('old')]);
    const { signIns } = giver('old', 'old');
    expect(await mailboxOf(signIns, { port: server.port })).toMatchObject({ failure: { kind: 'login' } });
    expect(server.connections).toBe(1);
  });

  test('without any token nobody is connected to', async () => {
    await using server = await startMisbehavingPop3([[]]);
    const { signIns } = giver({ ok: false, kind: 'temporary', message: 'No access token: busy.' });
    expect(await mailboxOf(signIns, { port: server.port })).toEqual({
      ok: false,
      failure: { kind: 'temporary', message: 'No access token: busy.' },
    });
    expect(server.connections).toBe(0);
  });
});

describe('a relay that wants XOAUTH2', () => {
  test('G06: takes the token of the sign-in, and REL06: gets a fresh one when that was revoked', async () => {
    await using world = await startWorld();
    await signedIn(world);
    const methods: (string | undefined)[] = [];
    const relay = new SMTPServer({
      ...{
        authMethods: ['XOAUTH2'],
        allowInsecureAuth: true,
        hideSTARTTLS: true,
        disableReverseLookup: true,
        logger: false,
      },
      onAuth({ method, username, accessToken }, _session, callback) {
        methods.push(method);
        const user = world.server.userOf(accessToken ?? '');
        if (user === username) callback(null, { user });
        else callback(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
      },
    });
    relay.listen(0, '127.0.0.1');
    await once(relay.server, 'listening');
    const { port } = relay.server.address() as AddressInfo;

    async function login(): Promise<SmtpOpened> {
      return await withToken<SmtpOpened>(
        world.signIns,
        SALES,
        {
          open: (password) =>
            openSmtp(
              {
                ...{ name: 'relay', host: '127.0.0.1', port, security: 'none', fingerprint: null, caFile: null },
                ...{ ehloName: 'gateway.example', login: { user: ANNA, password, mechanism: 'xoauth2' } },
              },
              { clock: systemClock, dialogue: noDialogue, stop: never },
            ),
          refused: (opened) => !opened.ok && opened.failure.kind === 'login',
          without: ({ message }) => ({ ok: false, failure: { kind: 'unreachable', message, reply: null } }),
        },
        never,
      );
    }

    for (const revoked of [false, true]) {
      if (revoked) world.server.revokeAccess();
      const opened = await login();
      if (!opened.ok) throw new Error(opened.failure.message);
      expect(opened.conversation.abilities.login).toBe(true);
      await opened.conversation.quit();
    }
    expect(methods).toEqual(['XOAUTH2', 'XOAUTH2', 'XOAUTH2']);
    await new Promise<void>((closed) => relay.close(closed));
  });
});

/** `mailgate logs`, `alerts` and `sign-in`. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { ResultOf } from '../../src/protocol/commands.ts';
import { formatClock, formatDate } from '../../src/protocol/lines.ts';
import { sessionLog, standingAlert } from '../../src/protocol/model.ts';
import { samples } from '../control/answers.ts';
import { until } from '../kit/until.ts';
import { startGateway } from './gateway.ts';
import { atTerminal, start } from './mailgate.ts';

const AT = formatDate('2026-11-24T09:00:00.000Z', 'en');

describe('logs', () => {
  test('list names the sessions and their files', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('logs', 'list')).toMatchObject({
      code: 0,
      out: `session  started              messages  size     errors  file
12       ${AT}  3         41.2 kb  1       Session12.log
`,
    });
    const [session] = (await gw.ask('logs', 'list', '--json')).json();
    expect(sessionLog.parse(session)).toEqual(samples['logs.list'].sessions[0]);
    gw.answer('logs.list', { total: 0, sessions: [] });
    expect((await gw.ask('logs', 'list')).out).toBe('There is no session yet.\n');
  });

  test('G02: show prints every line of a long log; an error is red on a terminal', async () => {
    await using gw = await startGateway();
    const lines = Array.from({ length: 4_500 }, (_, n) => `[10:00] line ${n}`).with(7, '[10:00] *** Error: \u001b[2J');
    const { session } = samples['logs.show'];
    gw.gateway.replies['logs.show'] = async () => {
      const { offset, limit } = gw.range();
      return { session, total: lines.length, lines: lines.slice(offset, offset + limit) };
    };

    const printed = lines.with(7, '[10:00] *** Error: \\x1b[2J');
    expect(await gw.ask('logs', 'show', '12')).toMatchObject({ code: 0, out: `${printed.join('\n')}\n` });
    expect((await gw.type('', 'logs', 'show', '12')).out.split('\n')[7]).toBe(`\u001b[31m${printed[7]}\u001b[39m`);
    expect((await gw.ask('logs', 'show', '12', '--json')).json()).toEqual([{ session, total: 4_500, lines }]);
    expect((await gw.ask('logs', 'show', 'last')).code).toBe(2);
  });
});

describe('G05: alerts', () => {
  test('list shows those that stand, and who has seen them', async () => {
    await using gw = await startGateway();
    const [alert] = samples['alerts.list'].alerts as [ResultOf<'alerts.list'>['alerts'][number]];
    gw.answer('alerts.list', { alerts: [alert, { ...alert, key: 'oldest', about: '', acknowledgedBy: 'bert' }] });

    expect(await gw.ask('alerts', 'list')).toMatchObject({
      code: 0,
      out: `key     since                about  seen by  message
sales   ${AT}  sales           Login refused.
oldest  ${AT}         bert     Login refused.
`,
    });
    const alerts = (await gw.ask('alerts', 'list', '--json')).json();
    for (const one of alerts) expect(standingAlert.parse(one)).toEqual(one);
    expect(alerts).toHaveLength(2);
    gw.answer('alerts.list', { alerts: [] });
    expect((await gw.ask('alerts', 'list', '--lang', 'fr')).out).toBe('Aucune alerte.\n');
  });

  test('ack names those that do not stand: exit 1, or 76 when none did', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('alerts', 'ack', 'sales')).toMatchObject({ code: 0, out: '1 alert acknowledged.\n' });
    expect(await gw.ask('alerts', 'ack', 'sales', 'disk')).toMatchObject({
      code: 1,
      out: '1 alert acknowledged.\n',
      err: 'mailgate: disk: no such alert stands\n',
    });
    gw.answer('alerts.ack', { acknowledged: [] });
    expect((await gw.ask('alerts', 'ack', 'disk')).code).toBe(76);
    expect(gw.asked()[1]?.with).toEqual({ keys: ['sales', 'disk'], by: 'anna' });
  });
});

describe('G06: sign-in', () => {
  test('shows where to go and what to type, waits, and says who is signed in', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('sign-in', 'sales')).toMatchObject({
      code: 0,
      out: `Open https://login.example/device
  (https://login.example/device?code=WDJB-MJHT)
and type the code WDJB-MJHT
It holds until ${formatClock('2026-11-24T09:15:00.000Z')}. Ctrl-C gives up.
sales is signed in as sales@pytheas.com.
`,
    });
    expect((await gw.ask('sign-in', 'sales', '--json')).json()).toEqual([
      samples['signin.start'],
      samples['signin.wait'],
    ]);
  });

  test('by browser it says what to do with the address at which the page ends, and takes it', async () => {
    await using gw = await startGateway();
    gw.answer('signin.start', {
      ...samples['signin.start'],
      by: 'browser',
      verificationUriComplete: null,
      userCode: '',
    });

    const { out } = await gw.ask('sign-in', 'sales');
    expect(out).toContain("mailgate sign-in 'sales' --address 'ADDRESS'");
    expect(out).not.toContain('type the code');

    const address = 'http://localhost:25995/?code=once&state=here';
    expect(await gw.ask('sign-in', 'sales', '--address', address)).toMatchObject({ code: 0 });
    expect(gw.asked().at(-1)).toMatchObject({ method: 'signin.answer', with: { subject: 'sales', address } });

    gw.answer('signin.answer', { signedIn: false, user: null, why: 'That address is of another sign-in.' });
    expect(await gw.ask('sign-in', 'sales', '--address', address)).toMatchObject({
      code: 1,
      out: 'sales is not signed in: That address is of another sign-in.\n',
    });
  });

  test('exits 1 with the reason when it was refused', async () => {
    await using gw = await startGateway();
    gw.answer('signin.wait', { signedIn: false, user: null, why: 'access_denied' });

    const { code, out } = await gw.ask('sign-in', 'sales', '--lang', 'fr');
    expect(code).toBe(1);
    expect(out).toContain('et saisissez le code WDJB-MJHT\n');
    expect(out).toMatch(/sales n'est pas authentifié : access_denied\n$/);
  });

  test('Ctrl-C takes it back', async () => {
    await using gw = await startGateway();
    gw.gateway.replies['signin.wait'] = () => new Promise(() => {});
    const pressed = Promise.withResolvers<void>();
    const command = atTerminal(['sign-in', 'sales', '--home', gw.home], { interrupt: pressed.promise });
    await until('it to wait', () => gw.asked().find(({ method }) => method === 'signin.wait'));
    pressed.resolve();

    expect(await command).toMatchObject({ code: 1, out: expect.stringMatching(/not signed in: it was given up\.\n$/) });
    expect(gw.asked().at(-1)).toEqual({ method: 'signin.cancel', with: { subject: 'sales', by: 'anna' } });
  });

  test('SIGINT is that Ctrl-C; a second one ends the program at once', async () => {
    await using gw = await startGateway();
    gw.gateway.replies['signin.wait'] = () => new Promise(() => {});
    for (const [cancel, ended] of [
      [async () => ({ cancelled: true }), [1, null]],
      [() => new Promise<never>(() => {}), [null, 'SIGINT']],
    ] as const) {
      gw.gateway.replies['signin.cancel'] = cancel;
      gw.asked().length = 0;
      const child = start(['sign-in', 'sales', '--home', gw.home]);
      const closed = once(child, 'close');
      const asked = (method: string) => until(method, () => gw.asked().find((one) => one.method === method));
      await asked('signin.wait');
      child.kill('SIGINT');
      await asked('signin.cancel');
      if (ended[0] === null) child.kill('SIGINT');
      expect(await closed).toEqual(ended);
    }
  });

  test('--forget forgets the tokens', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('sign-in', 'sales', '--forget')).toMatchObject({
      code: 0,
      out: 'The tokens of sales are forgotten.\n',
    });
    gw.answer('signin.forget', { forgotten: false });
    expect((await gw.ask('sign-in', 'sales', '--forget')).out).toBe('There are no tokens of sales.\n');
    expect(gw.asked().map(({ method }) => method)).toEqual(['signin.forget', 'signin.forget']);
  });
});

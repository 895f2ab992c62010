/** `mailgate run` as it is delivered: how it refuses a home that it cannot serve, and what a second signal does. */
import { mkdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { lockHome } from '../../src/daemon/store/lock.ts';
import { configure, gatewayHome, runMailgate, startGateway, startMailgate } from '../kit/gateway.ts';
import { closes, hears, says, stalls, startMisbehavingPop3, waits } from '../kit/misbehaving-pop3.ts';
import { sessionMembers, written } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { ini } from './world.ts';

const REFUSED = 75;
const QUIET = '[Outgoing mail]\nEnabled=0\n';

describe('a home that cannot be served', () => {
  test('because its lock cannot be made is told in a line', async () => {
    await using home = await gatewayHome();
    await configure(home, QUIET);
    await mkdir(home.file('mailgate.lock'));
    expect(await runMailgate(['run', '--home', home.path])).toEqual({
      code: REFUSED,
      output: `${home.path} cannot be served: unable to open database file\n`,
    });
  });

  test('because its control socket cannot be made is told in a line, and is free again', async () => {
    await using home = await gatewayHome();
    await configure(home, `${QUIET}[Remote control]\nSocket=/nowhere/at/all/x.sock\n`);
    const { code, output } = await runMailgate(['run', '--home', home.path]);
    expect(code).toBe(REFUSED);
    expect(output).toMatch(/^.* cannot be served: listen E\w+: .*\/nowhere\/at\/all\/x\.sock$/m);
    expect(output).not.toContain('    at ');
    const lock = await lockHome(home.path);
    if (lock.ok) await lock.release();
    expect(lock.ok).toBe(true);
  });
});

describe('a second signal', () => {
  test('I14, I27: ends it at once, and nobody serves its home before it is gone', async () => {
    await using pop3 = await startMisbehavingPop3([[says('+OK'), hears('CAPA'), stalls]]);
    await using home = await gatewayHome();
    await using gateway = await startGateway({ ini: ini({ pop3: pop3.port, inside: 1, port: null }), home });
    expect((await gateway.mailgate('trigger')).code).toBe(0);
    await until('the session to hang', () => pop3.heard.length > 0 || undefined);

    process.kill(gateway.pid, 'SIGTERM');
    await gateway.logged(/MailGate is stopping/);
    process.kill(gateway.pid, 'SIGTERM');
    const lock = await until('its home to be free', async () => {
      const tried = await lockHome(home.path);
      return tried.ok ? { free: tried, alive: sessionMembers(gateway.pid) } : undefined;
    });
    await lock.free.release();
    expect(lock.alive).toEqual([]);
  });
});

test('I27: a signal to `run --once` ends it gently, with 1: not all was done', async () => {
  const told = Promise.withResolvers<void>();
  await using pop3 = await startMisbehavingPop3([[says('+OK'), hears('CAPA'), waits(told.promise), closes]]);
  await using home = await gatewayHome();
  await configure(home, ini({ pop3: pop3.port, inside: 1, port: null }));
  await using child = await startMailgate(['run', '--once', '--home', home.path]);
  await until('the session to be on', () => pop3.heard.length > 0 || undefined);
  process.kill(child.pid, 'SIGINT');
  await written(/MailGate is stopping: SIGINT/, child);
  told.resolve();
  expect(await until('its end', () => child.code())).toBe(1);
  expect(child.output()).toContain('Session 1 finished: 0 messages, 1 error.');
});

import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../src/daemon/base/clock.ts';
import type { AlertPost } from '../../../src/daemon/reports/alerts/alert-post.ts';
import type { Fact } from '../../../src/protocol/events.ts';
import { apply, emptyState } from '../../../src/protocol/state.ts';
import { until } from '../../kit/until.ts';
import { startHook, startPost } from './alerts.ts';
import { badSession, goodSession, type ReportsWorld, reportsWorld } from '../world.ts';

const raise = (key: string, message = `${key} is wrong.`, about = ''): Fact => ({
  ...{ type: 'alert.raised', key, message, about },
});
const clear = (key: string): Fact => ({ type: 'alert.cleared', key, message: `${key} is well.` });
const accounts = (...names: string[]): Fact => ({
  type: 'accounts.configured',
  accounts: names.map((name) => ({ name, enabled: true })),
});

/** A program that appends what it is told to a file, and what follows. */
async function program(
  world: ReportsWorld,
  name: string,
  then = '',
): Promise<{ command: string[]; heard(): Promise<string> }> {
  const [script, output] = [world.home.file(name), world.home.file(`${name}.heard`)];
  await writeFile(script, `#!/bin/sh\nprintf '%s|' "$@" >> '${output}'\ncat >> '${output}'\n${then}\n`, {
    mode: 0o700,
  });
  return { command: [script], heard: async () => await readFile(output, 'utf8').catch(() => '') };
}

/** Lets every try but the last one go by. */
async function lastTry(world: ReportsWorld, ...posts: AlertPost[]): Promise<void> {
  for (const pause of [0, seconds(10), minutes(1), minutes(5), minutes(30)]) {
    await world.clock.advance(pause);
    for (const post of posts) await post.idle();
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('G05: an alert is told without mail, once, and once more when it is over', () => {
  test('to a webhook as JSON', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    await using _ = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('account:sales', 'POP3 account sales failed: x\u001b[2J', 'sales'));
    world.run.tell(raise('account:sales', 'Other words for the same', 'sales'));
    await hook.heard(1);
    await world.clock.advance(minutes(5));
    world.run.tell(clear('account:sales'), clear('account:sales'));

    expect(await hook.heard(2)).toEqual([
      {
        ...{ gateway: 'gw.company.com', key: 'account:sales', state: 'raised', at: '2026-11-24T10:00:00.000Z' },
        ...{ message: 'POP3 account sales failed: x\\x1b[2J', about: 'sales' },
      },
      {
        ...{ gateway: 'gw.company.com', key: 'account:sales', state: 'cleared', at: '2026-11-24T10:05:00.000Z' },
        ...{ message: 'account:sales is well.', about: 'sales' },
      },
    ]);
  });

  test('problems are told as well, and what is over says what it was', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    await using _ = await startPost(world, { webhook: hook.url, language: 'fr' });
    world.run.tell({ type: 'problem.raised', key: 'store', message: 'The store cannot be written: full.' });
    await hook.heard(1);
    world.run.tell({ type: 'problem.cleared', key: 'store' }, { type: 'problem.cleared', key: 'never' });
    expect((await hook.heard(2)).map(({ key, state, message }) => [key, state, message])).toEqual([
      ['store', 'raised', 'The store cannot be written: full.'],
      ['store', 'cleared', 'Terminé : The store cannot be written: full.'],
    ]);
  });

  test('to a command on its standard input, with its arguments and without a shell', async () => {
    await using world = await reportsWorld();
    const { command, heard } = await program(world, 'tell-me');
    await using running = await startPost(world, { command: [...command, '$(touch', 'x)', '; rm'] });
    world.run.tell(raise('queue:oldest'));
    await running.post.idle();
    const [words = '', json = ''] = (await heard()).split(/\|(?=\{)/);
    expect(words).toBe('$(touch|x)|; rm');
    expect(JSON.parse(json)).toMatchObject({ key: 'queue:oldest', state: 'raised' });
  });

  test("to the system's log through logger: an error, and a notice when it is over", async () => {
    await using world = await reportsWorld();
    const { command, heard } = await program(world, 'logger');
    await using running = await startPost(world, { syslog: command[0] ?? '' });
    world.run.tell(raise('no-success:sales', 'Nothing\ncame.', 'sales'));
    await running.post.idle();
    world.run.tell(clear('no-success:sales'));
    await running.post.idle();
    expect(await heard()).toBe(
      '-t|mailgate|-p|mail.err|raised no-success:sales: sales: Nothing\\x0acame.\n' +
        '-t|mailgate|-p|mail.notice|cleared no-success:sales: no-success:sales is well.\n',
    );
  });

  test('in every way that is configured, and a way that fails keeps no other from hearing it', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const { command, heard } = await program(world, 'ok');
    hook.status = 503;
    await using running = await startPost(world, { webhook: hook.url, command });
    world.run.tell(raise('a'));
    await running.post.idle();
    expect(await heard()).toContain('"key":"a"');
    expect(hook.told).toEqual([]);
  });
});

describe('a way that fails', () => {
  test('is tried again, later each time; then it is a problem, whose end is told when it works again', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    hook.status = 500;
    await using running = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('a'));
    await lastTry(world, running.post);
    const key = `alerts.webhook of ${new URL(hook.url).host}`;
    expect(world.run.of('problem.raised')).toMatchObject([
      { key, message: expect.stringContaining('it answered 500') as string },
    ]);
    expect(hook.asked.filter((line) => line.startsWith('POST')).length).toBeGreaterThanOrEqual(5);

    hook.status = 200;
    world.run.tell(raise('b'));
    await world.clock.advance(seconds(10));
    await until('the problem to end', () => world.run.of('problem.cleared')[0]);
    await until('b to be told', () => hook.told.find((alert) => alert.key === 'b'));
  });

  test('what is over before it could be told is not told at all', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    hook.status = 500;
    await using running = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('a'));
    await running.post.idle();
    world.run.tell(clear('a'));
    hook.status = 200;
    world.run.tell(raise('b'));
    await hook.heard(1);
    await running.post.idle();
    expect(hook.told.map(({ key }) => key)).toEqual(['b']);
    expect(running.post.list().alerts.map(({ key }) => key)).toEqual(['b']);
  });

  test('a webhook that does not answer is given up by its deadline', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    hook.status = 0;
    await using running = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('a'));
    await until('it to be asked', () => hook.asked[0]);
    await world.clock.advance(seconds(15));
    await running.post.idle(); // resolves: nothing is under way any more
  });

  test('a command that does not end is ended by its deadline, with all that it has started', async () => {
    await using world = await reportsWorld();
    const pid = world.home.file('pid');
    const { command } = await program(world, 'hangs', `sh -c 'echo $$ > ${pid}; exec sleep 3600' &\nwait`);
    await using running = await startPost(world, { command });
    world.run.tell(raise('a'));
    const grandchild = await until('what it starts', async () => {
      const text = await readFile(pid, 'utf8').catch(() => '');
      return text.endsWith('\n') ? Number(text) : undefined;
    });
    await world.clock.advance(seconds(30));
    await running.post.idle();
    await until('its end', () => (isRunning(grandchild) ? undefined : true));
  });

  test('a command that is not there, or ends with an error, says so without a secret', async () => {
    await using world = await reportsWorld();
    const { command } = await program(world, 'fails', 'echo "no such pager" >&2; exit 3');
    await using missing = await startPost(world, { command: ['/nowhere/pager'] });
    await using failing = await startPost(world, { command });
    world.run.tell(raise('a'));
    await lastTry(world, missing.post, failing.post);
    expect(missing.said[0]).toContain('/nowhere/pager cannot be run');
    expect(failing.said[0]).toContain('it ended with 3: no such pager');
  });

  test("I24: the webhook's path, which may be a token, stands in no log, event, memo or error", async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const { url } = hook;
    const running = await startPost(world, { webhook: url });
    for (const status of [302, 500, 404]) {
      hook.status = status;
      world.run.tell(raise(`a${status}`));
      await lastTry(world, running.post);
    }
    await hook[Symbol.asyncDispose](); // from here on nobody listens
    world.run.tell(raise('late'));
    await lastTry(world, running.post);
    expect(hook.asked.filter((line) => line.includes('elsewhere'))).toEqual([]); // no redirect is followed
    const memos = [...(await world.run.store.memos.all(''))];
    expect(JSON.stringify([running.said, world.run.events, memos, running.post.list()])).not.toContain('T0KEN-canary');
    expect(running.said.length).toBeGreaterThan(0);
    await running.close();
  });
});

describe('a storm', () => {
  test('of 46 alerts within a minute is ten, and one that sums up the others', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    await using running = await startPost(world, { webhook: hook.url });
    for (let n = 1; n <= 46; n += 1) world.run.tell(raise(`account:${n}`));
    await hook.heard(10);
    await running.post.idle();
    expect(hook.told).toHaveLength(10);
    world.run.tell(clear('account:46'));
    await world.clock.advance(minutes(1));
    const told = await hook.heard(11);
    expect(told[10]).toMatchObject({ key: 'alerts.summary', state: 'raised' });
    expect(told[10]?.message).toBe(
      `Further alerts: 36 raised, 1 cleared (${Array.from({ length: 10 }, (_, n) => `account:${n + 11}`).join(', ')}, …): see mailgate alerts list.`,
    );
    await running.post.idle();
    expect(running.post.list().alerts).toHaveLength(45);
    await world.clock.advance(minutes(1));
    world.run.tell(raise('again'));
    expect((await hook.heard(12))[11]).toMatchObject({ key: 'again' });
  });
});

describe('across a restart', () => {
  test('what was said and still stands is not said again; its end is', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const first = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('unroutable:sales', 'Two messages stay', 'sales'));
    await hook.heard(1);
    await first.post.idle();
    await first.close();
    await world.restart();

    await using second = await startPost(world, { webhook: hook.url });
    expect(second.post.list().alerts).toMatchObject([{ key: 'unroutable:sales', message: 'Two messages stay' }]);
    world.run.tell(raise('unroutable:sales', 'Three messages stay', 'sales'));
    await second.post.idle();
    expect(hook.told).toHaveLength(1);
    expect(second.post.list().alerts).toMatchObject([
      { message: 'Three messages stay', at: '2026-11-24T10:00:00.000Z' },
    ]);
    world.run.tell(clear('unroutable:sales'));
    expect((await hook.heard(2))[1]).toMatchObject({ key: 'unroutable:sales', state: 'cleared' });
  });

  test('what is not raised again is over once a session has shown it, and not before', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const first = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('unroutable:sales', 'Two messages stay', 'sales'));
    world.run.tell({ type: 'problem.raised', key: 'store', message: 'The store cannot be written.' });
    await hook.heard(2);
    await first.post.idle();
    await first.close();
    await world.restart();

    await using second = await startPost(world, { webhook: hook.url });
    world.run.tell(accounts('sales', 'info'), ...goodSession(1, 'info'));
    expect((await hook.heard(3))[2]).toMatchObject({ key: 'store', state: 'cleared' });
    world.run.tell(...badSession(2)); // sales was not looked through
    await second.post.idle();
    expect(second.post.list().alerts).toMatchObject([{ key: 'unroutable:sales' }]);
    world.run.tell(...goodSession(3));
    expect((await hook.heard(4))[3]).toMatchObject({
      ...{ key: 'unroutable:sales', state: 'cleared', message: 'Over: Two messages stay', about: 'sales' },
    });
    expect(world.run.of('alert.cleared')).toMatchObject([{ key: 'unroutable:sales' }]);
    expect(world.run.of('problem.cleared')).toMatchObject([{ key: 'store' }]);
  });

  test('what stands is in the state that everybody follows, and its end takes it out; nobody is told anew', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const first = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('unroutable:sales', 'Two messages stay', 'sales'));
    world.run.tell({ type: 'problem.raised', key: 'relay.x:587', message: 'smtprelay: The login was refused.' });
    await hook.heard(2);
    await first.post.idle();
    await first.close();
    await world.restart();

    await using second = await startPost(world, { webhook: hook.url });
    const state = () => world.run.events.reduce(apply, emptyState);
    const start = { name: 'gw', version: '1', pid: 1, home: '/h', language: 'en' } as const;
    world.run.tell({ type: 'gateway.started', ...start }, accounts('sales'));
    expect(state().alerts).toEqual([
      { key: 'unroutable:sales', at: '2026-11-24T10:00:00.000Z', message: 'Two messages stay', about: 'sales' },
    ]);
    expect(state().problems).toEqual([{ key: 'relay.x:587', message: 'smtprelay: The login was refused.' }]);
    await second.post.idle();
    expect(hook.told).toHaveLength(2);

    world.run.tell(...goodSession(1));
    expect(state().alerts).toEqual([]);
    expect(state().problems).toHaveLength(1);
  });

  test('of more than the state has room for, the latest are told', async () => {
    await using world = await reportsWorld();
    const first = await startPost(world, {});
    for (let n = 0; n < 60; n += 1) {
      world.run.tell(raise(`k${n}`));
      await world.clock.advance(1_000);
    }
    await first.close();
    await world.restart();
    await using _second = await startPost(world, {});
    world.run.tell({ type: 'gateway.started', name: 'gw', version: '1', pid: 1, home: '/h', language: 'en' });
    const kept = world.run.of('alert.kept').map(({ key }) => key);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([50, 'k10', 'k59']);
  });

  test('without any session ten minutes are enough; a relay has to be reached', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const first = await startPost(world, { webhook: hook.url });
    world.run.tell({ type: 'problem.raised', key: 'relay.x:587', message: 'smtprelay: The login was refused.' });
    world.run.tell({ type: 'problem.raised', key: 'listener', message: 'Cannot listen.' });
    await hook.heard(2);
    await first.post.idle();
    await first.close();
    await world.restart();

    await using second = await startPost(world, { webhook: hook.url });
    await world.clock.advance(minutes(10));
    expect((await hook.heard(3))[2]).toMatchObject({ key: 'listener', state: 'cleared' });
    const connected = { login: true, esmtp: true, maxSize: null, dsn: false };
    world.run.tell({ type: 'transfer.connected', relay: 'another', ...connected });
    await second.post.idle();
    expect(hook.told).toHaveLength(3);
    world.run.tell({ type: 'transfer.connected', relay: 'smtprelay', ...connected });
    expect((await hook.heard(4))[3]).toMatchObject({ key: 'relay.x:587', state: 'cleared' });
  });

  test('what could not be said before it is said after it, the end of what was said too', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    const first = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('said'));
    await hook.heard(1);
    await first.post.idle();
    hook.status = 500;
    world.run.tell(raise('unsaid'), clear('said'));
    await first.post.idle();
    await first.close();
    await world.restart();

    hook.status = 200;
    await using second = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('unsaid'));
    const told = await hook.heard(3);
    expect(
      told
        .slice(1)
        .map(({ key, state }) => `${key} ${state}`)
        .toSorted(),
    ).toEqual(['said cleared', 'unsaid raised']);
    await second.post.idle();
    expect(second.post.list().alerts.map(({ key }) => key)).toEqual(['unsaid']);
  });
});

describe('alerts list and ack', () => {
  test('an alert that was seen stands with the name of who saw it, across a restart', async () => {
    await using world = await reportsWorld();
    const first = await startPost(world, {});
    world.run.tell(raise('a', 'A is wrong', 'sales'), raise('b'));
    expect(first.post.acknowledge({ keys: ['a', 'unknown'] }, 'anna')).toEqual({ acknowledged: ['a'] });
    await first.close();
    await world.restart();
    await using second = await startPost(world, {});
    expect(second.post.list()).toEqual({
      alerts: [
        { key: 'a', at: '2026-11-24T10:00:00.000Z', message: 'A is wrong', about: 'sales', acknowledgedBy: 'anna' },
        expect.objectContaining({ key: 'b', acknowledgedBy: null }),
      ],
    });
    expect(() => second.post.acknowledge({ keys: ['x', 'y'] }, 'anna')).toThrow('No alert x, y stands');
    world.run.tell(raise('a'), clear('a'));
    expect(second.post.list().alerts.map(({ key }) => key)).toEqual(['b']);
  });

  test('one that was seen before it could be told is not told', async () => {
    await using world = await reportsWorld();
    await using hook = await startHook();
    hook.status = 500;
    await using running = await startPost(world, { webhook: hook.url });
    world.run.tell(raise('a'));
    await running.post.idle();
    running.post.acknowledge({ keys: ['a'] }, 'anna');
    hook.status = 200;
    world.run.tell(raise('b'));
    await hook.heard(1);
    await world.clock.advance(minutes(1));
    await running.post.idle();
    expect(hook.told.map(({ key }) => key)).toEqual(['b']);
  });
});

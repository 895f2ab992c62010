/** CFG07: the access token that a program prints. The programs are shell scripts of the test's own. */
import { readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { createTokenCommand } from '../../src/daemon/signin/command.ts';
import type { TokenAnswer } from '../../src/daemon/signin/keeper.ts';
import { accountKey } from '../../src/daemon/signin/subject.ts';
import { manualClock } from '../kit/clock.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { never, startWorld } from './world.ts';

const CANARY = 'canary-0f-the-command';

async function program(folder: ScratchFolder, body: string): Promise<string> {
  const path = folder.file('print token');
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o700);
  return path;
}

function commandOf(folder: ScratchFolder, words: string[]) {
  const clock = manualClock();
  const source = { is: 'command', words } as const;
  const subject = { key: accountKey('sales'), name: 'sales', account: 'sales', user: 'sales', source };
  return { clock, command: createTokenCommand(subject, words, { clock, home: folder.path }) };
}

const clear = (answer: TokenAnswer): string =>
  answer.ok ? answer.token.reveal() : `${answer.kind}: ${answer.message}`;

describe('a token command', () => {
  test('is run with its arguments, by no shell, in the home; one line end is no part of the token', async () => {
    await using folder = await scratchFolder('token');
    const path = await program(folder, 'printf "%s|%s|%s\\n" "$1" "$2" "$(pwd | tr -d \' \')"');
    const { command } = commandOf(folder, [path, '$HOME;id', 'a"b']);

    expect(clear(await command.tokenFor(never))).toBe(`$HOME;id|a"b|${folder.path}`);
  });

  test('is not run for each connection: what it printed counts for a minute, unless a server does not take it', async () => {
    await using folder = await scratchFolder('token');
    const path = await program(folder, 'echo run >> runs; echo "token-$(wc -l < runs | tr -d \' \')"');
    const { clock, command } = commandOf(folder, [path]);
    const both = await Promise.all([command.tokenFor(never), command.tokenFor(never)]);
    expect(both.map(clear)).toEqual(['token-1', 'token-1']);

    if (both[0]?.ok) command.rejected(both[0].token);
    expect(clear(await command.tokenFor(never))).toBe('token-2');
    await clock.advance(seconds(61));
    expect(clear(await command.tokenFor(never))).toBe('token-3');
    expect((await readFile(folder.file('runs'), 'utf8')).length).toBe('run\n'.length * 3);
  });

  test.each([
    ['fails', `echo ${CANARY}; echo ${CANARY} >&2; exit 3`, 'ended with exit code 3.'],
    ['is killed', 'kill -9 $$', 'was ended by SIGKILL.'],
    ['prints nothing', 'exit 0', 'printed no token'],
    ['prints an empty line', 'echo', 'printed no token'],
    ['prints two lines', `echo ${CANARY}; echo ${CANARY}`, 'printed no token'],
    ['prints a blank in the middle', `echo "${CANARY} x"`, 'printed no token'],
    ['prints what is no ASCII', "printf 'caf\\303\\251'", 'printed no token'],
    ['never ends printing', `while :; do echo ${CANARY}; done`, 'printed more than 65536 octets.'],
    ['never ends complaining', `while :; do echo ${CANARY} >&2; done`, 'printed more than 65536 octets.'],
  ])('that %s is a temporary failure, and nothing of it is shown', async (_, body, what) => {
    await using folder = await scratchFolder('token');
    const { command } = commandOf(folder, [await program(folder, body)]);
    const answer = clear(await command.tokenFor(never));

    expect(answer).toMatch(/^temporary: The token command of POP3 account: sales .* Run it by hand to see why\.$/);
    expect(answer).toContain(what);
    expect(answer).not.toContain(CANARY);
  });

  test('that is not there is one, too', async () => {
    await using folder = await scratchFolder('token');
    const { command } = commandOf(folder, [folder.file('nothing')]);
    expect(clear(await command.tokenFor(never))).toContain('cannot be started: ENOENT.');
  });

  test('that hangs is ended after half a minute, with all that it has started', async () => {
    await using folder = await scratchFolder('token');
    const path = await program(folder, 'sleep 600 & echo $! > child; wait');
    const { clock, command } = commandOf(folder, [path]);
    const asking = command.tokenFor(never);
    const child = await until(
      'its child',
      async () => Number(await readFile(folder.file('child'), 'utf8').catch(() => '')) || undefined,
    );
    await clock.advance(seconds(30));

    expect(clear(await asking)).toContain('did not end within 30 s.');
    await until('the end of its child', () => (isRunning(child) ? undefined : true));
    expect(clock.pending).toBe(0);
  });

  test('is ended by a stop', async () => {
    await using folder = await scratchFolder('token');
    const { command } = commandOf(folder, [await program(folder, 'echo $$ > self; exec sleep 600')]);
    const stop = new AbortController();
    const asking = command.tokenFor(stop.signal);
    const self = await until(
      'it',
      async () => Number(await readFile(folder.file('self'), 'utf8').catch(() => '')) || undefined,
    );
    stop.abort();

    expect(await asking).toMatchObject({ ok: false, kind: 'stopped' });
    await command.idle();
    await until('its end', () => (isRunning(self) ? undefined : true));
  });

  test('is a subject like others, save that nobody signs it in', async () => {
    await using folder = await scratchFolder('token');
    const words = [await program(folder, 'echo from-the-command')];
    const source = { is: 'command', words } as const;
    const subject = { key: accountKey('info'), name: 'info', account: 'info', user: 'info', source };
    await using world = await startWorld({ subjects: () => [subject] });

    expect(clear(await world.signIns.tokenFor('info', never))).toBe('from-the-command');
    expect(await world.signIns.start('info', never)).toEqual({
      ...{ ok: false, kind: 'unknown' },
      message: 'The token of POP3 account: info comes from a program.',
    });
    expect(await world.signIns.status('info')).toBeNull();
  });
});

/** A zombie, that nobody has waited for yet, has ended all the same. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { show } from '../../demo/show.ts';
import type { DemoWorld } from '../../demo/world.ts';
import { run, startProcess, written } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { startTmux } from '../kit/tmux.ts';
import { until } from '../kit/until.ts';

const program = join(import.meta.dirname, '../../bin/mailgate');

/** A place for the demo's home, which it must leave empty. */
async function place() {
  const scratch = await scratchFolder('demo');
  return {
    env: { TMPDIR: scratch.path },
    left: () => readdirSync(scratch.path),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

describe('the demo without a terminal', () => {
  test('prints the log of one session and one transfer, finds every message where it belongs, and leaves nothing behind', async () => {
    await using home = await place();
    const { code, output } = await run([program, 'demo'], { within: 90_000, env: home.env });
    expect(output).toContain('Every message is where it belongs.');
    expect(code).toBe(0);
    expect(output).toMatch(/\[\d\d:\d\d\] Session 1 started \(2 accounts\)\./);
    expect(output).toMatch(/Delivered to: <sales@company\.example> \(250 /);
    expect(output).toMatch(/Message 6 has no recipient here/);
    expect(output).toMatch(/Queue \[1\] Mail From: <anna@company\.example> .*Priority: High\)/);
    expect(output).toMatch(/Send: Message sent \(\d\.\d kb\)\./);
    expect(output).toMatch(/returned to <sales@company\.example>/);
    expect(home.left()).toEqual([]);
  });

  test('speaks French where the language says so', async () => {
    const { code, output } = await run([program, 'demo', '--lang', 'fr'], { within: 90_000 });
    expect(code).toBe(0);
    expect(output).toMatch(/Session 1 démarrée \(2 comptes\)\./);
    expect(output).toMatch(
      /Send: Mail From: <anna@company\.example> \(Pmg\w+\.tmp, \d,\d kb, queued: \d\d\/\d\d\/\d{4} /,
    );
  });

  test('Ctrl-C ends everything that it started', async () => {
    await using home = await place();
    await using demo = await startProcess([program, 'demo'], { env: home.env });
    await written(/Session 1 started/, demo, { within: 60_000 });
    process.kill(demo.pid, 'SIGINT');
    await until('the demo to end', () => demo.code(), { within: 60_000 });
    expect(home.left()).toEqual([]);
  });

  test('ends everything that it started when its reader leaves (mailgate demo | head)', async () => {
    await using home = await place();
    const { output } = await run(['sh', '-c', `'${program}' demo | head -2`], { within: 90_000, env: home.env });
    expect(output).toContain('Now queuing outbound messages');
    expect(home.left()).toEqual([]);
  });

  test('says so when the time that it was given was too short, and leaves nothing behind', async () => {
    await using home = await place();
    const { code, output } = await run([program, 'demo', '--seconds', '1'], { within: 90_000, env: home.env });
    // On a machine that does all of it in a second, it was done.
    if (code === 0) expect(output).toContain('Every message is where it belongs.');
    else expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('was not done within 1 s.') });
    expect(home.left()).toEqual([]);
  });

  test('prints every event as JSON where that is asked for, and at last whether all was well', async () => {
    const { code, output } = await run([program, 'demo', '--json'], { within: 90_000 });
    const documents = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(code).toBe(0);
    expect(documents[0]).toMatchObject({ seq: 1, type: 'gateway.started' });
    expect(documents.at(-1)).toEqual({ ok: true, problems: [] });
  });
});

test('Ctrl-C while the demo still starts brings up no screen', async () => {
  const sent: unknown[] = [];
  const world = { send: async (sample: unknown) => void sent.push(sample), socket: 'nowhere' } as Partial<DemoWorld>;
  expect(await show(world as DemoWorld, {}, AbortSignal.abort())).toBe(0);
  expect(sent).toEqual([]);
});

describe.runIf(peersInstalled(['tmux']))('the demo on a terminal', () => {
  test('shows mail flowing without a key being pressed, triggers by t, and leaves the terminal as it was', async () => {
    await using home = await place();
    await using terminal = await startTmux({ columns: 120, rows: 40, command: [program, 'demo'], env: home.env });
    await terminal.screen((text) => /● live/.test(text), { within: 60_000 });
    await terminal.screen((text) => /office +✗ done 4\/5/.test(text) && /has no recipient here/.test(text), {
      within: 60_000,
    });
    await terminal.send('4');
    await terminal.screen((text) => /deferred .*451 4\.7\.1 Greylisted/.test(text));
    await terminal.send('1');
    await terminal.send('t');
    await terminal.screen((text) => /Download session ([2-9]|\d\d)/.test(text), { within: 60_000 });
    await terminal.send('q');
    expect(await until('the demo to end', () => terminal.exitCode(), { within: 60_000 })).toBe(0);
    expect((await terminal.raw()).toString('latin1')).toContain('\u001b[?1049l');
    expect(home.left()).toEqual([]);
  });
});

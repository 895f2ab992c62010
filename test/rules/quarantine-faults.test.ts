/** A disk that fails and a gateway that is killed, at each system call of the quarantine in turn, by strace. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openQuarantine } from '../../src/daemon/rules/quarantine.ts';
import { callsOf } from '../crash/strace.ts';
import { type Ended, run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { keptMessage } from './held.ts';
import { octets, readAll } from './mail.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';

const KEEPER = new URL('keeper.ts', import.meta.url).pathname;
const MESSAGES = 3;

function keeper(home: ScratchFolder, options: readonly string[], messages = MESSAGES): Promise<Ended> {
  const strace = ['strace', '-f', '-qq', '-y', '-s', '64', ...options, '-o', home.file('strace.log')] as const;
  const env = { UV_THREADPOOL_SIZE: '1' }; // one call after another, so that the nth is always the same
  return run([...strace, process.execPath, KEEPER, home.path, `${messages}`], { env, within: 60_000 });
}

/** Everything that was acknowledged is there, octet for octet; what is put again is one; and nothing else is left. */
async function looksSound(home: ScratchFolder, output: string): Promise<void> {
  const quarantine = await openQuarantine(home.path, { log: silentLog });
  const acknowledged = [...output.matchAll(/^ack (\w+) (\d+)$/gm)].map(([, id = '', n = '']) => ({ id, n: Number(n) }));
  for (const { id, n } of acknowledged) {
    const body = await quarantine.open(id);
    expect(body && (await readAll(body))).toBe(keptMessage(n, 0).text);
    expect(await quarantine.get(id)).toMatchObject({
      subject: `Number ${n}`,
      recipients: keptMessage(n, 0).recipients,
    });
  }
  for (let n = 0; n < MESSAGES; n++) {
    const { text, ...held } = keptMessage(n, 1);
    await quarantine.put({ ...held, body: bodyOf(octets(text)) });
  }
  expect((await quarantine.list(0, 100)).total).toBe(MESSAGES);
  expect((await readdir(home.file('Quarantine'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

describe.runIf(peersInstalled(['strace']))('the quarantine on a bad day', () => {
  test('I03: the message and its description are synced, and then renamed, and the folder is synced, before it is acknowledged', async () => {
    await using home = await scratchFolder('quar');
    const { output } = await keeper(home, ['-e', 'trace=fsync,rename,write'], 1);
    expect(output).toMatch(/^ack /m);
    const log = await readFile(home.file('strace.log'), 'latin1');
    const order = callsOf(log).flatMap(({ name, text }) => {
      if (name === 'write') return text.includes('"ack ') ? ['acknowledged'] : [];
      const what =
        name === 'fsync' && !/\.tmp>/.test(text)
          ? 'folder'
          : /\.eml"/.test(text)
            ? 'eml'
            : /\.json"/.test(text)
              ? 'json'
              : 'file';
      return [`${name} ${what}`];
    });
    // The first sync is that of the home, when the folder was made.
    expect(order).toEqual([
      'fsync folder',
      'fsync file',
      'rename eml',
      'fsync folder',
      'fsync file',
      'rename json',
      'fsync folder',
      'acknowledged',
    ]);
  });

  for (const [call, error] of [
    ['fsync', 'EIO'],
    ['fsync', 'ENOSPC'],
    ['rename', 'EIO'],
  ] as const) {
    test(`I08: ${error} of each ${call} in turn is told, and nothing that was acknowledged is lost`, {
      timeout: 300_000,
    }, async () => {
      let hits = 0;
      for (let nth = 1; ; nth++) {
        await using home = await scratchFolder('quar');
        const { code, output } = await keeper(home, [
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:error=${error}:when=${nth}`,
        ]);
        const hit = (await readFile(home.file('strace.log'), 'latin1')).includes('INJECTED');
        if (!hit) break;
        hits++;
        expect(code, output).toBe(0);
        expect(output).toMatch(
          error === 'ENOSPC' ? /^(fail \d+|unopened) full Quarantine: /m : /^(fail \d+|unopened) no Quarantine: /m,
        );
        await looksSound(home, output);
      }
      expect(hits).toBeGreaterThanOrEqual(2 * MESSAGES);
    });
  }

  for (const call of ['fsync', 'rename', 'openat'] as const) {
    test(`X03: killed at each ${call} in turn, it has all that it had acknowledged, and half of nothing`, {
      timeout: 300_000,
    }, async () => {
      let hits = 0;
      // Node itself opens hundreds of files; those of the quarantine are the last of them.
      const only = call === 'openat' ? await opensOfTheQuarantine() : null;
      for (let at = 0; only === null || at < only.length; at++) {
        const nth = only === null ? at + 1 : only[at];
        await using home = await scratchFolder('quar');
        const { output } = await keeper(home, [
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:signal=SIGKILL:when=${nth}`,
        ]);
        if (output.includes(`ack `) && output.match(/^ack /gm)?.length === MESSAGES) {
          if (only === null) break;
          continue;
        }
        hits++;
        await looksSound(home, output);
      }
      expect(hits).toBeGreaterThanOrEqual(MESSAGES);
    });
  }
});

async function opensOfTheQuarantine(): Promise<number[]> {
  await using home = await scratchFolder('quar');
  await keeper(home, ['-e', 'trace=openat']);
  const opens = (await readFile(home.file('strace.log'), 'latin1'))
    .split('\n')
    .filter((line) => line.includes('openat('));
  return opens.flatMap((line, at) => (line.includes('/Quarantine') ? [at + 1] : []));
}

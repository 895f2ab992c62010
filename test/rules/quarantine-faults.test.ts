/** A disk that fails and a gateway that is killed, at each system call of the quarantine in turn, by strace. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openQuarantine } from '../../src/daemon/rules/quarantine.ts';
import { type Ended, run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { keptMessage } from './held.ts';
import { octets, readAll } from './mail.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';

const KEEPER = new URL('keeper.ts', import.meta.url).pathname;
const MESSAGES = 2;

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
    // Whoever waits for a call enters the next one after its return, so that their beginnings are in order.
    const order = log.split('\n').flatMap((line) => {
      const [, name = '', text = ''] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
      if (name === 'write') return text.includes('"ack ') ? ['acknowledged'] : [];
      if (name === 'rename') return [`rename ${/\.(eml|json)"/.exec(text)?.[1] ?? ''}`];
      return name === 'fsync' ? [`fsync ${text.includes('.tmp>') ? 'file' : 'folder'}`] : [];
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

  test('I08, I10: a full disk is told as one', async () => {
    await using home = await scratchFolder('quar');
    const { output } = await keeper(home, ['-e', 'trace=fsync', '-e', 'inject=fsync:error=ENOSPC:when=2']);
    expect(output).toMatch(/^fail 0 full Quarantine: ENOSPC/m);
    expect(output).toMatch(/^ack \w+ 1$/m);
    await looksSound(home, output);
  });

  for (const call of ['fsync', 'rename']) {
    test(`I08: EIO of each ${call} in turn is told, and nothing that was acknowledged is lost`, async () => {
      let hits = 0;
      for (let nth = 1; ; nth++) {
        await using home = await scratchFolder('quar');
        const inject = `inject=${call}:error=EIO:when=${nth}`;
        const { code, output } = await keeper(home, ['-e', `trace=${call}`, '-e', inject]);
        if (!(await readFile(home.file('strace.log'), 'latin1')).includes('INJECTED')) break;
        hits++;
        expect(code, output).toBe(0);
        expect(output).toMatch(/^(fail \d+|unopened) no Quarantine: EIO/m);
        await looksSound(home, output);
      }
      expect(hits).toBeGreaterThanOrEqual(2 * MESSAGES);
    });

    test(`X03: killed at each ${call} in turn, it has all that it had acknowledged, and half of nothing`, async () => {
      let hits = 0;
      for (let nth = 1; ; nth++) {
        await using home = await scratchFolder('quar');
        const inject = `inject=${call}:signal=SIGKILL:when=${nth}`;
        const { output } = await keeper(home, ['-e', `trace=${call}`, '-e', inject]);
        if (output.match(/^ack /gm)?.length === MESSAGES) break;
        hits++;
        await looksSound(home, output);
      }
      expect(hits).toBeGreaterThanOrEqual(2 * MESSAGES);
    });
  }
});

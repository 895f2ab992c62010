import { chmod, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { runScanner } from '../../src/daemon/rules/program.ts';
import type { ScannerSettings } from '../../src/daemon/rules/settings.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { octets } from './mail.ts';

const never = new AbortController().signal;
const about = { account: 'sales', sender: 'eve@evil.example' };

const settings = (script: string, given: Partial<ScannerSettings> = {}): ScannerSettings => ({
  command: ['/bin/sh', '-c', script],
  ...{ interceptExitCodes: [1, 7], timeout: seconds(30), folder: '/' },
  ...given,
});

const given = (mail: string | Body = 'Subject: x\r\n\r\nHello\r\n') => ({
  body: typeof mail === 'string' ? bodyOf(octets(mail)) : mail,
  about,
  environment: { PATH: process.env['PATH'], HOME: '/nowhere', LANG: 'C', SECRET: 'canary' },
  clock: systemClock,
});

test('a scanner that ends with 0 has found nothing, whatever it writes', async () => {
  expect(await runScanner(settings('cat >/dev/null; echo found; exit 0'), given(), never)).toEqual({
    found: 'nothing',
  });
});

test('an exit code that is configured stops the message, with the first line of what it wrote', async () => {
  const said = 'cat >/dev/null; echo; echo "stream: Eicar FOUND"; echo more; exit 7';
  expect(await runScanner(settings(said), given(), never)).toEqual({
    found: 'something',
    why: 'The scanner ended with 7: stream: Eicar FOUND',
  });
  expect(await runScanner(settings('echo on stderr >&2; exit 1'), given(), never)).toEqual({
    found: 'something',
    why: 'The scanner ended with 1: on stderr',
  });
});

test('any other end is no answer, and says which', async () => {
  expect(await runScanner(settings('echo no database; exit 2'), given(), never)).toEqual({
    found: 'unknown',
    why: 'The scanner /bin/sh ended with 2: no database',
  });
  expect(await runScanner(settings('kill -s TERM $$'), given(), never)).toEqual({
    found: 'unknown',
    why: 'The scanner /bin/sh was ended by SIGTERM',
  });
  const missing = await runScanner(settings('', { command: ['/no/such/scanner'] }), given(), never);
  expect(missing).toEqual({
    found: 'unknown',
    why: 'The scanner /no/such/scanner cannot be run: spawn /no/such/scanner ENOENT',
  });
});

test('it gets the message on its standard input as it will leave, with CRLF for each bare line end (POP21)', async () => {
  await using scratch = await scratchFolder('scan');
  const script = `cat > '${scratch.file('seen')}'`;
  await runScanner(settings(script), given('a\rb\nc\r\nd\u00e9\r'), never);
  expect(await readFile(scratch.file('seen'), 'latin1')).toBe('a\r\nb\r\nc\r\nd\u00e9\r\n');
});

test('I24: its environment has account and sender, a few names of ours, and none of our secrets', async () => {
  await using scratch = await scratchFolder('scan');
  await runScanner(settings(`env > '${scratch.file('env')}'`), given(), never);
  const env = await readFile(scratch.file('env'), 'utf8');
  expect(env).toContain('MAILGATE_ACCOUNT=sales\n');
  expect(env).toContain('MAILGATE_SENDER=eve@evil.example\n');
  expect(env).toContain('HOME=/nowhere\n');
  expect(env).not.toContain('canary');
});

test('the command is of the home when its path is relative', async () => {
  await using scratch = await scratchFolder('scan');
  await writeFile(scratch.file('scan.sh'), '#!/bin/sh\nexit 7\n');
  await chmod(scratch.file('scan.sh'), 0o755);
  const looked = await runScanner(settings('', { command: ['./scan.sh'], folder: scratch.path }), given(), never);
  expect(looked).toEqual({ found: 'something', why: 'The scanner ended with 7' });
});

/** 100 MB that nobody should have in memory. */
function large(): Body & { given: () => number } {
  let octetsGiven = 0;
  const chunk = octets(`${'x'.repeat(998)}\r\n`.repeat(100));
  return {
    bytes: 100_000_000,
    given: () => octetsGiven,
    async *chunks() {
      for (let n = 0; n < 1_000; n++) {
        octetsGiven += chunk.length;
        yield chunk;
      }
    },
  };
}

test('a scanner need not read all: one that has seen enough is answered at once', async () => {
  const body = large();
  expect(await runScanner(settings('head -c 10 >/dev/null; exit 1'), given(body), never)).toEqual({
    found: 'something',
    why: 'The scanner ended with 1',
  });
  expect(body.given()).toBeLessThan(10_000_000);
});

test('I20: a large message streams through, and output without end is read and dropped', async () => {
  const looked = await runScanner(settings('head -c 50000000 /dev/zero; wc -c >&2'), given(large()), never);
  expect(looked).toEqual({ found: 'nothing' });
});

test('after its time it is ended with whatever it started, and the message waits', async () => {
  await using scratch = await scratchFolder('scan');
  const clock = manualClock();
  const script = `sleep 1000 & echo $! > '${scratch.file('pid')}'; cat >/dev/null; sleep 1000`;
  const looked = runScanner(settings(script), { ...given(), clock }, never);
  const pid = await until('the child of the scanner', async () => {
    const text = await readFile(scratch.file('pid'), 'utf8').catch(() => '');
    return text.endsWith('\n') ? Number(text) : undefined;
  });
  await clock.advance(seconds(30));
  expect(await looked).toEqual({
    found: 'unknown',
    why: 'The scanner /bin/sh did not end within 30 seconds.',
  });
  await until('the child to be gone', async () => ((await isRunning(pid)) ? undefined : true));
});

test('what a scanner leaves behind in its group goes with it, and does not hold up the answer', async () => {
  await using scratch = await scratchFolder('scan');
  const looked = await runScanner(settings(`sleep 1000 & echo $! > '${scratch.file('pid')}'; exit 1`), given(), never);
  expect(looked.found).toBe('something');
  const pid = Number(await readFile(scratch.file('pid'), 'utf8'));
  await until('the child to be gone', async () => ((await isRunning(pid)) ? undefined : true));
});

test('I27: a stop ends it at once', async () => {
  const stop = new AbortController();
  const looked = runScanner(settings('cat >/dev/null; sleep 1000'), given(), stop.signal);
  stop.abort();
  expect(await looked).toEqual({ found: 'unknown', why: 'The scanner /bin/sh was ended: the gateway is stopping.' });
  expect((await runScanner(settings('exit 0'), given(), stop.signal)).found).toBe('unknown');
});

test('a body that cannot be read rejects, and the scanner is ended', async () => {
  const broken: Body = {
    bytes: 10,
    async *chunks() {
      yield octets('Subject: x\r\n');
      throw new Error('EIO');
    },
  };
  await expect(runScanner(settings('cat >/dev/null; sleep 1000'), given(broken), never)).rejects.toThrow('EIO');
});

/** A zombie has ended. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

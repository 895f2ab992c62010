/**
 * Scratch folders: whatever a test writes lies in one, and goes with it.
 * The folder of a failed test stays, and is named on stderr; KEEP_SCRATCH=1 in the environment keeps all of them.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
  /** The path of a file in it (which need not exist). */
  file(...parts: string[]): string;
}

// A Unix socket's path has at most 107 bytes (sun_path, unix(7)), and servers put theirs a few folders deeper.
const LONGEST_PATH = 60;
const RANDOM_PART = 'mg--XXXXXX/'.length;

/** A new folder of its own. Servers that change their user must be able to pass through it, so anyone may. */
export async function scratchFolder(name: string): Promise<ScratchFolder> {
  const place = tmpdir().length + name.length + RANDOM_PART > LONGEST_PATH ? '/tmp' : tmpdir();
  const path = await mkdtemp(join(place, `mg-${name}-`));
  await chmod(path, 0o755);

  // The test's own `await using` closes before the test has a verdict, so the folder waits for both.
  let verdict: Verdict = 'unknown';
  let closed = false;
  const inTest = onVerdict(async (known) => {
    verdict = known;
    if (closed) await settle(path, verdict);
  });

  return {
    path,
    file: (...parts) => join(path, ...parts),
    async [Symbol.asyncDispose]() {
      closed = true;
      if (!inTest || verdict !== 'unknown') await settle(path, verdict);
    },
  };
}

type Verdict = 'unknown' | 'passed' | 'failed';

/** Calls back once the running test has its verdict; false where no test is running (in beforeAll, say). */
function onVerdict(tell: (verdict: Verdict) => Promise<void>): boolean {
  try {
    onTestFinished(({ task }) => tell(task.result?.state === 'fail' ? 'failed' : 'passed'));
    return true;
  } catch {
    return false;
  }
}

async function settle(path: string, verdict: Verdict): Promise<void> {
  if (verdict !== 'failed' && !process.env['KEEP_SCRATCH']) {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    return;
  }
  process.stderr.write(`The scratch folder is kept: ${path}\n`);
}

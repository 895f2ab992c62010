/** Writes the generated pages of `docs/`; with `--check` it only says which are stale, and then exits 1. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderCommandsDoc } from '../src/cli/commands-doc.ts';
import { renderReference } from '../src/daemon/config/reference.ts';
import { renderProtocolDoc } from '../src/protocol/protocol-doc.ts';
import { renderKeysDoc } from '../src/tui/keys-doc.ts';

/** Each generated page, and what it is drawn from. */
const pages: readonly { readonly file: string; readonly render: () => string }[] = [
  { file: 'docs/config.md', render: renderReference },
  { file: 'docs/protocol.md', render: renderProtocolDoc },
  { file: 'docs/commands.md', render: renderCommandsDoc },
  { file: 'docs/keys.md', render: renderKeysDoc },
];

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
for (const { file, render } of pages) {
  const fresh = render();
  if ((await textOf(file)) === fresh) continue;

  if (check) {
    process.stderr.write(`${file} is stale: run "npm run docs".\n`);
    process.exitCode = 1;
  } else {
    await writeFile(join(root, file), fresh);
    process.stdout.write(`${file} written.\n`);
  }
}

/** Null when it is not there yet. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(join(root, file), 'utf8');
  } catch {
    return null;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Source, violations } from './import-rules.ts';

const root = new URL('../../', import.meta.url);

function sources(folder: string): Source[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ path: `${folder}${name}`, text: readFileSync(new URL(folder + name, root), 'utf8') }));
}

describe('who may import whom', () => {
  test('every source keeps to the rules', () => {
    const all = [...sources('src/'), ...sources('demo/')];
    expect(all.length).toBeGreaterThan(30);
    expect(violations(all)).toEqual([]);
  });

  test.each([
    [
      'a stage that reaches for another',
      'src/daemon/inbound/planted.ts',
      "import { route } from '../routing/router.ts';",
    ],
    [
      'a type of another stage',
      'src/daemon/outbound/planted.ts',
      "import type { Letter } from '../inbound/mailbox.ts';",
    ],
    [
      'a dynamic import of another stage',
      'src/daemon/inbound/planted.ts',
      "const x = await import('../outbound/queue.ts');",
    ],
    [
      'a giver of tokens that knows who logs in',
      'src/daemon/signin/planted.ts',
      "import { openMailbox } from '../pop3/client.ts';",
    ],
    [
      'the protocol that knows the daemon',
      'src/protocol/planted.ts',
      "import { createBus } from '../daemon/base/bus.ts';",
    ],
    ['the TUI that knows the daemon', 'src/tui/planted.tsx', "import { createBus } from '../daemon/base/bus.ts';"],
    ['the program that knows its demo', 'src/cli/planted.ts', "import { runDemo } from '../../demo/main.ts';"],
    ['the program that knows its tests', 'src/daemon/daemon.ts', "import { freePort } from '../../test/kit/ports.ts';"],
    ['a socket outside the link', 'src/tui/planted.ts', "import { WebSocket } from 'ws';"],
    ['a schema library in a stage', 'src/daemon/outbound/planted.ts', "import { z } from 'zod';"],
    ['the environment read in the middle', 'src/daemon/config/planted.ts', 'const home = process.env.HOME;'],
    ['a folder that no rule knows', 'src/helpers/planted.ts', "import { x } from './y.ts';"],
  ])('%s is found', (_what, path, text) => {
    expect(violations([{ path, text }])).toHaveLength(1);
  });
});

/** Bundles each program into one file of `dist/`, so that a command starts without reading a thousand modules (`prepare` runs it). */
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const programs = {
  mailgate: 'src/cli/main.ts',
  daemon: 'src/daemon/main.ts',
  'store-worker': 'src/daemon/store/worker.ts',
  'rules-worker': 'src/daemon/rules/worker.ts',
  'second-opinion-worker': 'src/daemon/tools/second-opinion-worker.ts',
  tui: 'src/tui/main.tsx',
  demo: 'demo/main.ts',
};

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(Object.entries(programs).filter(([, source]) => existsSync(source))),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  // Packages written as CommonJS call require(); an ES module has none of its own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  alias: { 'react-devtools-core': './build/no-devtools.ts' },
  legalComments: 'none',
  logLevel: 'warning',
});

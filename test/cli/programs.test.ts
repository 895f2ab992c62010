/** The programs beside the command line: bundled as `npm run build` does it, with stand-ins that tell what they were asked. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder, type ScratchFolder } from '../kit/scratch.ts';
import { bundle, mailgate } from './mailgate.ts';

const daemon = `
export async function runDaemon({ home, once, version, stdout }) {
  stdout.write(JSON.stringify({ home, once, version }) + '\\n');
  return once ? 1 : 0;
}
export async function checkConfig(home) {
  const place = { file: 'PMailGat.ini', column: null };
  const warnings = [{ ...place, line: 3, key: '[Options]', message: 'an odd blank (U+00A0)' }];
  if (!home.includes('wrong')) return { problems: [], warnings };
  return { problems: [{ ...place, line: 12, key: '[Relay] Port', message: 'expected 1 to 65535, found "smtp\\u001b[2J".' }], warnings };
}`;
const demo = `
export async function runDemo({ seconds, language, version, stdout }) {
  stdout.write(JSON.stringify({ seconds, language, version }) + '\\n');
  return 0;
}`;

async function bundled(): Promise<ScratchFolder & { program: string }> {
  const folder = await scratchFolder('bundle');
  const program = bundle(folder.path);
  await writeFile(folder.file('dist', 'daemon.js'), daemon);
  await writeFile(folder.file('dist', 'demo.js'), demo);
  return { ...folder, program, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('run starts the daemon of the home, and its exit code is that of the command', async () => {
  await using there = await bundled();
  const { program } = there;

  expect(await mailgate(['run', '--home', '/a'], { program })).toMatchObject({
    code: 0,
    out: '{"home":"/a","once":false,"version":"0.1.0"}\n',
  });
  expect(await mailgate(['run', '--once', '--home', '/a'], { program })).toMatchObject({ code: 1 });
});

test('demo runs the embedded default', async () => {
  await using there = await bundled();
  const { program } = there;
  const { code, json } = await mailgate(['demo', '--seconds', '5', '--lang', 'fr'], { program });

  expect({ code, documents: json() }).toEqual({
    code: 0,
    documents: [{ seconds: 5, language: 'fr', version: '0.1.0' }],
  });
});

test('check exits 0 when all is well, else 78 with file, line, key and what was expected', async () => {
  await using there = await bundled();
  const { program } = there;
  const warning = 'Warning: PMailGat.ini:3: [Options]: an odd blank (U+00A0)\n';

  expect(await mailgate(['check', '--home', '/right'], { program })).toMatchObject({
    code: 0,
    out: `${warning}The configuration in /right is in order.\n`,
  });
  expect(await mailgate(['check', '--home', '/wrong'], { program })).toMatchObject({
    code: 78,
    out: `${warning}PMailGat.ini:12: [Relay] Port: expected 1 to 65535, found "smtp\\x1b[2J".\n`,
  });
  const { code, json } = await mailgate(['check', '--home', '/wrong', '--json'], { program });
  expect(code).toBe(78);
  expect(json()).toMatchObject([
    { ok: false, home: '/wrong', problems: [{ line: 12, key: '[Relay] Port' }], warnings: [{ line: 3 }] },
  ]);
});

test('status, info and help work from the bundle, too', async () => {
  await using there = await bundled();
  const { program } = there;

  expect(await mailgate(['--version'], { program })).toMatchObject({ code: 0, out: '0.1.0\n' });
  expect(await mailgate(['info'], { program })).toMatchObject({ code: 0 });
  expect(await mailgate(['status', '--home', there.path], { program })).toMatchObject({ code: 69 });
});

test('plain Node runs the command line from its sources, too', async () => {
  const program = join(import.meta.dirname, '../../src/cli/main.ts');

  expect(await mailgate(['--version'], { program })).toMatchObject({ code: 0, err: '' });
});

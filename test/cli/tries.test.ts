/** `mailgate route try` and `rules try`: what is sent for a try, and what is said of it. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { samples } from '../control/answers.ts';
import { startGateway } from './gateway.ts';

const MESSAGE = 'To: sales@company.com\r\nSubject: x\r\n\r\nHello.\r\n';

async function withFile(octets: string | Uint8Array = MESSAGE) {
  const gw = await startGateway();
  const file = join(gw.home, 'message.eml');
  await writeFile(file, octets);
  return { ...gw, file, [Symbol.asyncDispose]: () => gw[Symbol.asyncDispose]() };
}

describe('G07: route try', () => {
  test('says for each recipient why it is one, and what was looked at', async () => {
    await using gw = await withFile();

    expect(await gw.ask('route', 'try', gw.file, '--account', 'sales')).toMatchObject({
      code: 0,
      out: `sales <sales@company.com>
  To: names sales@company.com

What was looked at:
  To: sales@company.com
`,
    });
    const header = 'To: sales@company.com\r\nSubject: x';
    expect(gw.asked()).toEqual([{ method: 'route.try', with: { header, account: 'sales', by: 'anna' } }]);
    expect((await gw.ask('route', 'try', gw.file, '--json')).json()).toEqual([samples['route.try']]);
  });

  test('says when nobody takes it, and why', async () => {
    await using gw = await withFile();
    gw.answer('route.try', { recipients: [], unroutable: true, why: 'no address is one of ours', looked: [] });

    expect(await gw.ask('route', 'try', gw.file)).toMatchObject({
      code: 0,
      out: 'Nobody takes it: no address is one of ours\n',
    });
    expect((await gw.ask('route', 'try', gw.file, '--lang', 'fr')).out).toBe(
      'Personne ne le prend : no address is one of ours\n',
    );
  });

  test('takes a header from standard input', async () => {
    await using gw = await startGateway();
    expect((await gw.pipe('To: info@company.com\n', 'route', 'try', '-')).code).toBe(0);

    expect(gw.asked()[0]?.with).toMatchObject({ header: 'To: info@company.com\n', account: null });
  });

  test('of a large message it sends no more than a header can be', async () => {
    await using gw = await withFile(Buffer.from(`X: ${'y'.repeat(1_000_000)}`));
    expect((await gw.ask('route', 'try', gw.file)).code).toBe(0);

    expect(gw.asked()).toMatchObject([{ with: { header: expect.stringMatching(/^X: y{102397}$/) } }]);
  });
});

describe('S81: rules try', () => {
  test('says what the rules would do, which rule, and what was considered', async () => {
    await using gw = await withFile();

    expect(await gw.ask('rules', 'try', gw.file)).toMatchObject({
      code: 0,
      out: `It is intercepted (rule programs, quarantine): invoice.exe matches *.exe
Attachments: invoice.exe

What was considered:
  programs: invoice.exe matches *.exe
`,
    });
    expect((await gw.ask('rules', 'try', gw.file, '--lang', 'fr')).out).toContain(
      'Il est intercepté (règle programs, quarantine) : invoice.exe matches *.exe\nPièces jointes : invoice.exe\n',
    );
    expect((await gw.ask('rules', 'try', gw.file, '--json')).json()).toEqual([samples['rules.try']]);
    expect(gw.asked()[0]).toEqual({
      method: 'rules.try',
      with: { message: MESSAGE, external: false, by: 'anna' },
    });
  });

  test('a message that passes without a rule is one sentence', async () => {
    await using gw = await withFile();
    const nothing = { rule: '', action: '', why: '', attachments: [], considered: [] };
    gw.answer('rules.try', { verdict: 'pass', ...nothing });

    expect((await gw.ask('rules', 'try', gw.file)).out).toBe('It passes.\n');
  });

  test('what stands in the message cannot steer the terminal', async () => {
    await using gw = await withFile();
    gw.answer('rules.try', { ...samples['rules.try'], attachments: ['a\u001b[2J.exe', 'b\u202e.exe'] });

    expect((await gw.ask('rules', 'try', gw.file)).out).toContain('Attachments: a\\x1b[2J.exe, b\\u202e.exe\n');
  });

  test.each([45_000, 45_001, 400_000])('%i octets arrive as they are, from a file and from a pipe', async (size) => {
    const octets = Buffer.from(randomBytes(size).toString('base64')).subarray(0, size);
    await using gw = await withFile(octets);
    await gw.ask('rules', 'try', gw.file, '--external');
    await gw.pipe(octets, 'rules', 'try', '-');

    expect(gw.asked().map((one) => one.with)).toEqual([
      { message: octets.toString(), external: true, by: 'anna' },
      { message: octets.toString(), external: false, by: 'anna' },
    ]);
  });

  test('a message longer than what the gateway keeps for tries is refused before it is sent', async () => {
    await using gw = await withFile(Buffer.alloc(67_108_865));
    const { code, err } = await gw.ask('rules', 'try', gw.file);

    expect({ code, err }).toEqual({ code: 2, err: 'mailgate: The message is longer than 67108864 octets.\n' });
    expect(gw.asked()).toEqual([]);
  });
});

test('a file that is not there exits 76, a folder 2', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('rules', 'try', join(gw.home, 'none.eml'))).toMatchObject({
    code: 76,
    err: expect.stringMatching(/^mailgate: The message cannot be read: .*ENOENT/),
  });
  expect((await gw.ask('route', 'try', gw.home)).code).toBe(2);
  expect((await gw.ask('route', 'try')).code).toBe(2);
});

import { describe, expect, test } from 'vitest';
import { runTui, type TuiOptions } from '../../src/tui/main.tsx';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { FakeKeyboard, FakeTerminal } from './kit/terminal.ts';

function options(stdout: FakeTerminal, more: Partial<TuiOptions> = {}): TuiOptions {
  return {
    socket: '/nowhere/control.sock',
    readOnly: false,
    ascii: false,
    color: null,
    screenReader: false,
    language: 'en',
    env: { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' },
    stdin: new FakeKeyboard(),
    stdout,
    ...more,
  };
}

describe('T08 where nothing can be drawn', () => {
  test('on a dumb terminal it says so and ends with 2', async () => {
    const terminal = new FakeTerminal(80, 24);
    expect(await runTui(options(terminal, { env: { TERM: 'dumb' } }))).toBe(2);
    expect(terminal.written).toMatch(/^mailgate: this is no terminal.*mailgate status.*\n$/);
  });

  test('without a terminal too, in the language and the letters of its reader', async () => {
    const terminal = new FakeTerminal(80, 24);
    const stdin = Object.assign(new FakeKeyboard(), { isTTY: false });
    expect(await runTui(options(terminal, { stdin, language: 'fr', ascii: true }))).toBe(2);
    expect(terminal.written).toContain("mailgate : ce n'est pas un terminal");
  });
});

test('T01 T33 without a gateway it says at once what it does, then why it failed and what helps, and q ends it with 0', async () => {
  await using scratch = await scratchFolder('tui');
  const terminal = new FakeTerminal(80, 24);
  const keyboard = new FakeKeyboard();
  const socket = scratch.file('control.sock');
  const running = runTui(options(terminal, { socket, stdin: keyboard }));
  expect(terminal.written).toBe(`connecting to ${socket} …`);
  await until('the reason', () => terminal.text().includes('the daemon does not run there') || undefined, {
    otherwise: () => terminal.text(),
  });
  expect(terminal.text()).toContain('✗ reconnecting in 1 s');
  keyboard.write('q');
  expect(await running).toBe(0);
  expect(terminal.isAlternate).toBe(false);
  expect(terminal.lines()[3]).toBe('');
});

test.for([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('T02 %s gives the terminal back and ends it with %d', async ([signal, code]) => {
  const terminal = new FakeTerminal(80, 24);
  const running = runTui(options(terminal));
  await until('the screen', () => terminal.text().includes('MailGate') || undefined);
  process.emit(signal, signal);
  expect(await running).toBe(code);
  expect(terminal.isAlternate).toBe(false);
});

test('T02 a rejection that nobody handled gives the terminal back and ends it with 70', async () => {
  const terminal = new FakeTerminal(80, 24);
  const others = process.listeners('unhandledRejection');
  const running = runTui(options(terminal));
  await until('the screen', () => terminal.text().includes('MailGate') || undefined);
  const ours = process.listeners('unhandledRejection').filter((listener) => !others.includes(listener));
  expect(ours).toHaveLength(1);
  ours[0]?.(new Error('a bug that a test made'), Promise.resolve());
  expect(await running).toBe(70);
  expect(terminal.isAlternate).toBe(false);
  expect(process.listeners('unhandledRejection')).toEqual(others);
});

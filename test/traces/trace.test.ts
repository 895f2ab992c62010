import { mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { createTraces, type TraceSwitch } from '../../src/daemon/traces/trace.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';

const on: TraceSwitch = {
  trace: 'pop3',
  on: true,
  account: null,
  peer: null,
  forSeconds: null,
  sessions: null,
  whole: false,
};

async function world(levels = { pop3: 0, 'smtp-in': 0, 'smtp-out': 0 }, fileLimit = 1_000_000) {
  const home = await scratchFolder('tr');
  const clock = manualClock();
  const bus = createBus(clock, 0, () => {});
  const events: GatewayEvent[] = [];
  bus.listen((event) => events.push(event));
  const traces = createTraces({ home: home.path, levels, fileLimit, bus, clock });
  const read = (name: string) => {
    try {
      return readFileSync(home.file(name), 'utf8');
    } catch {
      return null;
    }
  };
  return { home, clock, traces, events, read, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

const sales = { account: 'sales', peer: 'pop.isp.com' };

describe('the protocol traces', () => {
  test('S91, S92: switched on in the middle of a conversation, it writes from there on, as the description shows it', async () => {
    await using it = await world();
    const dialogue = it.traces.dialogue('pop3', sales);
    dialogue.tell('>', 'USER anna');
    it.traces.set(on, 'anna');
    dialogue.tell('>', 'PASS XXXX');
    dialogue.tell('<', '+OK logged in');
    it.traces.set({ ...on, on: false }, 'anna');
    dialogue.tell('>', 'STAT');
    await it.traces.close();
    const lines = it.read('PmgPOP3Trace.txt')?.trim().split('\n') ?? [];
    expect(lines.map((line) => line.replace(/^[-\d]+ [\d:.]+ /, ''))).toEqual([
      '[sales] >>PASS XXXX',
      '[sales] <<+OK logged in',
    ]);
    expect(statSync(it.home.file('PmgPOP3Trace.txt')).mode & 0o777).toBe(0o600);
    expect(it.events.filter(({ type }) => type === 'trace.line')).toMatchObject([
      { scope: 'sales', direction: '>', line: 'PASS XXXX' },
      { direction: '<' },
    ]);
  });

  test('S93, S94: each trace has its file; the INI switches it on, 2 asks for bodies whole', async () => {
    await using it = await world({ pop3: 0, 'smtp-in': 1, 'smtp-out': 2 });
    const inside = it.traces.dialogue('smtp-in', { peer: 'exchange' });
    const relay = it.traces.dialogue('smtp-out', { peer: 'relay' });
    expect([inside.bodies, relay.bodies, it.traces.dialogue('pop3', sales).bodies]).toEqual(['head', 'whole', 'none']);
    inside.tell('<', '220 exchange');
    relay.tell('<', '220 relay');
    await it.traces.close();
    expect(it.read('PmgInboundSMTPTrace.txt')).toContain('[exchange] <<220 exchange');
    expect(it.read('PmgOutboundSMTPTrace2.txt')).toContain('[relay] <<220 relay');
    expect(it.read('PmgPOP3Trace.txt')).toBeNull();
  });

  test('G01: it hears one account or one peer only', async () => {
    await using it = await world();
    it.traces.set({ ...on, account: 'Sales' }, 'anna');
    it.traces.dialogue('pop3', sales).tell('>', 'NOOP');
    it.traces.dialogue('pop3', { ...sales, account: 'info' }).tell('>', 'QUIT');
    it.traces.set({ ...on, peer: 'other.isp.com' }, 'anna');
    it.traces.dialogue('pop3', sales).tell('>', 'RSET');
    await it.traces.close();
    expect(it.read('PmgPOP3Trace.txt')).toMatch(/^[^\n]*NOOP\n$/);
  });

  test('G01: it goes off by itself, after a time or after a number of sessions, and says so', async () => {
    await using it = await world();
    it.traces.set({ ...on, forSeconds: 600 }, 'anna');
    expect(it.traces.status().pop3).toMatchObject({ on: true, until: '2026-11-24T10:10:00.000Z' });
    await it.clock.advance(600_000);
    expect(it.traces.status().pop3.on).toBe(false);
    expect(it.events.at(-1)).toMatchObject({ type: 'trace.switched', on: false, by: 'expiry' });

    it.traces.set({ ...on, sessions: 2 }, 'anna');
    it.traces.sessionFinished();
    expect(it.traces.status().pop3).toMatchObject({ on: true, sessions: 1 });
    it.traces.sessionFinished();
    expect(it.traces.status().pop3.on).toBe(false);
  });

  test('S52, S95: at the start of a session the traces that are on are named', async () => {
    await using it = await world();
    it.traces.set({ ...on, account: 'support' }, 'anna');
    it.traces.set({ ...on, trace: 'smtp-out' }, 'anna');
    it.traces.sessionStarted(12);
    expect(it.events.filter(({ type }) => type === 'trace.activated')).toMatchObject([
      { trace: 'pop3', account: 'support', session: 12 },
      { trace: 'smtp-out', account: null },
    ]);
  });

  test('MSG01: what a server says cannot steer the terminal of whoever reads the file', async () => {
    await using it = await world({ pop3: 1, 'smtp-in': 0, 'smtp-out': 0 });
    it.traces.dialogue('pop3', sales).tell('<', '+OK \u001b]52;c;AAAA\u0007 \u009b2J');
    await it.traces.close();
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(it.read('PmgPOP3Trace.txt')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('a file that is full turns over once, and no line is lost', async () => {
    await using it = await world({ pop3: 1, 'smtp-in': 0, 'smtp-out': 0 }, 2_000);
    const dialogue = it.traces.dialogue('pop3', sales);
    for (let n = 0; n < 50; n += 1) dialogue.tell('>', `NOOP ${n}`);
    await it.traces.close();
    const both = (it.read('PmgPOP3Trace.txt.1') ?? '') + (it.read('PmgPOP3Trace.txt') ?? '');
    expect(both.match(/NOOP \d+/g)).toEqual(Array.from({ length: 50 }, (_, n) => `NOOP ${n}`));
  });

  test('a file that cannot be written costs the trace, is told once, and is taken back when it can be again', async () => {
    await using it = await world({ pop3: 1, 'smtp-in': 0, 'smtp-out': 0 });
    const path = it.home.file('PmgPOP3Trace.txt');
    mkdirSync(path);
    const dialogue = it.traces.dialogue('pop3', sales);
    for (let n = 0; n < 100; n += 1) dialogue.tell('>', `NOOP ${n}`);
    const problems = () => it.events.filter(({ type }) => type.startsWith('problem.'));
    expect(problems()).toMatchObject([{ key: 'trace.pop3', message: expect.stringContaining(path) as string }]);

    rmdirSync(path);
    await it.clock.advance(5_000);
    dialogue.tell('>', 'QUIT');
    await it.traces.close();
    expect(problems()).toMatchObject([{ type: 'problem.raised' }, { type: 'problem.cleared', key: 'trace.pop3' }]);
    expect(it.read('PmgPOP3Trace.txt')).toMatch(/^\*\* 100 lines were lost: .*\n.* >>QUIT\n$/);
  });

  test('a trace that is switched off needs no file: its trouble goes with it', async () => {
    await using it = await world({ pop3: 1, 'smtp-in': 0, 'smtp-out': 0 });
    mkdirSync(it.home.file('PmgPOP3Trace.txt'));
    it.traces.dialogue('pop3', sales).tell('>', 'NOOP');
    it.traces.set({ ...on, on: false }, 'anna');
    await it.traces.close();
    expect(it.events.at(-1)).toMatchObject({ type: 'problem.cleared', key: 'trace.pop3' });
  });

  test('what is said after the end opens no file again', async () => {
    await using it = await world({ pop3: 1, 'smtp-in': 0, 'smtp-out': 0 });
    await it.traces.close();
    it.traces.dialogue('pop3', sales).tell('>', 'QUIT');
    expect(it.read('PmgPOP3Trace.txt')).toBeNull();
  });
});

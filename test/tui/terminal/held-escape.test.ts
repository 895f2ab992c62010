import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { HeldInput, HOLD_OVER_SSH, holdFor } from '../../../src/tui/terminal/held-escape.ts';
import { manualClock } from '../../kit/clock.ts';

function held(hold = HOLD_OVER_SSH) {
  const source = new PassThrough();
  const clock = manualClock();
  const input = new HeldInput(source, { clock, hold });
  input.setEncoding('utf8');
  const got = (): string => String(input.read() ?? '');
  return { source, clock, input, got };
}

describe('T25 the keyboard behind a slow line', () => {
  test.for([
    ['\x1b', '[A'],
    ['\x1b[', 'A'],
    ['\x1b[5', '~'],
    ['\x1bO', 'A'],
    ['\x1b[1;', '5C'],
    ['\x1b[20', '0~'],
  ])('TTY05 %o and, 60 ms later, %o are one key', async ([first, second]) => {
    const { source, clock, got } = held();
    source.write(first);
    await clock.advance(60);
    expect(got()).toBe('');
    source.write(second);
    await clock.advance(0);
    expect(got()).toBe(`${first}${second}`);
  });

  test('a real Esc acts within 120 ms: what is held and what Ink waits', async () => {
    const { source, clock, got } = held();
    source.write('\x1b');
    await clock.advance(HOLD_OVER_SSH);
    expect(got()).toBe('\x1b');
    expect(HOLD_OVER_SSH + 20).toBeLessThanOrEqual(120);
  });

  test('what comes before the unfinished key is not held', async () => {
    const { source, clock, got } = held();
    source.write('jj\x1b[');
    await clock.advance(0);
    expect(got()).toBe('jj');
    source.write('B');
    await clock.advance(0);
    expect(got()).toBe('\x1b[B');
  });

  test('a finished key is passed on at once, and so is everything without SSH', async () => {
    const ssh = held();
    ssh.source.write('\x1b[A');
    await ssh.clock.advance(0);
    expect(ssh.got()).toBe('\x1b[A');
    const here = held(0);
    here.source.write('\x1b');
    await here.clock.advance(0);
    expect(here.got()).toBe('\x1b');
  });

  test('TTY05 a character that is split over two pieces is one', async () => {
    const { source, clock, got } = held();
    const bytes = Buffer.from('你');
    source.write(bytes.subarray(0, 1));
    await clock.advance(0);
    expect(got()).toBe('');
    source.write(bytes.subarray(1));
    await clock.advance(0);
    expect(got()).toBe('你');
  });

  test('TTY11 the end of the input is told', async () => {
    const { source, clock, input } = held();
    let gone = 0;
    input.on('gone', () => {
      gone += 1;
    });
    source.end();
    source.resume();
    await clock.advance(0);
    expect(gone).toBeGreaterThan(0);
  });

  test('is used when SSH is in the environment', () => {
    expect(holdFor({ SSH_CONNECTION: '10.0.0.1 22 10.0.0.2 22' })).toBe(HOLD_OVER_SSH);
    expect(holdFor({ SSH_TTY: '/dev/pts/1' })).toBe(HOLD_OVER_SSH);
    expect(holdFor({})).toBe(0);
  });
});

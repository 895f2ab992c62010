import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newLedgerEntry } from '../../../src/daemon/store/store.ts';
import type { Attempt } from '../../../src/protocol/model.ts';
import { minutes } from '../../../src/daemon/base/clock.ts';
import { startLog } from './session-logs.ts';
import { facts, goodSession, type ReportsWorld, reportsWorld } from '../world.ts';

const all = { offset: 0, limit: 1_000 };

/** A session in which the internal server refuses a message, and its dialogue in the ledger. */
async function failedSession(world: ReportsWorld, session: number, attempt: Partial<Attempt> = {}): Promise<void> {
  const { ledger } = world.run.store;
  await ledger.remember('sales', [newLedgerEntry('u1', 7_578, world.clock.now())]);
  await ledger.noteAttempt('sales', 'u1', {
    ...{ at: new Date(world.clock.now()).toISOString(), ms: 120, relay: 'inside', result: '550 5.7.1 rejected' },
    transcript: ['< 220 inside', '> MAIL FROM:<a@b.c>', '< 550 5.7.1 \u001b[2Jrejected'],
    ...attempt,
  });
  world.run.tell(
    facts.started(session, 'sales'),
    facts.fetched(session, 'sales', 1, 'An offer'),
    facts.messageFailed(session, 'sales', 1, '550 5.7.1 rejected'),
    facts.finished(session, 0, 1),
  );
}

describe('logs list', () => {
  test('has the sessions, newest first, in ranges, each with the name of its file', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    for (const n of [1, 2, 3]) world.run.tell(...goodSession(n));
    await failedSession(world, 4);
    await logging.log.idle();

    expect(await logging.answers.list({ offset: 0, limit: 2 })).toEqual({
      total: 4,
      sessions: [
        {
          ...{ session: 4, startedAt: '2026-11-24T10:00:00.000Z', finishedAt: '2026-11-24T10:00:00.000Z' },
          ...{ messages: 0, bytes: 0, errors: 1, file: '2026-11-24 100000 Session 4.txt' },
        },
        expect.objectContaining({ session: 3, messages: 1, bytes: 7_578, errors: 0, file: null }),
      ],
    });
    const { sessions } = await logging.answers.list({ offset: 2, limit: 10 });
    expect(sessions.map(({ session }) => session)).toEqual([2, 1]);
  });
});

describe('logs show', () => {
  test('makes the lines of a session without a file from the ring, those before it included', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    world.run.tell(...goodSession(1));
    world.run.tell(
      { type: 'transfer.closed', relay: 'r' },
      { type: 'command.done', method: 'm', by: 'b', what: 'w', result: '' },
    );
    world.run.tell(...goodSession(2));
    await logging.log.idle();

    const shown = await logging.answers.show({ session: 2, ...all });
    expect(shown.lines).toEqual([
      '[10:00] Send: Outbound connection closed.',
      '[10:00] Session 2 started (1 account).',
      '[10:00] POP3 [sales] Connecting to pop.isp.com...Login successful...done. (1 message, 7.4 kb)',
      '[10:00] POP3 [sales] Message 1 (7.4 kb) From: <a@b.c> Subject: A sample message',
      '[10:00] POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued)',
      '[10:00] Session 2 finished: 1 message, 0 errors.',
    ]);
    const page = await logging.answers.show({ session: 2, offset: 1, limit: 2 });
    expect(page).toMatchObject({ total: 6, lines: shown.lines.slice(1, 3) });
  });

  test('G02: the dialogues of what failed in it follow, made safe for a screen', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    await failedSession(world, 1);
    await logging.log.idle();

    const { lines, total } = await logging.answers.show({ session: 1, ...all });
    expect(total).toBe(lines.length);
    expect(lines.slice(-7)).toEqual([
      '[10:00] Session 1 finished: 0 messages, 1 error.',
      '',
      '--- Message 1 of sales: An offer',
      '[10:00] inside (120 ms): 550 5.7.1 rejected',
      '  < 220 inside',
      '  > MAIL FROM:<a@b.c>',
      '  < 550 5.7.1 \\x1b[2Jrejected',
    ]);
  });

  test('G02: a dialogue of another session is not shown', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    await failedSession(world, 1, { result: 'of the first' });
    await world.clock.advance(minutes(10));
    await failedSession(world, 2, { result: 'of the second' });
    await logging.log.idle();
    const { lines } = await logging.answers.show({ session: 2, ...all });
    expect(lines.filter((line) => /of the (first|second)/.test(line))).toEqual([
      '[10:10] inside (120 ms): of the second',
    ]);
  });

  test('where the file has been taken away the ring answers; where that has forgotten, it says so', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world, { recipients: [] });
    await failedSession(world, 1);
    await logging.log.idle();
    await rm(join(logging.folder, '2026-11-24 100000 Session 1.txt'));
    expect((await logging.answers.show({ session: 1, ...all })).lines[0]).toBe(
      '[10:00] Session 1 started (1 account).',
    );

    world.run.tell(...goodSession(2));
    await logging.log.idle();
    await world.run.store.ring.trim(world.clock.now() + 1, 256);
    await using fresh = await startLog(world, { recipients: [] });
    expect((await fresh.answers.show({ session: 2, ...all })).lines).toEqual([
      '... the log of this session is not kept any more ...',
    ]);
  });

  test('an unknown session is not found', async () => {
    await using world = await reportsWorld();
    await using logging = await startLog(world);
    await expect(logging.answers.show({ session: 99, ...all })).rejects.toMatchObject({
      reason: 'not_found',
      message: 'No session 99 is listed: see mailgate logs list.',
    });
  });
});

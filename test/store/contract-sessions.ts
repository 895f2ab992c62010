/** Past download sessions. */
import { describe, expect, test } from 'vitest';
import type { SessionRow } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, reopened } from './mail.ts';

const row = (session: number, given: Partial<SessionRow> = {}): SessionRow => ({
  session,
  startedAt: NOON + session * 1_000,
  finishedAt: NOON + session * 1_000 + 500,
  messages: 3,
  bytes: 12_345_678_901,
  errors: 1,
  file: `${session} größer.log`,
  firstSeq: session * 10,
  lastSeq: session * 10 + 9,
  ...given,
});

export function describeSessions(open: Open): void {
  describe('past sessions', () => {
    test('are listed newest first, a range at a time, after a restart too (S35)', async () => {
      await using home = await scratchFolder('sessions');
      let store = await open(home.path);
      for (const n of [2, 1, 3, 10]) await store.sessions.record(row(n));
      await store.sessions.record(row(3, { errors: 0, file: null }));

      store = await reopened(store, () => open(home.path));
      expect(await store.sessions.list(0, 2)).toEqual({
        total: 4,
        sessions: [row(10), row(3, { errors: 0, file: null })],
      });
      expect(await store.sessions.list(2, 9)).toEqual({ total: 4, sessions: [row(2), row(1)] });
      expect(await store.sessions.list(4, 9)).toEqual({ total: 4, sessions: [] });
      expect(await store.sessions.get(2)).toEqual(row(2));
      expect(await store.sessions.get(4)).toBeNull();
      await store[Symbol.asyncDispose]();
    });

    test('give up their old files first, and go only without one (S46)', async () => {
      await using home = await scratchFolder('sessions');
      await using store = await open(home.path);
      for (const n of [1, 2, 3]) await store.sessions.record(row(n));
      await store.sessions.record(row(4, { finishedAt: NOON, file: null }));

      const before = row(3).finishedAt;
      expect(await store.sessions.forgetFiles(before)).toEqual([row(1).file, row(2).file]);
      expect(await store.sessions.forgetFiles(before)).toEqual([]);
      expect((await store.sessions.list(0, 9)).sessions.map(({ session, file }) => [session, file])).toEqual([
        [4, null],
        [3, row(3).file],
        [2, null],
        [1, null],
      ]);

      await store.sessions.trim(row(2).finishedAt);
      expect((await store.sessions.list(0, 9)).sessions.map(({ session }) => session)).toEqual([3, 2]);
      await store.sessions.trim(NOON * 2);
      expect((await store.sessions.list(0, 9)).sessions.map(({ session }) => session)).toEqual([3]);
    });
  });
}

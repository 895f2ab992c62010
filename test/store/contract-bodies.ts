/** Bodies: in and out byte for byte, nothing of them visible before the commit. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { bodyOf, newEntry, NOON, put, reopened, sha256 } from './mail.ts';

const EMPTY = { waiting: 0, sending: 0, deferred: 0, held: 0, bytes: 0, oldestAt: null };

export function describeBodies(open: Open): void {
  describe('bodies', () => {
    test('a message has a name before it is in, and is nowhere to be seen before its commit (S19)', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      const incoming = store.queue.receive();
      expect(incoming.id).toMatch(/^Pmg[0-9A-F]{4,}$/);
      await incoming.write(Buffer.from('Subject: x\r\n\r\n'));

      expect(await store.queue.get(incoming.id)).toBeNull();
      expect(await store.queue.counts()).toEqual(EMPTY);

      const entry = await incoming.commit(newEntry());
      expect(entry).toEqual({
        ...newEntry(),
        id: incoming.id,
        state: 'waiting',
        bytes: 14,
        digest: sha256(Buffer.from('Subject: x\r\n\r\n')),
        attempts: 0,
        nextAttemptAt: NOON,
        lastReply: null,
        relay: '',
        ...{ relayChoice: null, born: expect.any(Number), warnedAt: null, from: '', drop: null },
      });
      expect(await store.queue.get(incoming.id)).toEqual(entry);
    });

    test('everything that an entry holds comes back after a restart', async () => {
      await using home = await scratchFolder('bodies');
      let store = await open(home.path, manualClock());
      const entry = await put(store.queue, {
        sender: '',
        recipients: [
          {
            address: 'jörg@kunde.example',
            state: 'waiting',
            reply: null,
            notify: ['SUCCESS'],
            orcpt: 'rfc822;j@x.example',
          },
        ],
        subject: 'Größe: 5 % \\ "zitiert" \u0000 \u{1f4e8}',
        priority: 'high',
        dsn: { ret: 'HDRS', envid: 'QQ314159' },
        smtpUtf8: true,
        eightBit: true,
        hold: { by: 'anna', reason: 'look at it', until: NOON + 1 },
        reportOn: 'Pmg0FFF',
        ...{ relay: 'partner', from: 'jörg@firma.example' },
      });
      expect(entry.state).toBe('held');

      store = await reopened(store, () => open(home.path, manualClock()));
      // Its age stands still while it is held: its place on the running time moves on (I17).
      expect(await store.queue.get(entry.id)).toEqual({ ...entry, born: store.queue.runningTime() });
      await store[Symbol.asyncDispose]();
    });

    test('any octets in any chunks come out as they went in, with their digest (I21, MSG14)', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      const size = fc.oneof(
        fc.integer({ min: 0, max: 5_000 }),
        fc.constantFrom(65_535, 65_536, 65_537, 262_144, 700_001),
      );

      await fc.assert(
        fc.asyncProperty(fc.array(size, { maxLength: 4 }), async (sizes) => {
          const chunks = sizes.map((octets) => randomBytes(octets));
          const whole = Buffer.concat(chunks);
          const incoming = store.queue.receive();
          for (const chunk of chunks) await incoming.write(chunk);
          const { id, bytes, digest } = await incoming.commit(newEntry());

          expect([bytes, digest]).toEqual([whole.length, sha256(whole)]);
          expect((await bodyOf(store.queue, id)).equals(whole)).toBe(true);
          expect(Buffer.from(await store.queue.head(id, 70_000)).equals(whole.subarray(0, 70_000))).toBe(true);
        }),
        { numRuns: 25 },
      );
    });

    test('two large messages that arrive in turns do not mix', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      const bodies = [randomBytes(900_000), randomBytes(900_000)] as const;
      const incoming = bodies.map(() => store.queue.receive());
      for (let at = 0; at < 900_000; at += 100_000) {
        for (const [i, body] of bodies.entries()) await incoming[i]?.write(body.subarray(at, at + 100_000));
      }
      const entries = await Promise.all(incoming.map((one) => one.commit(newEntry())));

      for (const [i, body] of bodies.entries()) {
        expect((await bodyOf(store.queue, entries[i]?.id ?? '')).equals(body)).toBe(true);
      }
    });

    test('a discarded message leaves nothing, however much of it had come', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      for (const size of [10, 1_000_000]) {
        const incoming = store.queue.receive();
        await incoming.write(randomBytes(size));
        await incoming.discard();
        expect(await store.queue.get(incoming.id)).toBeNull();
        await expect(incoming.commit(newEntry())).rejects.toThrow(incoming.id);
      }
      expect(await store.queue.counts()).toEqual(EMPTY);
      expect(await store.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 0 });
    });

    test('a message whose commit failed leaves nothing once it is discarded', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      const incoming = store.queue.receive();
      await incoming.write(randomBytes(600_000));
      await incoming.write(randomBytes(100));
      await expect(incoming.commit({ ...newEntry(), sender: null as unknown as string })).rejects.toMatchObject({
        name: 'StoreFailure',
      });
      await incoming.discard();

      expect(await store.queue.counts()).toEqual(EMPTY);
      expect(await store.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 0 });
    });

    test('half-received bodies of a run before are removed once, and no others (I13)', async () => {
      await using home = await scratchFolder('bodies');
      let store = await open(home.path);
      const body = randomBytes(600_000);
      const kept = await put(store.queue, {}, body);
      const lost = store.queue.receive();
      await lost.write(randomBytes(600_000));
      await lost.write(randomBytes(600_000)); // resolves once what came before it is written

      store = await reopened(store, () => open(home.path));
      expect(await store.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 1 });
      expect(await store.queue.recover(NOON)).toEqual({ requeued: 0, discarded: 0 });
      expect((await bodyOf(store.queue, kept.id)).equals(body)).toBe(true);
      await store[Symbol.asyncDispose]();
    });

    test('names are never used again, whatever became of their messages (S19)', async () => {
      await using home = await scratchFolder('bodies');
      let store = await open(home.path);
      const used = new Set<string>();
      const use = async (count: number) => {
        const entries = await Promise.all(Array.from({ length: count }, () => put(store.queue)));
        for (const { id } of entries) {
          expect(used.has(id), id).toBe(false);
          used.add(id);
        }
        await store.queue.remove(entries.map(({ id }) => id));
      };

      await use(700); // more than one reservation, in one turn
      await use(700);
      for (let restart = 0; restart < 3; restart += 1) {
        store = await reopened(store, () => open(home.path));
        await use(3);
      }
      expect(used.size).toBe(1_409);
      await store[Symbol.asyncDispose]();
    });

    test('what is no name of a message is not found, wherever it is given (WS11)', async () => {
      await using home = await scratchFolder('bodies');
      await using store = await open(home.path);
      const { id } = await put(store.queue);
      for (const odd of [
        '',
        'Pmg',
        '../../x',
        `${id}.tmp`,
        id.toLowerCase(),
        `Pmg0${id.slice(3)}`,
        'PmgFFFFFFFFFFFFFFFF',
        'PmgFFFF',
      ]) {
        expect(await store.queue.get(odd)).toBeNull();
        expect(await store.queue.attempts(odd)).toEqual([]);
        expect(await store.queue.change([odd], ['waiting'], { state: 'held' })).toEqual([]);
        await store.queue.remove([odd]);
        await expect(bodyOf(store.queue, odd)).rejects.toThrow();
        await expect(store.queue.head(odd, 10)).rejects.toThrow();
        await expect(
          store.queue.settle(odd, {}, { at: '', ms: 0, relay: '', result: '', transcript: [] }),
        ).rejects.toThrow();
      }
      expect((await store.queue.get(id))?.state).toBe('waiting');
    });
  });
}

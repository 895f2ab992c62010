import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import type { SmtpConversation, SmtpPeer } from '../../src/daemon/smtp/conversation.ts';
import { createPool, type Pool, type PoolHooks } from '../../src/daemon/smtp/pool.ts';
import { type ManualClock, manualClock } from '../kit/clock.ts';
import {
  answering,
  ehloReply,
  type Heard,
  type Script,
  type SmtpClient,
  startMisbehavingSmtp,
} from '../kit/misbehaving-smtp.ts';
import { freePort } from '../kit/ports.ts';
import { until } from '../kit/until.ts';
import { envelopeTo, never, peerAt, summary, writtenDialogue } from './world.ts';

const A = 'a@kunde.example';
const MESSAGE = bodyOf(Buffer.from('Subject: x\r\n\r\ntext\r\n'));

interface World {
  readonly pool: Pool;
  readonly clock: ManualClock;
  /** `opened`, `closed`, `failed login`: what the hooks heard. */
  readonly told: string[];
}

function startWorld(connections = 2): World {
  const clock = manualClock();
  const told: string[] = [];
  const hooks: PoolHooks = {
    onOpened: ({ name }, { esmtp }) => told.push(`opened ${name}${esmtp ? '' : ' without ESMTP'}`),
    onClosed: ({ name }) => told.push(`closed ${name}`),
    onFailed: ({ name }, { kind }) => told.push(`failed ${name}: ${kind}`),
  };
  const open = (peer: SmtpPeer, stop: AbortSignal) => openSmtp(peer, { clock, dialogue: writtenDialogue(), stop });
  return { pool: createPool(open, { connections, idle: seconds(30) }, clock, hooks), clock, told };
}

const sendOne = async (conversation: SmtpConversation): Promise<string> =>
  summary((await conversation.send(envelopeTo([A]), MESSAGE, never)).recipients).join();

/** A use that holds its conversation until it is told to let go. */
function hold(pool: Pool, peer: SmtpPeer, stop?: AbortSignal) {
  const release = Promise.withResolvers<void>();
  const state = { has: false };
  const used = pool.use(
    peer,
    async (_conversation, fresh) => {
      state.has = true;
      await release.promise;
      return fresh;
    },
    stop,
  );
  return { used, state, release: release.resolve };
}

const settled = async (clock: ManualClock) => {
  for (let n = 0; n < 5; n += 1) await clock.advance(0);
};

/** Greets, takes EHLO, and then does as `then` says. */
const greets =
  (then: Script): Script =>
  async (client, n) => {
    await client.say('220 hi');
    await client.line();
    await client.say(ehloReply(['PIPELINING']));
    await then(client, n);
  };

describe('a pool', () => {
  test('keeps a conversation for the next message', async () => {
    const { pool, told, clock } = startWorld();
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering({}, heard));
    const fresh: boolean[] = [];
    for (let n = 0; n < 3; n += 1) {
      const used = await pool.use(peerAt(server.port), async (conversation, isFresh) => {
        fresh.push(isFresh);
        return await sendOne(conversation);
      });
      expect(used).toEqual({ ok: true, value: 'sent 250 2.0.0 Ok: queued' });
    }
    expect(fresh).toEqual([true, false, false]);
    expect(heard.commands.filter((line) => /^(EHLO|RSET)/.test(line))).toHaveLength(1);
    expect(heard.messages).toHaveLength(3);
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay']);
    expect(clock.pending).toBe(0);
    expect(server.heard).toMatch(/QUIT\r\n$/);
  });

  test('ends a conversation by QUIT after it was idle for so long', async () => {
    const { pool, clock, told } = startWorld();
    await using server = await startMisbehavingSmtp(answering({}));
    await pool.use(peerAt(server.port), sendOne);
    await clock.advance(seconds(30) - 1);
    expect(server.heard).not.toContain('QUIT');
    await clock.advance(1);
    await server.quiet();
    await settled(clock);
    expect(server.heard).toContain('QUIT');
    expect(told).toEqual(['opened relay', 'closed relay']);
    expect(clock.pending).toBe(0);
    await pool.close();
  });

  test('ends one after a hundred messages', async () => {
    const { pool, told } = startWorld();
    await using server = await startMisbehavingSmtp(answering({}));
    for (let n = 0; n < 101; n += 1) await pool.use(peerAt(server.port), sendOne);
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay', 'opened relay', 'closed relay']);
    expect(server.connections).toBe(2);
  });

  test('has at most so many with a peer; the others wait in order', async () => {
    const { pool } = startWorld(2);
    await using server = await startMisbehavingSmtp(answering({}));
    const peer = peerAt(server.port);
    const holds = [1, 2, 3, 4].map(() => hold(pool, peer));
    await until('two to work', () => holds.filter(({ state }) => state.has).length === 2 || undefined);
    expect(holds.map(({ state }) => state.has)).toEqual([true, true, false, false]);

    holds[1]?.release();
    await until('the third', () => holds[2]?.state.has || undefined);
    expect(holds[3]?.state.has).toBe(false);
    for (const { release } of holds) release();
    expect(await Promise.all(holds.map(({ used }) => used))).toEqual(
      [true, true, false, false].map((value) => ({ ok: true, value })),
    );
    expect(server.connections).toBe(2);
    await pool.close();
  });

  test('does not mix peers: another login, name or certificate is another peer', async () => {
    const { pool } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({ ehlo: ['AUTH GSSAPI'] }));
    const login = { user: 'u', password: new Secret('one'), mechanism: 'none' as const };
    const peers = [
      peerAt(server.port),
      peerAt(server.port, { name: 'other' }),
      peerAt(server.port, { fingerprint: 'AB' }),
      peerAt(server.port, { login }),
      peerAt(server.port, { login: { ...login, password: new Secret('two') } }),
      peerAt(server.port, { login: { ...login, password: new Secret('two') } }),
    ];
    for (const peer of peers) expect(await pool.use(peer, async () => {})).toMatchObject({ ok: true });
    expect(server.connections).toBe(5);
    await pool.close();
  });

  test('gives back what the work gives, and a throw of it ends the conversation', async () => {
    const { pool, told, clock } = startWorld();
    await using server = await startMisbehavingSmtp(answering({}));
    const failing = pool.use(peerAt(server.port), async () => {
      throw new Error('a bug');
    });
    await expect(failing).rejects.toThrow('a bug');
    await server.quiet();
    expect(told).toEqual(['opened relay', 'closed relay']);
    await pool.close();
    expect(clock.pending).toBe(0);
  });
});

describe('a conversation that went stale while it was idle', () => {
  const stale: [string, (client: SmtpClient) => Promise<void>, boolean][] = [
    ['because the peer closed it', async (client) => client.close(), true],
    ['because the peer said 421', (client) => client.say('421 4.4.2 Idle too long'), true],
    [
      'because the peer closes it at the next MAIL',
      async (client) => {
        await client.line();
        client.close();
      },
      false,
    ],
    [
      'because the peer resets it at the next MAIL',
      async (client) => {
        await client.line();
        client.reset();
      },
      false,
    ],
    [
      'because the peer answers the next MAIL with 421',
      async (client) => {
        await client.line();
        await client.say('421 4.7.0 Too many messages in this connection');
      },
      false,
    ],
  ];

  test.each(stale)('%s is replaced, and the message sent', async (_how, then, noticed) => {
    const { pool, told } = startWorld(1);
    const goesStale = Promise.withResolvers<void>();
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(async (client, n) => {
      if (n > 1) return await answering({}, heard)(client, n);
      await greets(async (first) => {
        for (const reply of ['250 ok', '250 ok', '354 go']) {
          await first.line();
          await first.say(reply);
        }
        await first.message();
        await first.say('250 first');
        await goesStale.promise;
        await then(first);
      })(client, n);
    });
    let kept: SmtpConversation | undefined;
    const first = await pool.use(peerAt(server.port), async (conversation) => {
      kept = conversation;
      return await sendOne(conversation);
    });
    expect(first).toEqual({ ok: true, value: 'sent 250 first' });
    goesStale.resolve();
    if (noticed) await until('the end', () => kept?.usable === false || undefined);

    const second = await pool.use(peerAt(server.port), sendOne);
    expect(second).toEqual({ ok: true, value: 'sent 250 2.0.0 Ok: queued' });
    expect(heard.messages).toHaveLength(1);
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay', 'opened relay', 'closed relay']);
  });

  test('is replaced once: a peer that hangs up on the fresh one, too, defers the message (REL19)', async () => {
    const { pool, told } = startWorld(1);
    await using server = await startMisbehavingSmtp(async (client, n) =>
      answering(n === 1 ? { mail: ['250 ok', 'close'] } : { mail: 'close' })(client, n),
    );
    await pool.use(peerAt(server.port), sendOne);
    expect(await pool.use(peerAt(server.port), sendOne)).toEqual({
      ok: true,
      value: 'deferred The server has closed the connection.',
    });
    expect(server.connections).toBe(2);
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay', 'opened relay', 'closed relay']);
  });

  test('is no fresh one: a peer that hangs up at the first MAIL is not dialled again', async () => {
    const { pool } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({ mail: 'close' }));
    expect(await pool.use(peerAt(server.port), sendOne)).toEqual({
      ok: true,
      value: 'deferred The server has closed the connection.',
    });
    expect(server.connections).toBe(1);
    await pool.close();
  });

  test('and cannot be replaced defers the message, and says that it failed', async () => {
    const { pool, told } = startWorld(1);
    await using server = await startMisbehavingSmtp(async (client, n) =>
      answering(n === 1 ? { mail: ['250 ok', 'close'] } : { greeting: '554 no' })(client, n),
    );
    await pool.use(peerAt(server.port), sendOne);
    expect(await pool.use(peerAt(server.port), sendOne)).toMatchObject({ ok: true });
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay', 'failed relay: refused']);
  });

  test('a message that was answered before the cut is not sent again (X06)', async () => {
    const { pool } = startWorld(1);
    const heard: Heard = { commands: [], messages: [] };
    await using server = await startMisbehavingSmtp(answering({ dot: ['250 ok', 'close'] }, heard));
    await pool.use(peerAt(server.port), sendOne);
    const second = await pool.use(peerAt(server.port), sendOne);
    expect(second).toEqual({ ok: true, value: 'deferred The server has closed the connection.' });
    expect(heard.messages).toHaveLength(2);
    expect(server.connections).toBe(1);
    await pool.close();
  });
});

describe('a peer that takes no conversation', () => {
  test('fails all who wait for it, and is dialled once', async () => {
    const { pool, told, clock } = startWorld(8);
    await using server = await startMisbehavingSmtp(answering({ greeting: '554 5.7.1 Go away' }));
    const used = await Promise.all([1, 2, 3, 4].map(() => pool.use(peerAt(server.port), sendOne)));
    for (const use of used)
      expect(use).toMatchObject({ ok: false, failure: { kind: 'refused', reply: '554 5.7.1 Go away' } });
    expect(server.connections).toBe(1);
    expect(told).toEqual(['failed relay: refused']);
    await pool.close();
    expect(clock.pending).toBe(0);
  });

  test('REL06: a wrong password is said once for many messages', async () => {
    const { pool, told } = startWorld(8);
    const login = { user: 'u', password: new Secret('canary'), mechanism: 'auto' as const };
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hi');
      await client.line();
      await client.say(ehloReply(['AUTH PLAIN']));
      await client.line();
      await client.say('535 5.7.8 No');
    });
    const used = await Promise.all([1, 2, 3, 4, 5].map(() => pool.use(peerAt(server.port, { login }), sendOne)));
    for (const use of used) expect(use).toMatchObject({ ok: false, failure: { kind: 'login' } });
    expect(server.connections).toBe(1);
    expect(told).toEqual(['failed relay: login']);
    await pool.close();
  });

  test('for want of room only: those who cannot have one of their own wait for one that works', async () => {
    const { pool, told } = startWorld(4);
    await using server = await startMisbehavingSmtp(async (client, n) =>
      answering(n === 1 ? {} : { greeting: '421 4.7.0 Too many connections' })(client, n),
    );
    const peer = peerAt(server.port);
    const first = hold(pool, peer);
    await until('the first', () => first.state.has || undefined);
    const others = [1, 2, 3].map(() => pool.use(peer, sendOne));
    await until('one that was refused', () => server.connections > 1 || undefined);
    first.release();

    expect(await Promise.all(others)).toEqual(others.map(() => ({ ok: true, value: 'sent 250 2.0.0 Ok: queued' })));
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay']);
  });

  test('is tried anew by the next who asks', async () => {
    const { pool } = startWorld();
    const peer = peerAt(await freePort());
    expect(await pool.use(peer, sendOne)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    expect(await pool.use(peer, sendOne)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    await pool.close();
  });
});

describe('a stop', () => {
  test('takes one out of the line, and leaves no listener', async () => {
    const { pool } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({}));
    const peer = peerAt(server.port);
    const first = hold(pool, peer);
    await until('the first', () => first.state.has || undefined);
    const stopping = new AbortController();
    const second = hold(pool, peer, stopping.signal);
    const third = hold(pool, peer);
    stopping.abort();

    expect(await second.used).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    first.release();
    third.release();
    expect(await third.used).toEqual({ ok: true, value: false });
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
    await pool.close();
  });

  test('of who opens is no failure for who waits', async () => {
    const { pool, told } = startWorld(1);
    await using server = await startMisbehavingSmtp(async (client, n) =>
      answering(n === 1 ? { greeting: 'stall' } : {})(client, n),
    );
    const stopping = new AbortController();
    const first = hold(pool, peerAt(server.port), stopping.signal);
    const second = hold(pool, peerAt(server.port));
    await until('the first to connect', () => server.connections === 1 || undefined);
    stopping.abort();
    second.release();

    expect(await first.used).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    expect(await second.used).toEqual({ ok: true, value: true });
    await pool.close();
    expect(told).toEqual(['opened relay', 'closed relay']);
  });

  test('leaves no listener behind a message that was sent', async () => {
    const { pool } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({}));
    const stopping = new AbortController();
    for (let n = 0; n < 20; n += 1) await pool.use(peerAt(server.port), sendOne, stopping.signal);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
    await pool.close();
  });
});

describe('closing', () => {
  test('lets the work be done, fails who waits, and ends everything', async () => {
    const { pool, clock, told } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({}));
    const peer = peerAt(server.port);
    const working = hold(pool, peer);
    await until('the work', () => working.state.has || undefined);
    const waiting = hold(pool, peer);
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });

    expect(await waiting.used).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    expect(closed).toBe(false);
    working.release();
    expect(await working.used).toMatchObject({ ok: true });
    await closing;
    await server.quiet();
    expect(server.heard).toContain('QUIT');
    expect(await pool.use(peer, sendOne)).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    expect(told).toEqual(['opened relay', 'closed relay']);
    expect(clock.pending).toBe(0);
  });

  test('ends an opening that stalls', async () => {
    const { pool, clock } = startWorld(1);
    await using server = await startMisbehavingSmtp(answering({ greeting: 'stall' }));
    const used = pool.use(peerAt(server.port), sendOne);
    await until('the connection', () => server.connections === 1 || undefined);
    await pool.close();
    expect(await used).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    await clock.advance(minutes(10));
    expect(clock.pending).toBe(0);
  });
});

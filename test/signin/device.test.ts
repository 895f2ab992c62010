/** Signing in by device code (RFC 8628), against a provider on loopback. */
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/daemon/base/clock.ts';
import { refusal } from './authorization-server.ts';
import { never, startWorld, tokenOf, type World } from './world.ts';

/** What `sales` is shown. */
async function begun({ signIns }: World) {
  const started = await signIns.start('sales', never);
  if (!started.ok) throw new Error(started.message);
  return started;
}

/** Lets each wait pass that comes, and says how long they were; until so many were seen. */
async function polls({ clock }: World, count: number): Promise<number[]> {
  const waits: number[] = [];
  while (waits.length < count) {
    const wait = await clock.nextWait();
    waits.push(wait / 1_000);
    await clock.advance(wait);
  }
  return waits;
}

describe('G06: a sign-in by device', () => {
  test('shows where to go and which code to type, and has a token once that was done', async () => {
    await using world = await startWorld();
    const { signIns, server, clock } = world;

    expect(await begun(world)).toEqual({
      ok: true,
      subject: 'sales',
      by: 'device',
      verificationUri: 'https://login.example/device',
      verificationUriComplete: 'https://login.example/device?user_code=WDJB-MJHT',
      userCode: 'WDJB-MJHT',
      expiresAt: clock.now() + minutes(15),
    });
    expect(await polls(world, 2)).toEqual([5, 5]);
    server.approve('anna@firma.example');
    await polls(world, 1);

    expect(await signIns.wait('sales', never)).toEqual({ signedIn: true, user: 'anna@firma.example', why: '' });
    expect(server.userOf(await tokenOf(signIns))).toBe('anna@firma.example');
    expect(await signIns.status('sales')).toEqual({
      ...{ signedIn: true, expiresAt: null, user: 'anna@firma.example', note: '' },
    });
    expect(world.told()).toContain('signin.changed: sales in as anna@firma.example');
  });

  test('asks with the client, the scope and the device code, and with nothing else', async () => {
    await using world = await startWorld();
    await begun(world);
    world.server.approve('anna@firma.example');
    await polls(world, 1);
    await world.signIns.wait('sales', never);

    const [first, second] = world.server.asked;
    expect(first).toEqual({
      path: '/devicecode',
      form: { client_id: 'client-of-the-test', scope: 'pop offline_access' },
    });
    expect(second).toEqual({
      path: '/token',
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: world.server.tokens[0],
        client_id: 'client-of-the-test',
        client_secret: 'c1ient-secret-canary',
      },
    });
  });

  test('slow_down adds five seconds for good (RFC 8628 §3.5)', async () => {
    await using world = await startWorld();
    await begun(world);
    world.server.next.push(refusal('slow_down'), refusal('authorization_pending'), refusal('slow_down'));

    expect(await polls(world, 4)).toEqual([5, 10, 10, 15]);
  });

  test('asks less often while the server is in trouble, and goes on when it is well again', async () => {
    await using world = await startWorld();
    await begun(world);
    world.server.next.push({ status: 503, text: 'busy' }, 'hang up', refusal('server_error', 'oh', 500));

    expect(await polls(world, 4)).toEqual([5, 10, 20, 40]);
    world.server.approve('anna@firma.example');
    await polls(world, 1);
    expect(await world.signIns.wait('sales', never)).toMatchObject({ signedIn: true });
  });

  test.each([
    ['the server’s interval', { interval: 12 }, [12, 12]],
    ['five seconds when it names none', { interval: undefined }, [5, 5]],
    ['five seconds when what it names is none', { interval: 'soon' }, [5, 5]],
    ['five minutes at the most', { interval: 86_400 }, [300, 300]],
  ])('waits %s', async (_, device, waits) => {
    await using world = await startWorld();
    world.server.device = { expires_in: 3_600, ...device };
    await begun(world);

    expect(await polls(world, 2)).toEqual(waits);
  });

  test.each([
    ['access_denied', 'It was declined: access_denied: no'],
    ['authorization_declined', 'It was declined: authorization_declined: no'], // Microsoft's word
    ['expired_token', 'The code has expired: expired_token: no'],
    ['bad_verification_code', 'bad_verification_code: no'],
  ])('%s ends it', async (error, why) => {
    await using world = await startWorld();
    await begun(world);
    world.server.next.push(refusal(error, 'no', 403));
    await polls(world, 1);

    expect(await world.signIns.wait('sales', never)).toEqual({ signedIn: false, user: null, why });
    expect(await world.signIns.status('sales')).toMatchObject({ signedIn: false });
  });

  test('ends by itself when nobody comes, and asks no more', async () => {
    await using world = await startWorld();
    world.server.device = { expires_in: 11, interval: 5 };
    await begun(world);
    await polls(world, 3);

    expect(await world.signIns.wait('sales', never)).toMatchObject({ why: 'Nobody signed in in time: begin again.' });
    expect(world.server.asked).toHaveLength(3); // the code, and two of the three polls
    expect(world.clock.pending).toBe(0);
  });

  test('can be cancelled, and then waits for nothing', async () => {
    await using world = await startWorld();
    await begun(world);
    await world.clock.nextWait();

    expect(world.signIns.cancel('sales')).toBe(true);
    expect(await world.signIns.wait('sales', never)).toMatchObject({ why: 'The sign-in was cancelled.' });
    expect(world.clock.pending).toBe(0);
    expect(world.signIns.cancel('sales')).toBe(false);
  });

  test('begun a second time, the first one ends', async () => {
    await using world = await startWorld();
    await begun(world);
    const first = world.signIns.wait('sales', never);
    await begun(world);

    expect(await first).toMatchObject({ why: 'The sign-in was cancelled.' });
    expect(world.signIns.cancel('sales')).toBe(true);
  });

  test('the stop of who waits ends the waiting only', async () => {
    await using world = await startWorld();
    await begun(world);
    const stop = new AbortController();
    const waiting = world.signIns.wait('sales', stop.signal);
    stop.abort();

    expect(await waiting).toMatchObject({ signedIn: false, why: 'Stopped waiting; the sign-in goes on.' });
    world.server.approve('anna@firma.example');
    await polls(world, 1);
    expect(await world.signIns.wait('sales', never)).toMatchObject({ signedIn: true });
  });

  test('Google’s name for the address is understood', async () => {
    await using world = await startWorld();
    world.server.device = {
      verification_uri: undefined,
      verification_url: 'https://www.google.com/device',
      interval: 5,
    };

    expect(await begun(world)).toMatchObject({ verificationUri: 'https://www.google.com/device' });
  });

  test('a grant without a refresh token is no sign-in: it would end within the hour', async () => {
    await using world = await startWorld();
    await begun(world);
    world.server.grants = { expires_in: 3_600, refresh_token: undefined };
    world.server.approve('anna@firma.example');
    await polls(world, 1);

    expect(await world.signIns.wait('sales', never)).toMatchObject({
      signedIn: false,
      why: expect.stringContaining('offline_access'),
    });
  });

  test('a sign-in that cannot be kept has not been one', async () => {
    await using world = await startWorld();
    await begun(world);
    world.server.approve('anna@firma.example');
    world.keep.broken = 'disk full';
    await polls(world, 1);

    expect(await world.signIns.wait('sales', never)).toEqual({
      signedIn: false,
      user: null,
      why: 'The tokens of POP3 account: sales cannot be kept: disk full',
    });
    world.keep.broken = null;
    expect(await world.signIns.status('sales')).toMatchObject({ signedIn: false });
  });
});

describe('a device sign-in that does not begin', () => {
  test.each([
    ['nobody of that name', 'slaes', 'No account or relay "slaes" logs in with a token. The nearest one is "sales".'],
    ['nobody of any such name', '', 'No account or relay "" logs in with a token. The nearest one is "sales".'],
  ])('%s is told', async (_, name, message) => {
    await using world = await startWorld();
    expect(await world.signIns.start(name, never)).toEqual({ ok: false, kind: 'unknown', message });
    expect(await world.signIns.wait(name, never)).toMatchObject({ why: 'No sign-in was begun.' });
  });

  test.each([
    [refusal('invalid_scope', 'Invalid device flow scope: https://mail.google.com/'), 'Sign in by=browser'],
    [refusal('unauthorized_client', 'AADSTS7000218', 401), 'public clients'],
    [
      refusal('invalid_client', 'AADSTS700016: not found\r\nTrace ID: 5c6d\r\nTimestamp: 2026', 401),
      'Client id and Tenant',
    ],
  ])('%j is told with advice', async (said, advice) => {
    await using world = await startWorld();
    world.server.next.push(said);
    const started = await world.signIns.start('sales', never);

    expect(started).toMatchObject({ ok: false, kind: 'refused', message: expect.stringContaining(advice) });
    expect(JSON.stringify(started)).not.toContain('Trace ID');
  });

  test.each([
    ['no JSON', { status: 200, text: '<html>' }, 'answered 200, and not with a JSON object.'],
    ['JSON, but no object', { status: 200, text: '[1]' }, 'answered 200, and not with a JSON object.'],
    ['a redirect', { status: 302, text: '', headers: { location: 'http://127.0.0.1:1/' } }, 'a redirect (302)'],
    ['hanging up', 'hang up', 'cannot be reached: '],
    ['a body without end', 'endless', 'more than 65536 octets'],
    ['503', { status: 503, json: { error: 'temporarily_unavailable' } }, 'temporarily_unavailable'],
    ['no code', { status: 200, json: { user_code: 'A', verification_uri: 'https://a/' } }, 'no device code'],
    ['a device code with a blank', { status: 200, json: { device_code: 'a b' } }, 'no device code'],
    [
      'a user code that steers a terminal',
      { status: 200, json: { device_code: 'a', user_code: '\u001b[2J' } },
      'no user code',
    ],
    [
      'an address that is a program',
      { status: 200, json: { device_code: 'a', user_code: 'b', verification_uri: 'javascript:alert(1)' } },
      'no address to go to',
    ],
  ] as const)('%s is no answer, and temporary', async (_, said, message) => {
    await using world = await startWorld();
    world.server.next.push(said);

    expect(await world.signIns.start('sales', never)).toMatchObject({
      ok: false,
      kind: 'temporary',
      message: expect.stringContaining(message),
    });
  });

  test.each(['stall', 'slow'] as const)(
    'an answer that does not come (%s) is waited for half a minute',
    async (said) => {
      await using world = await startWorld();
      world.server.next.push(said);
      const starting = world.signIns.start('sales', never);
      while (world.server.asked.length === 0) await world.clock.advance(0);
      await world.clock.advance(seconds(30));

      expect(await starting).toMatchObject({
        kind: 'temporary',
        message: expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer within 30 s\.$/),
      });
    },
  );

  test('the stop ends the question', async () => {
    await using world = await startWorld();
    world.server.next.push('stall');
    const stop = new AbortController();
    const starting = world.signIns.start('sales', stop.signal);
    while (world.server.asked.length === 0) await world.clock.advance(0);
    stop.abort();

    expect(await starting).toMatchObject({ ok: false, message: 'Stopped.' });
    expect(world.clock.pending).toBe(0);
  });

  test('an error is made safe: no control characters, no secret of ours, not without end', async () => {
    await using world = await startWorld();
    world.server.next.push(refusal('odd', `\u001b[31mno: c1ient-secret-canary ${'x'.repeat(1_000)}`, 403));
    const started = await world.signIns.start('sales', never);
    const message = started.ok ? '' : started.message;

    expect(message).toMatch(/^odd: +\[31mno: \*\*\* x+…$/);
    expect(message.length).toBeLessThan(310);
  });
});

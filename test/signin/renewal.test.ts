/** Tokens given out, renewed, kept and lost (RFC 6749 §6), against a provider on loopback that rotates its refresh tokens. */
import { describe, expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openVault } from '../../src/daemon/config/secrets.ts';
import { manualClock } from '../kit/clock.ts';
import { refusal } from './authorization-server.ts';
import { never, noToken, signedIn, startWorld, tokenOf, type World } from './world.ts';

const SIGN_IN = 'Sign in again: mailgate sign-in sales';
const renewals = ({ server }: World) =>
  server.asked.filter(({ form }) => form['grant_type'] === 'refresh_token').length;

async function signedInWorld(grants: Record<string, unknown> = { expires_in: 3_600 }): Promise<World> {
  const world = await startWorld();
  world.server.grants = grants;
  await signedIn(world);
  return world;
}

/** One round of the loop that looks after everybody; how long it then waits. */
async function tended({ signIns, clock }: World): Promise<number> {
  const stop = new AbortController();
  const running = signIns.run(stop.signal);
  const pause = await clock.nextWait();
  stop.abort();
  await running;
  return pause;
}

describe('an access token', () => {
  test('is used until shortly before its end, and then renewed; nobody signs in again', async () => {
    await using world = await signedInWorld();
    const first = await tokenOf(world.signIns);
    await world.clock.advance(minutes(54));
    expect(await tokenOf(world.signIns)).toBe(first);

    await world.clock.advance(minutes(2));
    const second = await tokenOf(world.signIns);
    expect(second).not.toBe(first);
    expect(world.server.userOf(second)).toBe('anna@firma.example');
    expect(renewals(world)).toBe(1);
  });

  test('that lives for seconds is not spent whole on the margin', async () => {
    await using world = await signedInWorld({ expires_in: 60 });
    const first = await tokenOf(world.signIns);
    await world.clock.advance(seconds(44));
    expect(await tokenOf(world.signIns)).toBe(first);
    await world.clock.advance(seconds(2));
    expect(await tokenOf(world.signIns)).not.toBe(first);
  });

  test('is renewed once, however many ask for it at once', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    const all = await Promise.all(Array.from({ length: 20 }, () => tokenOf(world.signIns)));

    expect(new Set(all).size).toBe(1);
    expect(renewals(world)).toBe(1);
  });

  test('that a mail server did not take is renewed once, before its end', async () => {
    await using world = await signedInWorld();
    const answer = await world.signIns.tokenFor('sales', never);
    if (!answer.ok) throw new Error(answer.message);
    world.signIns.rejected('sales', answer.token);
    const second = await tokenOf(world.signIns);

    expect(second).not.toBe(answer.token.reveal());
    world.signIns.rejected('sales', answer.token); // said late, of the old one
    expect(await tokenOf(world.signIns)).toBe(second);
    expect(renewals(world)).toBe(1);
  });

  test('is not believed when the clock was put back behind its birth', async () => {
    await using world = await signedInWorld();
    const token = await tokenOf(world.signIns);
    const earlier = world.again({ clock: manualClock(world.clock.now() - days(2)) });

    expect(await tokenOf(earlier)).not.toBe(token);
    expect(renewals(world)).toBe(1);
  });
});

describe('what is kept', () => {
  test('outlives a restart: the next one needs neither a sign-in nor a renewal', async () => {
    await using world = await signedInWorld();
    const token = await tokenOf(world.signIns);
    const next = world.again();

    expect(await tokenOf(next)).toBe(token);
    expect(await next.status('sales')).toMatchObject({ signedIn: true, user: 'anna@firma.example' });
    expect(renewals(world)).toBe(0);
  });

  test('a rotated refresh token is on disk before its access token is used: a restart goes on with it', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    await tokenOf(world.signIns);
    await world.clock.advance(hours(1));

    expect(world.server.userOf(await tokenOf(world.again()))).toBe('anna@firma.example');
    expect(world.keep.puts).toEqual(['signin:POP3 account: sales', ...Array(2).fill('signin:POP3 account: sales')]);
  });

  test('a disk that is full gives no token; what was rotated meanwhile is kept as soon as it works again', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    world.keep.broken = 'disk full';
    expect(await noToken(world.signIns)).toEqual({
      kind: 'temporary',
      message: 'The tokens of POP3 account: sales cannot be kept: disk full',
    });

    world.keep.broken = null;
    expect(world.server.userOf(await tokenOf(world.signIns))).toBe('anna@firma.example');
    expect(renewals(world)).toBe(1); // and not a second time, with the token that was used up
    expect(await tokenOf(world.again())).toBe(await tokenOf(world.signIns));
  });

  test.each([
    ['another client', { clientId: 'another' }],
    ['another provider', { tokenEndpoint: 'https://login.example/token' }],
  ])('is of no use to %s, and nobody shows it there', async (_, provider) => {
    await using world = await signedInWorld();
    const { kind, message } = await noToken(world.again({ provider }));

    expect(kind).toBe('login');
    expect(message).toContain('another one than that of the sign-in');
    expect(renewals(world)).toBe(0);
  });

  test('CFG08: is of no use under another secret.key, and stays as it is', async () => {
    await using world = await signedInWorld();
    await using other = await startWorld();
    const memo = world.keep.memos.get('signin:POP3 account: sales') ?? '';
    other.keep.memos.set('signin:POP3 account: sales', memo);
    await openVault(other.home, {}).seal(new Secret('x'));

    expect(await noToken(other.signIns)).toMatchObject({
      kind: 'login',
      message: expect.stringContaining('do not open with this secret.key'),
    });
    expect(other.keep.memos.get('signin:POP3 account: sales')).toBe(memo);
  });

  test('is forgotten when somebody says so, also after a restart', async () => {
    await using world = await signedInWorld();
    expect(await world.signIns.forget('sales')).toBe(true);
    expect(await world.signIns.forget('sales')).toBe(false);

    expect(world.keep.memos.size).toBe(0);
    for (const signIns of [world.signIns, world.again()]) {
      expect(await noToken(signIns)).toEqual({
        kind: 'login',
        message: `POP3 account: sales is not signed in. Nobody has signed in yet. ${SIGN_IN}`,
      });
    }
    expect(world.told()).toContain('signin.changed: sales out: The tokens were forgotten.');
  });
});

describe('a renewal that fails', () => {
  test('invalid_grant: signed out, with the sentence that says what to do; an alert, and its end after the next sign-in', async () => {
    await using world = await signedInWorld();
    world.server.revokeAll();
    await world.clock.advance(hours(1));
    const message = `POP3 account: sales is not signed in. invalid_grant: the token *** was revoked. ${SIGN_IN}`;

    expect(await noToken(world.signIns)).toEqual({ kind: 'login', message });
    expect(await noToken(world.signIns)).toEqual({ kind: 'login', message });
    expect(await noToken(world.again())).toEqual({ kind: 'login', message });
    expect(renewals(world)).toBe(1);
    expect(world.told().slice(-3)).toEqual([
      'signin.changed: sales out: invalid_grant: the token *** was revoked.',
      'account.noted: sign in again',
      `alert.raised: ${message}`,
    ]);

    await signedIn(world);
    expect(world.told().slice(-3)).toEqual([
      'signin.changed: sales in as anna@firma.example',
      'alert.cleared: POP3 account: sales is signed in again as anna@firma.example.',
      'account.noted: ',
    ]);
  });

  test.each([
    ['503', { status: 503, text: 'busy' }, 'answered 503'],
    ['429', refusal('slow_down', 'too many', 429), 'puts us off'],
    ['a 400 that is no JSON', { status: 400, text: 'Bad Request' }, 'answered 400'],
    ['hanging up', 'hang up', 'cannot be reached'],
    ['no token in it', { status: 200, json: { token_type: 'Bearer' } }, 'no access token'],
    ['a token with a line break', { status: 200, json: { access_token: 'a\r\nQUIT' } }, 'no access token'],
    ['a token of another type', { status: 200, json: { access_token: 'a', token_type: 'mac' } }, 'another type'],
  ] as const)('%s: temporary, the sign-in stays, and the same is not asked again at once', async (_, said, message) => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    world.server.next.push(said);

    const first = await noToken(world.signIns);
    expect(first).toMatchObject({ kind: 'temporary', message: expect.stringContaining(message) });
    expect(await noToken(world.signIns)).toEqual(first);
    expect(renewals(world)).toBe(1);
    await world.clock.advance(seconds(31));
    expect(world.server.userOf(await tokenOf(world.signIns))).toBe('anna@firma.example');
  });

  test('the old token is used while it lives, and nobody is told', async () => {
    await using world = await signedInWorld();
    const token = await tokenOf(world.signIns);
    await world.clock.advance(minutes(57));
    world.server.next.push({ status: 503, text: '' });
    const before = world.events.length;

    expect(await tokenOf(world.signIns)).toBe(token);
    expect(renewals(world)).toBe(1);
    expect(world.events).toHaveLength(before);
  });

  test('three times in a row is told once, and its end too', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    world.server.next.push(...Array(4).fill({ status: 503, text: '' }));
    for (let i = 0; i < 4; i++) {
      await noToken(world.signIns);
      await world.clock.advance(minutes(15));
    }
    await tokenOf(world.signIns);

    expect(world.told().slice(-2)).toEqual([
      expect.stringMatching(/^alert.raised: The access token of POP3 account: sales cannot be renewed: .*answered 503/),
      'alert.cleared: The access token of POP3 account: sales is renewed again.',
    ]);
  });

  test('a client that is refused is our configuration: told at once, nobody is signed out', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    world.server.next.push(refusal('invalid_client', 'AADSTS7000222: secret expired. Trace ID: 1f7e', 401));
    const { kind, message } = await noToken(world.signIns);

    expect(kind).toBe('login');
    expect(message).toMatch(
      /refuses \[OAuth2: firma\]: invalid_client: AADSTS7000222: secret expired\. Look at its Client id/,
    );
    expect(world.told().at(-1)).toContain('alert.raised: The access token of POP3 account: sales cannot be renewed');
    expect(await world.signIns.status('sales')).toMatchObject({ signedIn: true });
    await world.clock.advance(minutes(1));
    expect(world.server.userOf(await tokenOf(world.signIns))).toBe('anna@firma.example');
  });

  test('the stop of who waits does not end it: its refresh token may be replaced already', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    const stop = new AbortController();
    const asking = world.signIns.tokenFor('sales', stop.signal);
    while (renewals(world) === 0) await world.clock.advance(0);
    stop.abort();

    expect(await asking).toMatchObject({ ok: false, kind: 'stopped' });
    await world.signIns.close();
    expect(world.keep.puts).toHaveLength(2);
  });
});

describe('the loop that looks after sign-ins', () => {
  test('renews what nobody uses, once a day, so that it does not die of disuse', async () => {
    await using world = await signedInWorld();
    expect(await tended(world)).toBe(hours(1));
    await world.clock.advance(hours(23));
    await tended(world);
    expect(renewals(world)).toBe(0);

    await world.clock.advance(hours(1));
    await tended(world);
    expect(renewals(world)).toBe(1);
  });

  test('renews a refresh token that lives for half an hour in time', async () => {
    await using world = await signedInWorld({ expires_in: 300, refresh_expires_in: 1_800 });
    const pause = await tended(world);
    expect(pause).toBe(minutes(15));
    await world.clock.advance(pause);
    await tended(world);

    expect(renewals(world)).toBe(1);
    expect(world.told().filter((line) => line.startsWith('alert'))).toEqual([]);
  });

  test('finds a sign-in that was revoked within the day, though nobody asks for a token', async () => {
    await using world = await signedInWorld();
    world.server.revokeAll();
    await world.clock.advance(days(1));
    await tended(world);

    expect(world.told().at(-1)).toContain('POP3 account: sales is not signed in. invalid_grant');
    await tended(world);
    expect(renewals(world)).toBe(1);
  });

  test('says of an account that was never signed in what to do, once', async () => {
    await using world = await startWorld();
    await tended(world);
    await tended(world);

    expect(world.told()).toEqual([
      'account.noted: sign in again',
      `alert.raised: POP3 account: sales is not signed in. Nobody has signed in yet. ${SIGN_IN}`,
    ]);
  });

  test('a disk that fails is no end of it', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(days(1));
    world.keep.broken = 'I/O error';
    expect(await tended(world)).toBe(minutes(1));
    world.keep.broken = null;
    await tended(world);
    expect(await tokenOf(world.again())).toBe(await tokenOf(world.signIns));
  });
});

describe('the end of the gateway', () => {
  test('I27: the loop ends at once, though a provider does not answer; a renewal has ten seconds more', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(days(1));
    world.server.next.push('stall');
    const stop = new AbortController();
    const running = world.signIns.run(stop.signal);
    while (renewals(world) === 0) await world.clock.advance(0);
    stop.abort();
    await running;

    let closed = false;
    const closing = world.signIns.close().then(() => {
      closed = true;
    });
    expect(await world.clock.nextWait()).toBe(seconds(10));
    await world.clock.advance(seconds(9));
    expect(closed).toBe(false);
    await world.clock.advance(seconds(1));
    await closing;
    await world.clock.advance(seconds(30)); // its own deadline
  });

  test('a renewal is waited for: its refresh token is kept', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    const asking = world.signIns.tokenFor('sales', never);
    await world.signIns.close();

    expect(world.keep.puts).toHaveLength(2);
    expect(await asking).toMatchObject({ ok: true });
  });

  test('who is stopped already begins no renewal', async () => {
    await using world = await signedInWorld();
    await world.clock.advance(hours(1));
    expect(await world.signIns.tokenFor('sales', AbortSignal.abort())).toMatchObject({ kind: 'stopped' });
    await world.signIns.close();
    expect(renewals(world)).toBe(0);
  });
});

describe('the end that a server names', () => {
  test('"token dies in 6 days": on the account’s row day by day, and one alert, a week before; both end with a new sign-in', async () => {
    const life = days(30) / 1_000;
    await using world = await signedInWorld({ expires_in: 3_600, refresh_token_expires_in: life });
    const dies = world.clock.now() + days(30);
    expect(await world.signIns.status('sales')).toMatchObject({ expiresAt: dies, note: '' });
    for (let day = 1; day <= 25; day++) {
      await world.clock.advance(days(1));
      // The end stays where it is, however often the token is renewed.
      world.server.grants = { expires_in: 3_600, refresh_token_expires_in: life - day * 86_400 };
      await tended(world);
    }

    const date = new Date(dies).toISOString().slice(0, 10);
    const told = world.told().slice(1); // after the sign-in
    expect(told).toEqual([
      'account.noted: token dies in 7 days',
      `alert.raised: The sign-in of POP3 account: sales ends on ${date}. ${SIGN_IN}`,
      'account.noted: token dies in 6 days',
      'account.noted: token dies in 5 days',
    ]);

    world.server.grants = { expires_in: 3_600, refresh_token_expires_in: life };
    await signedIn(world);
    expect(world.told().slice(-3)).toEqual([
      'signin.changed: sales in as anna@firma.example',
      'alert.cleared: POP3 account: sales was signed in anew as anna@firma.example.',
      'account.noted: ',
    ]);
  });

  test('that moves on with each renewal is no end, as long as it is renewed', async () => {
    await using world = await signedInWorld({ expires_in: 3_600, refresh_token_expires_in: days(5) / 1_000 });
    for (let day = 1; day <= 10; day++) {
      await world.clock.advance(days(1));
      await tended(world);
    }
    // Nobody knew that it moves before the first renewal.
    expect(
      world
        .told()
        .slice(1)
        .map((line) => line.split(':')[0]),
    ).toEqual(['account.noted', 'alert.raised', 'account.noted', 'alert.cleared']);

    world.server.next.push(...Array(5_000).fill({ status: 503, text: '' }));
    await world.clock.advance(days(1) + hours(7));
    await tended(world);
    expect(await world.signIns.status('sales')).toMatchObject({ note: 'token dies in 3 days' });
  });

  test('with `Warn before token dies days=0` nobody is told', async () => {
    await using world = await startWorld({ provider: { warnBefore: 0 } });
    world.server.grants = { expires_in: 3_600, refresh_token_expires_in: 86_400 * 2 };
    await signedIn(world);
    await tended(world);
    expect(world.told().filter((line) => !line.startsWith('signin'))).toEqual([]);
  });
});

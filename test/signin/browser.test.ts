/** Signing in by browser (RFC 6749 §4.1 with PKCE, RFC 8252): Google lets no device code into a mailbox. */
import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { LANDING } from '../../src/daemon/signin/browser.ts';
import { refusal } from './authorization-server.ts';
import { never, startWorld, tokenOf, type World } from './world.ts';

const byBrowser = { provider: { signInBy: 'browser', kind: 'google' } } as const;

async function page({ signIns }: World): Promise<string> {
  const started = await signIns.start('sales', never);
  if (!started.ok) throw new Error(started.message);
  return started.verificationUri;
}

describe('G06: a sign-in by browser', () => {
  test('shows a page, takes the address that it led to, and has a token', async () => {
    await using world = await startWorld(byBrowser);
    const started = await world.signIns.start('sales', never);
    expect(started).toMatchObject({
      ...{ ok: true, by: 'browser', userCode: '', verificationUriComplete: null },
      expiresAt: world.clock.now() + minutes(15),
    });
    const address = world.server.visit(started.ok ? started.verificationUri : '', 'anna@firma.example');
    const signedIn = { signedIn: true, user: 'anna@firma.example', why: '' };

    expect(await world.signIns.answer('sales', `  ${address}\n`)).toEqual(signedIn);
    expect(await world.signIns.wait('sales', never)).toEqual(signedIn);
    expect(world.server.userOf(await tokenOf(world.signIns))).toBe('anna@firma.example');
    expect(world.clock.pending).toBe(0);
  });

  test('asks the page for a refresh token, as the right user, and tells it no secret', async () => {
    await using world = await startWorld(byBrowser);
    const url = new URL(await page(world));

    expect(url.origin + url.pathname).toBe(world.server.authorizationEndpoint);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-of-the-test',
      redirect_uri: LANDING,
      scope: 'pop offline_access',
      state: expect.stringMatching(/^[\w-]{22}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
      login_hint: 'sales@firma.example',
    });
  });

  test('each sign-in has a state and a proof of its own', async () => {
    await using world = await startWorld(byBrowser);
    const [one, other] = [new URL(await page(world)), new URL(await page(world))];
    for (const name of ['state', 'code_challenge'])
      expect(one.searchParams.get(name)).not.toBe(other.searchParams.get(name));
  });

  test.each([
    ['nothing', '', 'That is not the address'],
    ['some words', 'done!', 'That is not the address'],
    ['another address', 'https://mail.example/', 'That is not the address'],
    ['a megabyte', `${LANDING}?code=${'x'.repeat(1_000_000)}`, 'That is not the address'],
    ['the address of another sign-in', `${LANDING}?code=geheim&state=x`, 'belongs to another sign-in'],
  ])('%s changes nothing, is not repeated, and it goes on', async (_, pasted, why) => {
    await using world = await startWorld(byBrowser);
    const uri = await page(world);
    const outcome = await world.signIns.answer('sales', pasted);
    expect(outcome).toMatchObject({ signedIn: false, why: expect.stringContaining(why) });
    expect(outcome.why).not.toMatch(/geheim|xxx|mail\.example/);

    const address = world.server.visit(uri, 'anna@firma.example');
    expect(await world.signIns.answer('sales', address)).toMatchObject({ signedIn: true });
  });

  test('a person who declines ends it', async () => {
    await using world = await startWorld(byBrowser);
    const state = new URL(await page(world)).searchParams.get('state');
    const declined = { signedIn: false, user: null, why: 'It was declined: access_denied' };

    expect(await world.signIns.answer('sales', `${LANDING}?error=access_denied&state=${state}`)).toEqual(declined);
    expect(await world.signIns.wait('sales', never)).toEqual(declined);
    expect(await world.signIns.answer('sales', LANDING)).toMatchObject({ why: expect.stringContaining('begin again') });
  });

  test('a code that is refused ends it, and is not shown', async () => {
    await using world = await startWorld(byBrowser);
    const address = world.server.visit(await page(world), 'anna@firma.example');
    const code = new URL(address).searchParams.get('code') ?? '';
    world.server.next.push(refusal('invalid_grant', `Malformed auth code ${code}.`));

    expect(await world.signIns.answer('sales', address)).toMatchObject({
      why: 'invalid_grant: Malformed auth code ***.',
    });
  });

  test('ends by itself when nobody brings an address, or when it is cancelled', async () => {
    await using world = await startWorld(byBrowser);
    await page(world);
    await world.clock.advance(minutes(15));
    expect(await world.signIns.wait('sales', never)).toMatchObject({ why: 'Nobody signed in in time: begin again.' });

    await page(world);
    expect(world.signIns.cancel('sales')).toBe(true);
    expect(await world.signIns.wait('sales', never)).toMatchObject({ why: 'The sign-in was cancelled.' });
    expect(world.clock.pending).toBe(0);
  });

  test('a sign-in by device takes no address', async () => {
    await using world = await startWorld();
    await page(world);
    expect(await world.signIns.answer('sales', LANDING)).toMatchObject({ why: expect.stringContaining('no address') });
    expect(await world.signIns.answer('nobody', LANDING)).toMatchObject({ signedIn: false });
  });
});

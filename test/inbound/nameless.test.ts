/** A message without a UIDL of its own on which the session breaks does not hold up the others for ever (G03, POP12, POP13). */
import { describe, expect, test } from 'vitest';
import { type Act, closes, hears, says, sends } from '../kit/misbehaving-pop3.ts';
import { deleting, fetching, leaving, opening, scripted, subjects, topping } from './scripted.ts';
import { mail } from './world.ts';

const text = (subject: string) => mail('anna@company.example', subject).toString('latin1');
const [BAD, TWO, THREE] = ['bad', 'two', 'tre'].map(text) as [string, string, string];

/** The listing of a server without UIDL. */
function nameless(...texts: string[]): Act[] {
  const acts = opening(...texts.map((one): [string, string] => ['', one]));
  return [...acts.slice(0, -1), says('-ERR unknown command')];
}

const breaking = (number = 1): Act[] => [hears(`RETR ${number}`), sends(`+OK\r\n${BAD.slice(0, 60)}`), closes];
const noTop = (number = 1): Act[] => [hears(`TOP ${number} 0`), says('-ERR unknown command')];

describe('G03, POP12: a message on which the session breaks, on a server without UIDL', () => {
  test('is set aside by its header, wherever it stands then, and is listed as stuck; the others are fetched', async () => {
    await using it = await scripted([
      [...nameless(BAD, TWO), ...breaking()],
      [...nameless(BAD, TWO), ...topping(BAD), ...topping(TWO, 2), ...breaking()],
      [...nameless(BAD, TWO), ...topping(BAD), ...topping(TWO, 2), ...fetching(TWO, 2), ...deleting(2), ...leaving],
      // Another one of that size has come, and has its number.
      [...nameless(THREE, BAD), ...topping(THREE), ...topping(BAD, 2), ...fetching(THREE), ...deleting(), ...leaving],
    ]);
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toHaveLength(1);
    await it.world.reconfigure({}); // as a restart does
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toEqual([]);
    expect(subjects(it.world.inside.received)).toEqual(['two', 'tre']);
    expect(it.world.told('message.stuck')).toHaveLength(1);
    expect(it.world.told('mailbox.finished').map(({ stuck }) => stuck)).toEqual([1, 1]);
    expect(it.world.told('alert.raised')).toMatchObject([{ key: 'stuck:office' }]);
    expect(it.problems).toEqual([]);
  });

  test('is set aside by its place and size where the server has no TOP either', async () => {
    await using it = await scripted([
      [...nameless(BAD, TWO), ...breaking()],
      [...nameless(BAD, TWO), ...noTop(), ...noTop(2), ...breaking()],
      [...nameless(BAD, TWO), ...noTop(2), ...fetching(TWO, 2), ...deleting(2), ...leaving],
    ]);
    for (let n = 0; n < 3; n += 1) await it.world.session();
    expect(subjects(it.world.inside.received)).toEqual(['two']);
    expect(it.problems).toEqual([]);
  });

  test('is set aside, too, where the server breaks on its header as well', async () => {
    await using it = await scripted([
      [...nameless(BAD, TWO), ...breaking()],
      [...nameless(BAD, TWO), hears('TOP 1 0'), sends('+OK\r\nSub'), closes],
      [...nameless(BAD, TWO), ...topping(TWO, 2), ...fetching(TWO, 2), ...deleting(2), ...leaving],
    ]);
    for (let n = 0; n < 3; n += 1) await it.world.session();
    expect(subjects(it.world.inside.received)).toEqual(['two']);
    expect(it.problems).toEqual([]);
  });

  test('that comes whole the next time, since it was the network, is delivered, and its break forgotten', async () => {
    await using it = await scripted([
      [...nameless(BAD), ...breaking()],
      [...nameless(BAD), ...topping(BAD), ...fetching(BAD), ...deleting(), ...leaving],
      [...opening(), ...leaving],
    ]);
    for (let n = 0; n < 3; n += 1) await it.world.session();
    expect(subjects(it.world.inside.received)).toEqual(['bad']);
    expect(await it.world.entries()).toEqual([]);
    expect(it.problems).toEqual([]);
  });

  test('after others had come is left out when the mailbox is opened again for those', async () => {
    const longer = text('longer than the bad one');
    const most = text('the longest one of all of them');
    await using it = await scripted([
      [...nameless(longer, BAD, most), ...fetching(longer), ...breaking(2)],
      [
        ...[...nameless(longer, BAD, most), ...fetching(longer), ...fetching(most, 3)],
        ...[...deleting(), ...deleting(3), ...leaving],
      ],
    ]);
    await it.world.session();
    expect(subjects(it.world.inside.received)).toEqual(['longer than the bad one', 'the longest one of all of them']);
    expect(it.problems).toEqual([]);
  });
});

test('G03, POP13: of two under one UIDL the one on which the session breaks is set aside, and the other one is not', async () => {
  const twins = opening(['u', BAD], ['u', TWO]);
  await using it = await scripted([
    [...twins, ...breaking()],
    [...twins, ...topping(BAD), ...topping(TWO, 2), ...breaking()],
    [...twins, ...topping(BAD), ...topping(TWO, 2), ...fetching(TWO, 2), ...deleting(2), ...leaving],
  ]);
  for (let n = 0; n < 3; n += 1) await it.world.session();
  expect(subjects(it.world.inside.received)).toEqual(['two']);
  expect(it.problems).toEqual([]);
});

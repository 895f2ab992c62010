/** What an operator wants to be fetched while a session is in the mailbox (G08): noted beside the ledger, taken by the next session. */
import { expect, test } from 'vitest';
import { wish, wishesOf } from '../../src/daemon/inbound/wishes.ts';
import { subjects } from './scripted.ts';
import { inboundWorld, mail, recipient, withLedger } from './world.ts';

const anna = 'anna@company.example';
const large = mail(anna, 'large', `${'x'.repeat(76)}\r\n`.repeat(100));

test('a message that was delivered and kept is fetched and delivered again, once', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')] },
    ...{ ini: recipient('anna'), accountKeys: 'Keep on server=1' },
  });
  await world.session();
  await wish(world.store.memos, 'office', ['office-2', 'gone']);
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(subjects(world.inside.received)).toEqual(['one', 'two', 'two']);
  expect(await wishesOf(world.store.memos, 'office')).toEqual([]);
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
});

test('a wish that comes while the session writes about the very message is not lost', async () => {
  let once = true;
  await using world = await inboundWorld({
    mailboxes: { office: [large] },
    ...{ ini: recipient('anna'), accountKeys: 'Maximum size for messages=1000' },
    wrap: (store) =>
      withLedger(store, {
        async remember(account, entries) {
          if (once) await wish(store.memos, account, ['office-1']);
          once = false;
          await store.ledger.remember(account, entries);
        },
      }),
  });
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(subjects(world.inside.received).at(-1)).toBe('large');
});

test('the wishes of one account are none of another whose name begins alike', async () => {
  await using world = await inboundWorld({ mailboxes: { office: [], 'office:2': [] } });
  const { memos } = world.store;
  await wish(memos, 'office', [':2:a', 'b']);
  await wish(memos, 'office:2', ['c']);
  expect([await wishesOf(memos, 'office'), await wishesOf(memos, 'office:2')]).toEqual([[':2:a', 'b'], ['c']]);
});

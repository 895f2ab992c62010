/** The disk's part in the size limit (G13): what it has no room for is not begun, and comes by itself when there is room again. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { DISK_RESERVE } from '../../src/daemon/inbound/limit.ts';
import { peersInstalled } from '../kit/require.ts';
import { subjects } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const MB = 1_048_576;
const sized = (subject: string, octets: number) =>
  mail(anna, subject, `${'x'.repeat(1_022)}\r\n`.repeat(octets / 1_024));

/** A disk with so many octets more than its reserve. */
function disk(octets: number) {
  const it = { octets, asked: 0 };
  const freeOctets = async () => {
    it.asked += 1;
    return DISK_RESERVE + it.octets;
  };
  return { it, freeOctets };
}

describe('a message that the disk has no room for', () => {
  test('is not begun, and says whose limit it is; nobody is written to; with room again it comes', async () => {
    const { it, freeOctets } = disk(2 * MB);
    const mailboxes = { office: [sized('large', 3 * MB), sized('small', 1_024)] };
    await using world = await inboundWorld({ mailboxes, ini: recipient('anna'), freeOctets });
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.told('message.fetched').map(({ subject }) => subject)).toEqual(['small']);
    expect(world.told('message.oversize')).toMatchObject([
      { number: 1, limit: 2 * MB, setBy: 'disk', subject: 'large', told: [] },
    ]);
    expect(world.told('mailbox.finished')).toMatchObject([{ left: 1, oversize: 1 }]);
    expect(world.told('alert.raised')).toMatchObject([{ key: 'room:office', about: 'office' }]);
    const kept = (await world.entries()).find(({ uidl }) => uidl === 'office-1');
    expect(kept).toMatchObject({ noticedAt: null, lastError: expect.stringContaining('no room') });

    it.octets = 4 * MB;
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(world.inside.received)).toEqual(['small', 'large']);
    expect(world.pop3.messages('office')).toEqual([]);
    expect(world.told('alert.cleared')).toMatchObject([{ key: 'room:office' }]);
  });

  test('is told once, although the disk has other octets free at every session', async () => {
    const { it, freeOctets } = disk(2 * MB);
    await using world = await inboundWorld({ mailboxes: { office: [sized('large', 3 * MB)] }, freeOctets });
    for (const octets of [2 * MB, 2 * MB - 7, MB + 5]) {
      it.octets = octets;
      await world.session();
    }
    expect(world.told('message.oversize')).toHaveLength(1);
    expect(world.told('alert.raised')).toHaveLength(1);
  });

  test('waits although an operator wants it, and comes with the first session that has room (G08)', async () => {
    const { it, freeOctets } = disk(4 * MB);
    await using world = await inboundWorld({
      mailboxes: { office: [sized('large', 3 * MB)] },
      ...{ ini: recipient('anna'), accountKeys: 'Maximum size for messages=1000', freeOctets },
    });
    await world.session();
    expect(world.told('message.oversize')).toMatchObject([{ setBy: 'account', told: [anna] }]);
    const [known] = await world.entries();
    if (known) await world.store.ledger.remember('office', [{ ...known, wanted: true }]);

    it.octets = 2 * MB;
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.told('message.oversize')).toMatchObject([{}, { setBy: 'disk', limit: 2 * MB, told: [] }]);
    it.octets = 4 * MB;
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  });

  test('the disk is asked once a visit, and shared between the accounts that are fetched side by side', async () => {
    const { it, freeOctets } = disk(4 * MB);
    const mailboxes = { office: [sized('one', 3 * MB)], sales: [sized('two', 1_024)] };
    await using world = await inboundWorld({ mailboxes, ini: recipient('anna'), freeOctets });
    await world.session();
    expect(it.asked).toBe(2);
    expect(world.told('message.oversize')).toMatchObject([{ account: 'office', setBy: 'disk', limit: 2 * MB }]);
  });
});

describe.runIf(peersInstalled(['a disk of its own']))('on a real disk that is small', () => {
  test('G13: what does not fit stays, what fits is fetched, and a larger disk lets the rest come', async () => {
    const mailboxes = { office: [sized('large', 8 * MB), sized('middling', 3 * MB)] };
    await using world = await inboundWorld({ mailboxes, ini: recipient('anna') });
    await using _disk = smallDisk(world.home.file('tmp'), DISK_RESERVE + 6 * MB);
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(world.inside.received)).toEqual(['middling']);
    expect(world.told('message.oversize')).toMatchObject([{ setBy: 'disk', subject: 'large' }]);

    run('mount', '-o', `remount,size=${DISK_RESERVE + 12 * MB}`, world.home.file('tmp'));
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(world.inside.received)).toEqual(['middling', 'large']);
  });
});

function smallDisk(folder: string, octets: number): AsyncDisposable {
  run('mount', '-t', 'tmpfs', '-o', `size=${octets}`, 'mailgate-test', folder);
  return { [Symbol.asyncDispose]: async () => run('umount', '--lazy', folder) };
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

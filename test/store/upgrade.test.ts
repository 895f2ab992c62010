/** Homes of earlier versions: their files are brought to the present format, with all that is in them (I29). */
import { mkdir } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { mailgateSchema } from '../../src/daemon/store/schema.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { NOON } from './mail.ts';

/** `mailgate.db` as its first version made it. A copy, so that a change of the step that was released is seen. */
const FORMAT_1 = `
  CREATE TABLE ledger (
    account TEXT NOT NULL,
    uidl TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    delivered_at INTEGER,
    delivered_to TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    last_error TEXT NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (account, uidl)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    method TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    result TEXT NOT NULL
  ) STRICT;

  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
`;

const open = (home: ScratchFolder) => openStore(home.path, { clock: systemClock, log: silentLog });

/** A home whose ledger is of format 1, with two messages of the account sales, and 41 sessions behind it. */
async function homeOfFormat1(): Promise<ScratchFolder> {
  const home = await scratchFolder('upgrade');
  await mkdir(home.path, { recursive: true });
  using db = new DatabaseSync(home.file('mailgate.db'));
  db.exec(`PRAGMA journal_mode = WAL; ${FORMAT_1} PRAGMA user_version = 1`);
  const put = db.prepare('INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const to = JSON.stringify(['jörg@firma.example']);
  put.run('sales', 'UID1', 4_096, NOON, NOON + 9, to, '<1@x.example>', 'ab'.repeat(32), '', 0);
  put.run('sales', 'UID2', 77, NOON + 1, null, '[]', '', '', '451 4.3.0 later', 3);
  db.exec(`INSERT INTO counter VALUES ('session', 41)`);
  db.exec(`INSERT INTO audit (at, by, method, what, reason, result) VALUES (${NOON}, 'anna', 'trigger', '', '', 'ok')`);
  return home;
}

const KEPT: LedgerEntry[] = [
  {
    ...newLedgerEntry('UID1', 4_096, NOON),
    deliveredAt: NOON + 9,
    deliveredTo: ['jörg@firma.example'],
    messageId: '<1@x.example>',
    digest: 'ab'.repeat(32),
  },
  { ...newLedgerEntry('UID2', 77, NOON + 1), lastError: '451 4.3.0 later', failures: 3 },
];

test('a ledger of format 1 keeps every entry, so that nothing is downloaded twice after an upgrade (I29)', async () => {
  await using home = await homeOfFormat1();
  const store = await open(home);
  expect([...(await store.ledger.load('sales')).values()]).toEqual(KEPT);
  expect(await store.nextSession()).toBe(42);

  const changed: LedgerEntry = { ...newLedgerEntry('UID2', 77, NOON), from: 'a', keep: true, readdressed: [] };
  await store.ledger.remember('sales', [changed]);
  await store.memos.put('a', 'b');
  await store[Symbol.asyncDispose]();

  await using again = await open(home);
  expect([...(await again.ledger.load('sales')).values()]).toEqual([KEPT[0], changed]);
  expect(await again.memos.get('a')).toBe('b');
  using db = new DatabaseSync(home.file('mailgate.db'), { readOnly: true });
  expect(db.prepare('SELECT by, method FROM audit').all()).toMatchObject([{ by: 'anna', method: 'trigger' }]);
});

test('an upgrade that fails half-way leaves the file as it was, for the version before (I29)', async () => {
  await using home = await homeOfFormat1();
  {
    using db = new DatabaseSync(home.file('mailgate.db'));
    db.exec('CREATE TABLE memo (theirs TEXT)'); // in the way of the second step, after its first statements
  }
  await expect(open(home)).rejects.toMatchObject({
    name: 'StoreFailure',
    message: expect.stringContaining('mailgate.db'),
  });

  using db = new DatabaseSync(home.file('mailgate.db'));
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  expect(db.prepare('SELECT * FROM ledger').columns()).toHaveLength(10);
  expect(db.prepare('SELECT uidl FROM ledger').all()).toMatchObject([{ uidl: 'UID1' }, { uidl: 'UID2' }]);
});

test('the step that was released first is as it was (I29)', () => {
  const plain = (sql: string | undefined) => sql?.replaceAll(/\s+/g, ' ').trim();
  expect(plain(mailgateSchema[0])).toBe(plain(FORMAT_1));
});

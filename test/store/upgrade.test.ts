/** Homes of earlier versions: their files are brought to the present format, with all that is in them (I29). */
import { mkdir } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { mailgateSchema, queueSchema } from '../../src/daemon/store/schema.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { bodyOf, NOON, recipient, sha256 } from './mail.ts';
import { wholeLedger } from '../kit/ledger.ts';

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

/** `Outgoing/queue.db` as its first version made it. */
const QUEUE_FORMAT_1 = `
  CREATE TABLE entry (
    n INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    rank INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    relay TEXT NOT NULL,
    last_reply TEXT,
    peer TEXT NOT NULL,
    hold TEXT,
    report_on TEXT,
    extras TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_due ON entry (rank, next_at) WHERE state IN ('waiting', 'deferred');
  CREATE INDEX entry_state ON entry (state, queued_at);
  CREATE TABLE chunk (place INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT;
  CREATE TABLE draft (n INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE attempt (
    n INTEGER NOT NULL,
    k INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (n, k)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE report (original TEXT PRIMARY KEY, report TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE tally (state TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID, STRICT;
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
  expect([...(await wholeLedger(store.ledger, 'sales')).values()]).toEqual(KEPT);
  expect(await store.nextSession()).toBe(42);

  const changed: LedgerEntry = { ...newLedgerEntry('UID2', 77, NOON), from: 'a', keep: true, readdressed: [] };
  await store.ledger.remember('sales', [changed]);
  await store.memos.put('a', 'b');
  await store[Symbol.asyncDispose]();

  await using again = await open(home);
  expect([...(await wholeLedger(again.ledger, 'sales')).values()]).toEqual([KEPT[0], changed]);
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

/** A queue of format 1 with a message of each kind. */
async function queueOfFormat1(): Promise<ScratchFolder> {
  const home = await scratchFolder('upgrade');
  await mkdir(home.file('Outgoing'), { recursive: true });
  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'));
  db.exec(`PRAGMA journal_mode = WAL; ${QUEUE_FORMAT_1} PRAGMA user_version = 1`);
  const body = Buffer.from('Subject: x\r\n\r\nHello\r\n');
  const recipients = JSON.stringify([recipient('bert@kunde.example')]);
  const extras = JSON.stringify({ dsn: { ret: 'HDRS', envid: 'Q1' }, smtpUtf8: true, eightBit: false });
  const put = db.prepare(`INSERT INTO entry VALUES (${'?, '.repeat(17)}?)`);
  const hold = JSON.stringify({ by: 'anna', reason: 'look', until: NOON + 5 });
  for (const [n, state, held] of [
    [0x1000, 'waiting', null],
    [0x1001, 'sending', null],
    [0x1002, 'held', hold],
    [0x1003, 'dropped', null],
  ] as const) {
    const known = [body.length, sha256(body), 'anna@firma.example', recipients, 'x', '<1@x>', 'relay.example', null];
    put.run(n, state, 1, NOON + n, NOON, 2, ...known, 'exch1', held, null, extras);
    db.prepare('INSERT INTO chunk VALUES (?, ?)').run(n * 65_536, body);
  }
  db.exec(`INSERT INTO tally VALUES ('waiting', 1, ${body.length}), ('sending', 1, ${body.length}),
    ('held', 1, ${body.length}), ('dropped', 1, ${body.length}); INSERT INTO counter VALUES ('name', 4356)`);
  return home;
}

test('a queue of format 1 keeps every message, and all of them are as young as the running time (I29)', async () => {
  await using home = await queueOfFormat1();
  await using store = await open(home);
  const { queue } = store;
  await queue.recover(NOON);
  expect(await queue.counts()).toMatchObject({ waiting: 1, sending: 0, deferred: 1, held: 1 });
  expect(await queue.get('Pmg1000')).toMatchObject({
    ...{ state: 'waiting', attempts: 2, relay: 'relay.example', dsn: { ret: 'HDRS', envid: 'Q1' }, from: '' },
    ...{ relayChoice: null, warnedAt: null, drop: null, born: 0 },
  });
  expect(await queue.endedHolds(NOON + 5, 9)).toEqual({ ids: ['Pmg1002'], next: null });
  expect((await queue.trashPage({}, null, 9)).entries.map(({ id }) => id)).toEqual(['Pmg1003']);
  expect((await queue.claim(NOON, 9, [60_000])).map(({ id }) => id).toSorted()).toEqual(['Pmg1000', 'Pmg1001']);
  expect((await bodyOf(queue, 'Pmg1002')).toString()).toContain('Hello');
  expect(Number.parseInt(queue.receive().id.slice(3), 16)).toBeGreaterThanOrEqual(4_356);
});

test('the first step of the queue is as it was released (I29)', () => {
  const plain = (sql: string | undefined) =>
    sql
      ?.replaceAll(/--[^\n]*/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
  expect(plain(queueSchema[0])).toBe(plain(QUEUE_FORMAT_1));
});

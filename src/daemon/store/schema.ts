/**
 * The tables of the three databases. Each list holds the steps from nothing to the present format; `PRAGMA user_version`
 * says how many of them a file has had. A step that was released is never changed: a new one is added.
 */

/** `Outgoing/queue.db`: the outgoing queue, bodies and all. */
export const queueSchema: readonly string[] = [
  `
  -- What waits to be sent, and the trash (state dropped). The name is Pmg and n in hex. rank: 0 high, 1 normal, 2 low.
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

  -- What is due is found without a look at what is held, or due some day.
  CREATE INDEX entry_due ON entry (rank, next_at) WHERE state IN ('waiting', 'deferred');

  -- The oldest of each state, and lists of a state in the order of age.
  CREATE INDEX entry_state ON entry (state, queued_at);

  -- Bodies. place is n * 65536 + the number of the part, so that a body lies together, at the end of the table when it is new.
  -- A key to entry would be no use: drafts have no entry yet.
  CREATE TABLE chunk (place INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT;

  -- Bodies that are on their way in.
  CREATE TABLE draft (n INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE attempt (
    n INTEGER NOT NULL,
    k INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (n, k)
  ) WITHOUT ROWID, STRICT;

  -- Which messages have had their report (X08). It stays until the message goes, even when the report has left before.
  CREATE TABLE report (original TEXT PRIMARY KEY, report TEXT NOT NULL) WITHOUT ROWID, STRICT;

  -- How many entries and octets are in each state: kept current by every group, so that nobody has to count a million rows.
  CREATE TABLE tally (state TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID, STRICT;

  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
  `,
  `
  -- Queue work: an operator's choice of the relay; its place on the running time, and its age when it was held; when its sender was
  -- warned; the end of a hold; who dropped it (JSON) and when. An entry of the first format is as old as the running time.
  ALTER TABLE entry ADD COLUMN relay_choice TEXT;
  ALTER TABLE entry ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entry ADD COLUMN held_age INTEGER;
  ALTER TABLE entry ADD COLUMN warned_at INTEGER;
  ALTER TABLE entry ADD COLUMN held_until INTEGER;
  ALTER TABLE entry ADD COLUMN dropped TEXT;
  ALTER TABLE entry ADD COLUMN dropped_at INTEGER;
  UPDATE entry SET held_until = hold ->> '$.until' WHERE json_valid(hold);
  UPDATE entry SET dropped_at = queued_at WHERE state = 'dropped';

  -- What is due by the way it goes: what waits behind a relay that rests is passed over whole.
  DROP INDEX entry_due;
  CREATE INDEX entry_way ON entry (relay, rank, next_at) WHERE state IN ('waiting', 'deferred');
  -- Holds that end by themselves, and the trash in the order in which it is emptied.
  CREATE INDEX entry_hold ON entry (held_until) WHERE state = 'held' AND held_until IS NOT NULL;
  CREATE INDEX entry_trash ON entry (dropped_at) WHERE state = 'dropped';
  -- Whose sender is to be warned, and who is to be given up. What is being sent stays in it: a claim need not take it out.
  CREATE INDEX entry_born ON entry (warned_at IS NOT NULL, born) WHERE state IN ('waiting', 'sending', 'deferred');
  `,
];

/** `mailgate.db`: the ledger, the audit trail, past sessions, memos, and what is counted for ever. */
export const mailgateSchema: readonly string[] = [
  `
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
  `,
  `
  -- For lists, and what few messages have (JSON; empty: nothing of it).
  ALTER TABLE ledger ADD COLUMN sender TEXT NOT NULL DEFAULT '';
  ALTER TABLE ledger ADD COLUMN subject TEXT NOT NULL DEFAULT '';
  ALTER TABLE ledger ADD COLUMN extras TEXT NOT NULL DEFAULT '';

  -- Dialogues of tries that failed, by the message; k counts on, the oldest go.
  CREATE TABLE ledger_attempt (
    account TEXT NOT NULL,
    uidl TEXT NOT NULL,
    k INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    UNIQUE (account, uidl, k)
  ) STRICT;

  CREATE TABLE session (
    session INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    file TEXT,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE memo (name TEXT NOT NULL UNIQUE, text TEXT NOT NULL) STRICT;
  `,
];

/** `events.db`: the ring. */
export const eventsSchema: readonly string[] = [
  `
  -- upto: octets of all events up to and with this one, since ever. It only grows, so that a size is a difference of two rows.
  CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, upto INTEGER NOT NULL, event TEXT NOT NULL) STRICT;

  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
  `,
];

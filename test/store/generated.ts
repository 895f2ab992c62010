/** A queue of any length, made by SQL: as it would be, had they all come in. */
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';

/** The first name, Pmg1000. */
const FIRST = 0x1000;

/**
 * Fills the queue of a home that has none: one a millisecond from `since` on, all waiting behind `relay`, each with one recipient and a
 * body of a few octets.
 */
export async function fillQueue(
  home: string,
  { messages, since, relay }: { messages: number; since: number; relay: string },
) {
  const store = await openStore(home, { clock: systemClock, log: silentLog });
  await store[Symbol.asyncDispose](); // the tables

  using db = new DatabaseSync(`${home}/Outgoing/queue.db`);
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN');
  const body = 'Subject: A sample message\r\n\r\nHello\r\n';
  const recipients = `json_array(json_object('address', 'user' || k || '@kunde.example', 'state', 'waiting', 'reply', NULL,
    'notify', json_array(), 'orcpt', NULL))`;
  db.prepare(
    `WITH RECURSIVE all_of(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM all_of WHERE k + 1 < ?1)
     INSERT INTO entry (n, state, rank, queued_at, next_at, attempts, bytes, digest, sender, recipients, subject, message_id, relay,
       last_reply, peer, hold, report_on, extras, born)
     SELECT ${FIRST} + k, 'waiting', 1, ?2 + k, ?2 + k, 0, ?3, '', 'sender' || (k % 1000) || '@firma.example', ${recipients},
       'A sample message, no. ' || k, '<' || k || '@firma.example>', ?4, NULL, 'exch1 [192.0.2.5]', NULL, NULL,
       '{"dsn":{"ret":null,"envid":null},"smtpUtf8":false,"eightBit":false}', k
     FROM all_of`,
  ).run(messages, since, body.length, relay);
  db.prepare('INSERT INTO chunk (place, octets) SELECT n * 65536, CAST(? AS BLOB) FROM entry').run(body);
  db.prepare(`INSERT OR REPLACE INTO tally VALUES ('waiting', ?, ?)`).run(messages, messages * body.length);
  db.exec('COMMIT');
}

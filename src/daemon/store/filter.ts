/** A `QueueFilter` as a condition of SQL over the table `entry` under the name `e`. Everything that is asked for is bound. */
import { type Cell, RANKS } from './entry-row.ts';
import type { QueueEntry, QueueFilter } from './store.ts';

export interface Condition {
  sql: string;
  cells: Cell[];
}

/** What a list shows when no state is asked for: the queue, not the trash. */
const QUEUED: QueueEntry['state'][] = ['waiting', 'sending', 'deferred', 'held'];

export const statesOf = (where: QueueFilter): QueueEntry['state'][] => [...new Set(where.states ?? QUEUED)];

/** Does the filter look at states only? Then nothing has to be searched. */
export const isPlain = (where: QueueFilter): boolean =>
  Object.entries(where).every(([field, asked]) => field === 'states' || asked === undefined);

/** The condition of all fields but `ids` and `states`, which choose what is looked at. */
export function conditionOf(where: QueueFilter): Condition {
  const conditions: Condition[] = [];
  const need = (asked: string | undefined, make: (pattern: string) => Condition) => {
    if (asked !== undefined) conditions.push(make(asked));
  };

  need(where.sender, (mask) => like('e.sender', likeMask(mask)));
  need(where.recipient, (mask) => someRecipient((value) => like(value, likeMask(mask))));
  need(where.relay, (mask) => like('e.relay', likeMask(mask)));
  need(where.subject, (mask) => like('e.subject', likeMask(mask)));
  need(where.reply, (mask) => like('e.last_reply', likeMask(mask)));
  need(where.peer, (mask) => like('e.peer', likeMask(mask)));
  need(where.messageId, (mask) => like('e.message_id', likeMask(mask)));
  need(where.heldBy, (mask) => like(HOLDER, likeMask(mask)));
  need(where.id, (mask) => like(ID, likeMask(mask)));
  need(where.word, (word) => anyWith((value) => like(value, `%${literally(word)}%`)));
  need(where.pattern, (pattern) => anyWith((value) => ({ sql: `contains(?, ${value})`, cells: [pattern] })));
  conditions.push(...comparisons(where));
  for (const unwanted of where.not ?? []) {
    const { sql, cells } = conditionOf(unwanted);
    conditions.push({ sql: `NOT coalesce(${sql}, FALSE)`, cells });
  }
  for (const some of where.anyOf ?? []) {
    conditions.push(joined(some.map(conditionOf), ' OR ', 'FALSE'));
  }
  return joined(conditions, ' AND ', 'TRUE');
}

/** A name as people know it. */
const ID = `'Pmg' || printf('%04X', e.n)`;

/** A damaged row's hold is nobody's. */
const HOLDER = `CASE WHEN json_valid(e.hold) THEN e.hold ->> '$.by' END`;

function comparisons(where: QueueFilter): Condition[] {
  const asked: [string, number | undefined][] = [
    ['e.queued_at < ?', where.queuedBefore],
    ['e.queued_at > ?', where.queuedAfter],
    ['e.next_at < ?', where.dueBefore],
    ['e.next_at > ?', where.dueAfter],
    ['e.bytes > ?', where.bytesAbove],
    ['e.bytes < ?', where.bytesBelow],
    ['e.attempts > ?', where.attemptsAbove],
    ['e.attempts < ?', where.attemptsBelow],
  ];
  const found = asked.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, cells: [value] }]));
  if (where.priorities) {
    const ranks = where.priorities.map((priority) => RANKS.indexOf(priority));
    found.push({ sql: `e.rank IN (${ranks.map(() => '?').join(', ')})`, cells: ranks });
  }
  if (where.reports === undefined) return found;
  return [...found, { sql: `e.report_on IS ${where.reports ? 'NOT NULL' : 'NULL'}`, cells: [] }];
}

function anyWith(fits: (value: string) => Condition): Condition {
  const columns = [ID, 'e.sender', 'e.subject', 'e.last_reply'];
  return joined([...columns.map(fits), someRecipient(fits)], ' OR ', 'FALSE');
}

function joined(conditions: Condition[], by: ' AND ' | ' OR ', none: string): Condition {
  if (conditions.length === 0) return { sql: none, cells: [] };
  return { sql: conditions.map(({ sql }) => `(${sql})`).join(by), cells: conditions.flatMap(({ cells }) => cells) };
}

/** SQLite's LIKE knows the case of ASCII letters only; a pattern with others goes through `fold` (below). */
function like(value: string, pattern: string): Condition {
  const ascii = Buffer.byteLength(pattern) === pattern.length;
  if (ascii) return { sql: `coalesce(${value}, '') LIKE ? ESCAPE '\\'`, cells: [pattern] };
  return { sql: `fold(${value}) LIKE ? ESCAPE '\\'`, cells: [fold(pattern)] };
}

/** A row whose JSON is damaged matches nothing; json_each alone would fail the whole search. */
function someRecipient(fits: (value: string) => Condition): Condition {
  const { sql, cells } = fits(`r.value ->> '$.address'`);
  const some = `EXISTS (SELECT 1 FROM json_each(e.recipients) AS r WHERE ${sql})`;
  return { sql: `CASE WHEN json_valid(e.recipients) THEN ${some} ELSE FALSE END`, cells };
}

/** Registered with the database under this name: lower case, in any alphabet. */
export const fold = (text: unknown): string => (typeof text === 'string' ? text.normalize('NFC').toLowerCase() : '');

const literally = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

/** `*` is any run of characters and `?` is any one; LIKE's own wildcards mean themselves. SQLite matches in linear time. */
const likeMask = (mask: string): string => literally(mask).replaceAll('*', '%').replaceAll('?', '_');

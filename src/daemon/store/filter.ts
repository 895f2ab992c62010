/** A `QueueFilter` as a condition of SQL over the table `entry` under the name `e`. Everything that is asked for is bound. */
import type { Cell } from './entry-row.ts';
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
  need(where.recipient, (mask) => likeRecipient(likeMask(mask)));
  need(where.relay, (mask) => like('e.relay', likeMask(mask)));
  need(where.subject, (mask) => like('e.subject', likeMask(mask)));
  need(where.word, (word) => anyWith(`%${literally(word)}%`));
  if (where.queuedBefore !== undefined) conditions.push({ sql: 'e.queued_at < ?', cells: [where.queuedBefore] });
  if (where.queuedAfter !== undefined) conditions.push({ sql: 'e.queued_at > ?', cells: [where.queuedAfter] });
  return joined(conditions, ' AND ', 'TRUE');
}

function anyWith(pattern: string): Condition {
  const columns = [`'Pmg' || printf('%04X', e.n)`, 'e.sender', 'e.subject', 'e.last_reply'];
  return joined([...columns.map((column) => like(column, pattern)), likeRecipient(pattern)], ' OR ', 'FALSE');
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
function likeRecipient(pattern: string): Condition {
  const { sql, cells } = like(`r.value ->> '$.address'`, pattern);
  const some = `EXISTS (SELECT 1 FROM json_each(e.recipients) AS r WHERE ${sql})`;
  return { sql: `CASE WHEN json_valid(e.recipients) THEN ${some} ELSE FALSE END`, cells };
}

/** Registered with the database under this name: lower case, in any alphabet. */
export const fold = (text: unknown): string => (typeof text === 'string' ? text.normalize('NFC').toLowerCase() : '');

const literally = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

/** `*` is any run of characters and `?` is any one; LIKE's own wildcards mean themselves. SQLite matches in linear time. */
const likeMask = (mask: string): string => literally(mask).replaceAll('*', '%').replaceAll('?', '_');

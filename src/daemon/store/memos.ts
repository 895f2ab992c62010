/** Small texts by name in `mailgate.db`, in the store's thread. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import { Refused } from './failure.ts';
import { LONGEST_MEMO } from './store.ts';

export function openMemos(db: DatabaseSync): Handlers<'memo'> {
  const one = rows(db, 'SELECT text FROM memo WHERE name = ?');
  const put = db.prepare('INSERT INTO memo (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = ?2');
  const forget = db.prepare('DELETE FROM memo WHERE name = ?');
  const all = rows(db, 'SELECT name, text FROM memo WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name');

  return {
    'memo.get': ({ name }) => (one.get(name) as unknown as [string] | undefined)?.[0] ?? null,
    'memo.put': ({ name, text }) => {
      if (text === null) {
        forget.run(name);
        return null;
      }
      if (text.length > LONGEST_MEMO) throw new Refused(`"${name}" is longer than ${LONGEST_MEMO} characters`);
      put.run(name, text);
      return null;
    },
    'memo.all': ({ prefix }) => all.all(prefix) as unknown as [string, string][],
  };
}

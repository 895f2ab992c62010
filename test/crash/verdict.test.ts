/** The checker is to be believed only if it finds what is planted. */
import { describe, expect, test } from 'vitest';
import { type Fact, type History, openHistory } from './history.ts';
import { judge } from './verdict.ts';

const STRICT = { anAccount: 0, aPeer: 0 };
const ONE = { anAccount: 1, aPeer: 1 };

/** `null` is the end of a run. */
function told(...facts: (Fact | null)[]): History {
  const history = openHistory();
  history.nextRun();
  for (const fact of facts) {
    if (fact === null) history.nextRun();
    else history.tell(fact);
  }
  return history;
}

const toFetch = (id: string, from = 'one'): Fact => ({ kind: 'to fetch', id, digest: `${id}'s`, from });
const toSend = (id: string, refused = false): Fact => ({ kind: 'to send', id, digest: `${id}'s`, refused });
const queued = (id: string, name: string): Fact => ({ kind: 'queued', id, name });
const copy = { digest: '', name: '', messageId: '', about: null };
const inside = (id: string, digest = `${id}'s`): Fact => ({ ...copy, kind: 'delivered', at: 'inside', id, digest });
const sent = (id: string, name: string): Fact => ({
  ...copy,
  kind: 'delivered',
  at: 'relay',
  id,
  digest: `${id}'s`,
  name,
});
const report = (about: string, messageId: string): Fact => ({
  ...copy,
  kind: 'delivered',
  at: 'inside',
  id: 'x',
  about,
  messageId,
});
const thanked = (id: string): Fact => ({ kind: 'acknowledged', at: 'inside', id });

describe('what is well', () => {
  test('everything once, both ways, and a report on what was refused', () => {
    const all = [
      ...[toFetch('a'), inside('a'), thanked('a'), { kind: 'to be deleted', id: 'a' } as const],
      ...[toSend('b'), queued('b', 'P1'), sent('b', 'P1')],
      ...[toSend('c', true), queued('c', 'P2'), report('P2', 'r1')],
    ];
    expect(judge(told(...all), STRICT)).toEqual([]);
  });

  test('I02: the last message of an account, once more after a crash', () => {
    expect(judge(told(toFetch('a'), inside('a'), null, inside('a')), ONE)).toEqual([]);
  });

  test('X05: a letter of which the client was in doubt, as two messages', () => {
    const facts = [toSend('b'), { kind: 'doubted', id: 'b' } as const, null, queued('b', 'P2')];
    expect(judge(told(...facts, sent('b', 'P1'), sent('b', 'P2')), STRICT)).toEqual([]);
  });
});

describe('what is not', () => {
  const a = [toFetch('a'), inside('a'), thanked('a')];
  const b = [toSend('b'), queued('b', 'P1'), sent('b', 'P1')];

  test.for<[string, (Fact | null)[], string]>([
    ['fetched and lost', [toFetch('a')], 'a was fetched, and is lost'],
    ['acknowledged and lost', [toSend('b'), queued('b', 'P1')], 'b was acknowledged as P1, and is lost'],
    [
      'one of two messages lost',
      [...b, { kind: 'doubted', id: 'b' }, queued('b', 'P2')],
      'b was acknowledged as P2, and is lost',
    ],
    ['refused in silence', [toSend('c', true), queued('c', 'P2')], 'c was refused, and nobody was told (P2)'],
    ['altered', [toFetch('a'), inside('a', 'another')], 'a was altered on its way ()'],
    [
      'deleted before its 250 (I03)',
      [toFetch('a'), inside('a'), { kind: 'to be deleted', id: 'a' }, thanked('a')],
      'DELE of a came before its 250',
    ],
    ['delivered twice in a run', [...a, inside('a')], 'a came to inside twice in run 1'],
    ['sent twice in a run', [...b, sent('b', 'P1')], 'b came to relay twice in run 1'],
    [
      'delivered again although the next one was under way',
      [...a, toFetch('d'), inside('d'), null, inside('a')],
      'a came again although run 1 had gone on to the next one',
    ],
    [
      'more second deliveries than one crash excuses',
      [...b, toSend('e'), queued('e', 'P3'), sent('e', 'P3'), null, sent('b', 'P1'), sent('e', 'P3')],
      '2 messages came again at the end of run 1, relay: no more than 1 may',
    ],
    [
      'two messages of one letter without a doubt',
      [...b, sent('b', 'P2')],
      'b became 2 messages, and its client was in doubt 0 times',
    ],
    [
      'two reports on one failure (X08)',
      [toSend('c', true), queued('c', 'P2'), report('P2', 'r1'), null, report('P2', 'r2')],
      'there are 2 reports on P2',
    ],
  ])('%s', ([, facts, complaint]) => {
    expect(judge(told(...facts), ONE)).toEqual([complaint]);
  });

  test('a second delivery where none is excused', () => {
    expect(judge(told(...a, null, inside('a')), STRICT)).toEqual([
      '1 messages came again at the end of run 1, account one: no more than 0 may',
    ]);
  });
});

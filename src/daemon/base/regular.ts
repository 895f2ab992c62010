/**
 * Regular expressions that are matched in linear time (CFG12): the filter of the queue may hold any, and it runs in the store's thread,
 * which all mail waits for. All ways through the expression are followed at once, as Thompson described it in 1968; nothing backtracks.
 * Known are `.`, classes, `|`, groups, `* + ? {m,n}`, `^`, `$`, `\d \w \s` and their opposites, `\b`; not look-around and
 * back-references. Case is ignored.
 */

/** States of one expression: `{1,1000}` of something long would cost as much at every character. */
const MOST_STATES = 500;

/** Parts that are laid in a row, also those that come to nothing: `(((){999}){999}){999}` has no state at all. */
const MOST_LAID = 10_000;

/** Characters of a text that are looked at. Subjects and replies are shorter; what is longer is somebody's attack. */
const LONGEST_TEXT = 1_000;

type Fits = (character: string) => boolean;
type Where = 'start' | 'end' | 'word' | 'no word';

/** One step of the machine; `to` are the numbers of the steps after it. */
type Step =
  | { is: 'one'; fits: Fits; to: number }
  | { is: 'either'; to: number[] }
  | { is: 'at'; where: Where; to: number }
  | { is: 'end' };

export type Regular = { ok: true; within(text: string): boolean } | { ok: false; problem: string };

/** Reads an expression; `problem` is a sentence for whoever wrote it. */
export function readRegular(source: string): Regular {
  try {
    const steps = compile(parse(source));
    return { ok: true, within: (text) => runs(steps, text.slice(0, LONGEST_TEXT)) };
  } catch (error) {
    if (error instanceof Odd) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Registered with the database: does a text contain what an expression means? One that cannot be read is in nothing. */
export function contains(source: unknown, text: unknown): 0 | 1 {
  if (typeof source !== 'string' || typeof text !== 'string') return 0;
  if (last?.source !== source) last = { source, regular: readRegular(source) };
  return last.regular.ok && last.regular.within(text) ? 1 : 0;
}

/** A search asks for the same one, row by row. */
let last: { source: string; regular: Regular } | null = null;

class Odd extends Error {}

type Node =
  | { is: 'one'; fits: Fits }
  | { is: 'at'; where: Where }
  | { is: 'row'; of: Node[] }
  | { is: 'or'; of: Node[] }
  | { is: 'many'; of: Node; least: number; most: number };

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

function parse(source: string): Node {
  const characters = Array.from(source.normalize('NFC'));
  let at = 0;
  let depth = 0;
  const peek = () => characters[at];
  const take = (): string => characters[at++] ?? odd('The expression ends too early.');

  function either(): Node {
    const ways = [row()];
    while (peek() === '|') {
      at += 1;
      ways.push(row());
    }
    return ways.length === 1 ? (ways[0] as Node) : { is: 'or', of: ways };
  }

  function row(): Node {
    const of: Node[] = [];
    while (at < characters.length && peek() !== '|' && peek() !== ')') of.push(repeated(atom()));
    return { is: 'row', of };
  }

  function repeated(node: Node): Node {
    const [least, most] = amount() ?? [1, 1];
    if (least === 1 && most === 1) return node;
    if (peek() === '?') at += 1; // lazy: the same texts contain it
    if (node.is === 'at') odd('What stands for a place cannot be repeated.');
    if (/[*+?{]/.test(peek() ?? '') && amount() !== null) odd('One repetition after another means nothing.');
    return { is: 'many', of: node, least, most };
  }

  function amount(): [number, number] | null {
    const sign = peek();
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[sign ?? ''] as [number, number] | undefined;
    if (simple !== undefined) {
      at += 1;
      return simple;
    }
    if (sign !== '{') return null;
    const [whole, from, comma, to] = /^\{(\d{1,4})(,)?(\d{1,4})?\}/.exec(characters.slice(at, at + 12).join('')) ?? [];
    if (whole === undefined) return null; // a brace that is one
    at += whole.length;
    const least = Number(from);
    const most = comma === undefined ? least : to === undefined ? Infinity : Number(to);
    return most < least ? odd(`${whole}: the second number is the smaller one.`) : [least, most];
  }

  function atom(): Node {
    const character = take();
    switch (character) {
      case '.':
        return { is: 'one', fits: () => true };
      case '^':
        return { is: 'at', where: 'start' };
      case '$':
        return { is: 'at', where: 'end' };
      case '[':
        return { is: 'one', fits: charClass() };
      case '(':
        return group();
      case '*':
      case '+':
      case '?':
        return odd(`"${character}" repeats nothing here.`);
      case '\\':
        return escaped(take());
      default:
        return { is: 'one', fits: same(character) };
    }
  }

  function group(): Node {
    if (peek() === '?') {
      if (characters[at + 1] !== ':') odd('Look-around and named groups are not known here.');
      at += 2;
    }
    depth += 1;
    if (depth > 50) odd('Groups lie too deep in one another.');
    const inner = either();
    depth -= 1;
    if (peek() !== ')') odd('A group is not closed.');
    at += 1;
    return inner;
  }

  function charClass(): Fits {
    const not = peek() === '^';
    if (not) at += 1;
    const some: Fits[] = [];
    for (let first = true; first || peek() !== ']'; first = false) {
      const from = take();
      const known = from === '\\' ? classOf(peek() ?? '') : undefined;
      if (known !== undefined) {
        at += 1;
        some.push(known);
        continue;
      }
      const low = from === '\\' ? take() : from;
      if (peek() !== '-' || characters[at + 1] === ']' || characters[at + 1] === undefined) {
        some.push(same(low));
        continue;
      }
      at += 1;
      const high = take();
      some.push(between(low, high === '\\' ? take() : high));
    }
    at += 1;
    return (character) => some.some((fits) => fits(character)) !== not;
  }

  const whole = either();
  return at < characters.length ? odd('A ")" closes nothing.') : whole;
}

function escaped(character: string): Node {
  if (character === 'b') return { is: 'at', where: 'word' };
  if (character === 'B') return { is: 'at', where: 'no word' };
  if (/[0-9k]/.test(character)) odd('Back-references are not known here.');
  return { is: 'one', fits: classOf(character) ?? same(character) };
}

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);

function classOf(letter: string): Fits | undefined {
  switch (letter) {
    case 'd':
      return (character) => /\d/.test(character);
    case 'D':
      return (character) => !/\d/.test(character);
    case 'w':
      return isWord;
    case 'W':
      return (character) => !isWord(character);
    case 's':
      return (character) => /\s/.test(character);
    case 'S':
      return (character) => !/\s/.test(character);
    case 't':
      return same('\t');
    default:
      return undefined;
  }
}

function same(character: string): Fits {
  const wanted = folded(character);
  return (other) => other === wanted;
}

/** In any case of letters, as everything else: `[A-Z]` has `a`, too. */
function between(low: string, high: string): Fits {
  if (low > high) odd(`${low}-${high}: the second character is the smaller one.`);
  return (character) => [character, character.toUpperCase()].some((one) => one >= low && one <= high);
}

function odd(problem: string): never {
  throw new Odd(problem);
}

/** Step 0 is where it begins. Steps are laid from the end to the beginning, so that each knows what comes after it. */
function compile(node: Node): Step[] {
  const steps: Step[] = [{ is: 'either', to: [] }, { is: 'end' }];
  let laid = 0;
  const add = (step: Step): number => {
    if (steps.length >= MOST_STATES) odd('The expression is too large.');
    return steps.push(step) - 1;
  };

  function lay(part: Node, to: number): number {
    laid += 1;
    if (laid > MOST_LAID) odd('The expression is too large.');
    switch (part.is) {
      case 'one':
        return add({ is: 'one', fits: part.fits, to });
      case 'at':
        return add({ is: 'at', where: part.where, to });
      case 'row':
        return part.of.reduceRight((next, one) => lay(one, next), to);
      case 'or':
        return add({ is: 'either', to: part.of.map((way) => lay(way, to)) });
      case 'many':
        return layMany(part, to);
    }
  }

  function layMany({ of, least, most }: Extract<Node, { is: 'many' }>, to: number): number {
    let next = to;
    if (most === Infinity) {
      const again: Step & { is: 'either' } = { is: 'either', to: [to] };
      next = add(again);
      again.to.push(lay(of, next));
    } else {
      for (let n = least; n < most; n += 1) next = add({ is: 'either', to: [to, lay(of, next)] });
    }
    for (let n = 0; n < least; n += 1) next = lay(of, next);
    return next;
  }

  steps[0] = { is: 'either', to: [lay(node, 1)] };
  return steps;
}

/** A new attempt begins at every character, in the same pass. */
function runs(steps: Step[], text: string): boolean {
  const characters = Array.from(folded(text));
  let now = new Set<number>();
  for (let at = 0; at <= characters.length; at += 1) {
    const place = { before: characters[at - 1], after: characters[at] };
    now.add(0);
    if (opened(steps, now, place)) return true;

    const next = new Set<number>();
    for (const number of now) {
      const step = steps[number];
      if (step?.is === 'one' && place.after !== undefined && step.fits(place.after)) next.add(step.to);
    }
    now = next;
  }
  return false;
}

/** Adds what can be reached without a character; true when that is the end. */
function opened(
  steps: Step[],
  reached: Set<number>,
  { before, after }: { before: string | undefined; after: string | undefined },
): boolean {
  for (const number of reached) {
    const step = steps[number];
    if (step === undefined || step.is === 'one') continue;
    if (step.is === 'end') return true;
    if (step.is === 'either') for (const to of step.to) reached.add(to);
    else if (holds(step.where, before, after)) reached.add(step.to);
  }
  return false;
}

function holds(where: Where, before: string | undefined, after: string | undefined): boolean {
  switch (where) {
    case 'start':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'word':
      return isWord(before) !== isWord(after);
    case 'no word':
      return isWord(before) === isWord(after);
  }
}

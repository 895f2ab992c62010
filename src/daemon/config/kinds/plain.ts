/** Numbers, switches, choices, texts, and lists of any of them. */
import { foldName, trimBlanks } from '../../base/blanks.ts';
import { bad, good, type Kind, type Reading } from '../key.ts';

/** Digits, with a fraction or not: no exponent, no unit, no decimal comma, so that 1e309, NaN and "5 minutse" are none. */
const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?$/;

/** Why `Port=25 ; the usual one` is refused, told to whoever writes it. */
const REMARK = 'A comment stands on a line of its own.';
const hasRemark = (text: string): boolean => /\s[;#]/.test(text);

/** A whole number. */
export function whole(least: number, most: number): Kind<number> {
  return {
    expects: `${least} to ${most}`,
    read(text) {
      const number = amountIn(text, least, most);
      if (!number.ok || Number.isInteger(number.value)) return number;

      return bad({ hint: 'It is a whole number.' });
    },
  };
}

/** A number that may have a fraction, in the unit that its key names. */
export function amount(least: number, most: number): Kind<number> {
  return { expects: `${least} to ${most}`, read: (text) => amountIn(text, least, most) };
}

function amountIn(text: string, least: number, most: number): Reading<number> {
  if (hasRemark(text)) return bad({ hint: REMARK });
  if (/^\d+,\d+$/.test(text)) return bad({ hint: 'A fraction is written with a point.' });
  if (!DECIMAL.test(text)) return bad();

  const value = Number(text);
  return value >= least && value <= most ? good(value) : bad();
}

/** 0 or 1; `no` and `yes` are read, too. */
export const flag: Kind<boolean> = choice({ '0': false, '1': true }, { no: false, yes: true });

/** One of some words, which are their own meaning. */
export function oneOf<const W extends string>(...words: readonly W[]): Kind<W> {
  return choice(Object.fromEntries(words.map((word) => [word, word])) as Record<W, W>);
}

/** One of some words, each with its meaning; `unsaid` are read but not advertised. */
export function choice<T>(words: Readonly<Record<string, T>>, unsaid: Readonly<Record<string, T>> = {}): Kind<T> {
  const meanings = new Map(Object.entries({ ...unsaid, ...words }).map(([word, value]) => [foldName(word), value]));
  return {
    expects: alternatives(Object.keys(words)),
    read(text) {
      const word = foldName(text);
      // has() apart: a meaning may be false.
      if (meanings.has(word)) return good(meanings.get(word) as T);

      return bad(hasRemark(text) ? { hint: REMARK } : {});
    },
  };
}

/** Any text on one line. */
export const line: Kind<string> = {
  expects: 'a text on one line',
  verbatim: true,
  // A quoted value can hold a line end; in a header or a dialogue it would begin a line of its own.
  read: (value) => (hasControl(value) ? bad({ hint: 'It holds a control character.' }) : good(value)),
};

/** Any text on one line, but some. */
export function someLine(expects: string): Kind<string> {
  return { ...line, expects, read: (value, home) => (value === '' ? bad() : line.read(value, home)) };
}

/** Printable ASCII, since it is spoken in a protocol. */
export const spoken: Kind<string> = {
  expects: 'printable ASCII characters',
  read: (value) => (/^[ -~]+$/.test(value) ? good(value) : bad()),
};

/** The kind, or nothing. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    ...kind,
    expects: `empty, or ${kind.expects}`,
    read: (value, home) => (value === '' ? good(null) : kind.read(value, home)),
  };
}

/** Some of the kind, between `separators`; an empty value is an empty list, an empty item is left out. */
export function listOf<T>(kind: Kind<T>, separators: RegExp = /,/, naming = 'commas'): Kind<readonly T[]> {
  return {
    ...kind,
    expects: `${kind.expects}, several with ${naming} between them`,
    read(value, home) {
      const items: T[] = [];
      const parts = value.split(separators).map(trimBlanks);
      for (const part of parts.filter((item) => item !== '')) {
        const item = kind.read(part, home);
        if (!item.ok) return { found: part, ...item };
        items.push(item.value);
      }
      return good(items);
    },
  };
}

/** The kind, at least one. */
export function someOf<T>(kind: Kind<readonly T[]>): Kind<readonly T[]> {
  return {
    ...kind,
    read(value, home) {
      const list = kind.read(value, home);
      return list.ok && list.value.length === 0 ? bad({ hint: 'At least one is needed.' }) : list;
    },
  };
}

/** Of the kind, with what else can be said against it: a sentence, or null. */
export function remarked<T>(kind: Kind<T>, remark: (value: T) => string | null): Kind<T> {
  return {
    ...kind,
    read(value, home) {
      const reading = kind.read(value, home);
      if (!reading.ok) return reading;

      return good(reading.value, remark(reading.value) ?? reading.warning);
    },
  };
}

export const hasControl = (value: string): boolean => /[^\t\P{Cc}]/u.test(value);

function alternatives(words: readonly string[]): string {
  const shown = words.map((word) => (word.includes(',') ? `"${word}"` : word));
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

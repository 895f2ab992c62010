/**
 * What a key of the configuration is: one row of the table from which parsing, errors, types and
 * `docs/config.md` come.
 */

/** How the text of a value is read. */
export interface Kind<T> {
  /** What a person may write, as the rest of "expected …": `1 to 65535`. */
  readonly expects: string;
  /** Relative paths are of the home. */
  readonly read: (text: string, home: string) => Reading<T>;
  /** Blanks inside the value are the person's own: a password, a name. Elsewhere an odd blank counts as a blank. */
  readonly verbatim?: true;
  /** Never shown, not even in an error. */
  readonly secret?: true;
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly warning?: string }
  /** `found`: the part of the text that is wrong, when not all of it; `hint`: a sentence of advice. */
  | { readonly ok: false; readonly found?: string; readonly hint?: string };

export interface Key<T> {
  /** As the documentation writes it. */
  readonly name: string;
  /** Other spellings that are read. */
  readonly also?: readonly string[];
  readonly is: Kind<T>;
  /** The text that stands for an absent key; without one the key must be given. */
  readonly default?: string;
  readonly meaning: string;
  /** A sentence for whoever got it wrong. */
  readonly hint?: string;
  /** The row of the description that it serves. */
  readonly row?: string;
  /** The key is the description's own, to the letter. */
  readonly own?: true;
}

export type Keys = Readonly<Record<string, Key<unknown>>>;

/** The values of a section, typed by its table. */
export type ValuesOf<K extends Keys> = {
  readonly [P in keyof K]: K[P]['is'] extends Kind<infer T> ? T : never;
};

/** One kind of section. */
export interface SectionTable {
  /** `Options`; of a section that may stand there many times, what precedes the colon: `POP3 account`. */
  readonly name: string;
  /** Of a section that stands once: nothing. Else what its name after the colon is. */
  readonly named?: string;
  readonly about: string;
  /** What a name after the colon is, when not any text. */
  readonly nameIs?: Kind<string>;
  /** Empty where the person's own names are the keys. */
  readonly keys: Keys;
  /** Of a section whose keys are the person's own: what a line is. */
  readonly lines?: Lines<unknown>;
  readonly row?: string;
}

/** `address = name`: both sides of the "=" are the person's own. */
export interface Lines<T> {
  readonly key: { readonly name: string; readonly is: Kind<string> };
  readonly value: { readonly name: string; readonly is: Kind<T> };
}

export const good = <T>(value: T, warning?: string): Reading<T> =>
  warning === undefined ? { ok: true, value } : { ok: true, value, warning };

export const bad = (why: { found?: string; hint?: string } = {}): Reading<never> => ({ ok: false, ...why });

/** What is wrong with the configuration, told so that a person can go to the line and mend it. Never holds a secret. */
export interface ConfigProblem {
  /** The file's name in the home. */
  readonly file: string;
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  /** From 1, in characters; null where the whole line is meant. */
  readonly column: number | null;
  /** Section and key as the file has them: `[Relay] Port`; null where neither is known. */
  readonly key: string | null;
  readonly message: string;
}

/** Where a problem is: all of it but the message. */
export type Place = Omit<ConfigProblem, 'message'>;

/** What a reading found: `problems` refuse the configuration, `warnings` only say so. */
export interface Findings {
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigProblem[];
}

/** A file of nonsense has a million faults; nobody reads more than these. */
const MOST_PROBLEMS = 100;

/** Whether what comes now is only counted: then it need not be worked out. */
export const onlyCounted = (problems: readonly ConfigProblem[]): boolean => problems.length > MOST_PROBLEMS;

/** One line: `PMailGat.ini:12: [Relay] Port: expected 1 to 65535, found "smtp".` */
export function describeProblem(problem: ConfigProblem): string {
  const column = problem.column === null ? '' : `:${problem.column}`;
  const where = problem.line === null ? problem.file : `${problem.file}:${problem.line}${column}`;
  const key = problem.key === null ? null : cut(problem.key, LONGEST_KEY);

  return visible([where, key, problem.message].filter((part) => part !== null).join(': '));
}

/** The problems as a person reads them: file by file from the top, not more than anybody reads. */
export function inReadingOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const sorted = problems.toSorted((a, b) =>
    a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1,
  );
  if (sorted.length <= MOST_PROBLEMS) return sorted;

  const last = sorted[MOST_PROBLEMS - 1] as ConfigProblem;
  const rest = sorted.length - MOST_PROBLEMS;
  return [
    ...sorted.slice(0, MOST_PROBLEMS),
    { file: last.file, line: null, column: null, key: null, message: `and ${rest} more problems.` },
  ];
}

/** What a person wrote, for a message: quoted, and cut when it is long. */
export const quoted = (text: string): string => `"${cut(text, LONGEST_FOUND)}"`;

/** Characters of a name and of a value that a message repeats: enough to know which one is meant. */
const LONGEST_KEY = 120;
const LONGEST_FOUND = 60;

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A control or a change of direction in the file must not steer the terminal that shows what is wrong with it. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

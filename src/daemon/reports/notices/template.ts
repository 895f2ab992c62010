/**
 * Templates of notices (S68): a text with `Subject: …` in its first line and `{placeholders}`. Filled in one pass, so that a value
 * cannot bring a placeholder of its own; a placeholder that nobody knows stays as it is, and is reported. Pure.
 */

export interface Filled {
  subject: string;
  text: string;
  /** What is wrong with the template, a sentence each. */
  faults: string[];
}

export const PLACEHOLDERS = [
  'sender',
  'from',
  'subject',
  'size',
  'limit',
  'setBy',
  'account',
  'date',
  'recipients',
  'gateway',
  'headers',
] as const;

type Values = Record<(typeof PLACEHOLDERS)[number], string>;

/** `values` are on one line each, save `headers`; `otherSubject` stands for one that the template has not. */
export function fill(template: string, values: Values, otherSubject: string): Filled {
  const [first = '', ...rest] = template.split(/\r?\n/);
  const [, subject = null] = /^Subject:(.*)$/i.exec(first) ?? [];
  const body = (subject === null ? [first, ...rest] : rest).join('\n').replace(/^\n+/, '');

  const unknown = new Set<string>();
  const filled = (text: string): string =>
    text.replace(/\{([A-Za-z]+)\}/g, (whole, name: string) => {
      const known = PLACEHOLDERS.find((one) => one.toLowerCase() === name.toLowerCase());
      if (known) return values[known];
      unknown.add(whole);
      return whole;
    });

  const text = filled(body);
  const line = filled(subject ?? otherSubject);
  const faults = [
    ...(subject === null ? ['its first line is not "Subject: …"'] : []),
    ...[...unknown].map((name) => `${name} is no placeholder; those are ${list()}`),
  ];
  return { subject: line.replace(/\s+/g, ' ').trim(), text, faults };
}

const list = (): string => PLACEHOLDERS.map((name) => `{${name}}`).join(' ');

/** Which table each section of the file belongs to; one that belongs to none is told, with the nearest known one (CFG03). */
import { foldName, trimBlanks } from '../base/blanks.ts';
import type { IniSection } from './ini-file.ts';
import { foldSection } from './ini-line.ts';
import type { SectionTable } from './key.ts';
import { nearestName } from './nearest.ts';
import { type Findings, onlyCounted } from './problem.ts';
import type { RawSection } from './read-section.ts';
import { headingOf, sectionTables } from './schema.ts';

export interface SortedSections {
  /** The sections of a table, in the order of the file. */
  of(table: SectionTable): readonly RawSection[];
}

export function sortSections(file: string, sections: readonly IniSection[], findings: Findings): SortedSections {
  const sorted = new Map<SectionTable, RawSection[]>();
  // A section that stands there twice was told when the file was taken apart; the first one is read.
  const seen = new Set<string>();

  for (const section of sections) {
    const folded = foldSection(section.name);
    const table = tableOf(section.name);
    // A heading without a name was told when the file was taken apart.
    if (table === null && section.name !== '') unknownSection(file, section, findings);
    if (table === null || seen.has(folded)) continue;

    seen.add(folded);
    const { name: heading, line, entries } = section;
    const those = sorted.get(table) ?? [];
    those.push({ file, heading, name: namePart(heading), line, entries });
    sorted.set(table, those);
  }
  return { of: (table) => sorted.get(table) ?? [] };
}

/** The table of a heading, or null. */
export function tableOf(heading: string): SectionTable | null {
  const name = namePart(heading);
  const kind = foldName(kindPart(heading));
  const named = heading.includes(':');
  if (named && name === '') return null;

  return sectionTables.find((table) => foldName(table.name) === kind && (table.named !== undefined) === named) ?? null;
}

function unknownSection(file: string, { name, line }: IniSection, { problems }: Findings): void {
  const nearest = onlyCounted(problems) ? '' : headingOf(nearestTable(name));
  const message = `is not a known section. The nearest one is [${nearest}].`;
  problems.push({ file, line, column: null, key: `[${name}]`, message });
}

function nearestTable(heading: string): SectionTable {
  const named = heading.includes(':');
  const fits = (table: SectionTable): boolean => (table.named !== undefined) === named;
  // With a name after a colon, one of those that have a name is meant when two are as near.
  const tables = sectionTables.toSorted((a, b) => Number(fits(b)) - Number(fits(a)));
  const nearest = nearestName(
    kindPart(heading),
    tables.map((table) => table.name),
  );
  return tables.find((table) => table.name === nearest) as SectionTable;
}

/** `POP3 account` of `POP3 account: sales`. */
const kindPart = (heading: string): string => heading.split(':', 1)[0] ?? '';

/** `sales` of `POP3 account: sales`; a name may hold colons. */
const namePart = (heading: string): string =>
  heading.includes(':') ? trimBlanks(heading.slice(heading.indexOf(':') + 1)) : '';

/** The configuration as it was read, section by section, before it is looked at as a whole. */
import type { Keys, SectionTable, ValuesOf } from './key.ts';
import type { EnvelopeMask } from './kinds/mail.ts';
import { type Desk, type OwnLine, type Part, type RawSection, readOwnLines, readSection } from './read-section.ts';
import type { SecretSource } from './secret-source.ts';
import { accountTable, recipientTable } from './sections/inbound.ts';
import { mailServerTable } from './sections/mail-server.ts';
import { oauth2Table } from './sections/oauth2.ts';
import { optionsTable, storeTable } from './sections/options.ts';
import { displayNamesTable, outgoingTable, outgoingUsersTable } from './sections/outgoing.ts';
import { namedRelayTable, relayLoginTable, relayTable } from './sections/relay.ts';
import { remoteControlTable } from './sections/remote-control.ts';
import { headerMasksTable, rulesTable, ruleTable, scannerTable, spamAssassinTable } from './sections/rules.ts';
import type { SortedSections } from './sort-sections.ts';

type PartOf<T extends SectionTable> = Part<ValuesOf<T['keys']>>;

export interface Draft {
  readonly options: PartOf<typeof optionsTable>;
  readonly mailServer: PartOf<typeof mailServerTable> | null;
  readonly outgoing: PartOf<typeof outgoingTable>;
  readonly outgoingUsers: readonly OwnLine<SecretSource | null>[];
  readonly displayNames: readonly OwnLine<string>[];
  readonly relay: PartOf<typeof relayTable> | null;
  readonly relays: readonly PartOf<typeof namedRelayTable>[];
  readonly relayLogins: readonly PartOf<typeof relayLoginTable>[];
  readonly rules: PartOf<typeof rulesTable>;
  readonly contentRules: readonly PartOf<typeof ruleTable>[];
  readonly scanner: PartOf<typeof scannerTable>;
  readonly spamAssassin: PartOf<typeof spamAssassinTable>;
  readonly headerMasks: readonly OwnLine<EnvelopeMask>[];
  readonly remoteControl: PartOf<typeof remoteControlTable>;
  readonly store: PartOf<typeof storeTable>;
  readonly oauth2: readonly PartOf<typeof oauth2Table>[];
  readonly accounts: readonly PartOf<typeof accountTable>[];
  readonly recipients: readonly PartOf<typeof recipientTable>[];
}

/** Sections that are not taken from the INI but from a list; null where there is no list. */
export interface Listed {
  readonly accounts: readonly RawSection[] | null;
  readonly recipients: readonly RawSection[] | null;
}

/** Reads [Options] alone: it says where the others are. `file` is what a key that is not there is missing in. */
export function readOptions(sorted: SortedSections, file: string, desk: Desk): Draft['options'] {
  return single(optionsTable, sorted, file, desk);
}

/** Reads all the rest. */
export function readDraft(sorted: SortedSections, options: Draft['options'], listed: Listed, desk: Desk): Draft {
  const one = <K extends Keys>(table: SectionTable & { readonly keys: K }) => single(table, sorted, options.file, desk);
  const maybe = <K extends Keys>(table: SectionTable & { readonly keys: K }) =>
    sorted.of(table).length === 0 ? null : one(table);
  const many = <K extends Keys>(
    table: SectionTable & { readonly keys: K },
    raws: readonly RawSection[] | null = sorted.of(table),
  ) => (raws ?? sorted.of(table)).flatMap((raw) => readSection(raw, table, desk) ?? []);

  return {
    options,
    mailServer: maybe(mailServerTable),
    outgoing: one(outgoingTable),
    outgoingUsers: sorted.of(outgoingUsersTable).flatMap((raw) => readOwnLines(raw, outgoingUsersTable.lines, desk)),
    displayNames: sorted.of(displayNamesTable).flatMap((raw) => readOwnLines(raw, displayNamesTable.lines, desk)),
    relay: maybe(relayTable),
    relays: many(namedRelayTable),
    relayLogins: many(relayLoginTable),
    rules: one(rulesTable),
    contentRules: many(ruleTable),
    scanner: one(scannerTable),
    spamAssassin: one(spamAssassinTable),
    headerMasks: sorted.of(headerMasksTable).flatMap((raw) => readOwnLines(raw, headerMasksTable.lines, desk)),
    remoteControl: one(remoteControlTable),
    store: one(storeTable),
    oauth2: many(oauth2Table),
    accounts: many(accountTable, listed.accounts),
    recipients: many(recipientTable, listed.recipients),
  };
}

/** A section that stands there once or not at all: then it has its defaults. */
function single<K extends Keys>(
  table: SectionTable & { readonly keys: K },
  sorted: SortedSections,
  file: string,
  desk: Desk,
): Part<ValuesOf<K>> {
  const absent: RawSection = { file, heading: table.name, name: '', line: null, entries: [] };
  const part = readSection(sorted.of(table)[0] ?? absent, table, desk);
  if (part === null) throw new Error(`each key of [${table.name}] needs a default`);

  return part;
}

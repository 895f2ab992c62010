/**
 * Every section of `PMailGat.ini`, in the order of the documentation. Parsing, errors, the types of the
 * configuration and `docs/config.md` come from this one table.
 */
import type { SectionTable } from './key.ts';
import { accountTable, recipientTable } from './sections/inbound.ts';
import { mailServerTable } from './sections/mail-server.ts';
import { oauth2Table } from './sections/oauth2.ts';
import { optionsTable, storeTable } from './sections/options.ts';
import { displayNamesTable, outgoingTable, outgoingUsersTable } from './sections/outgoing.ts';
import { namedRelayTable, relayLoginTable, relayTable } from './sections/relay.ts';
import { remoteControlTable } from './sections/remote-control.ts';
import { headerMasksTable, rulesTable, ruleTable, scannerTable, spamAssassinTable } from './sections/rules.ts';

export const sectionTables: readonly SectionTable[] = [
  optionsTable,
  mailServerTable,
  outgoingTable,
  outgoingUsersTable,
  displayNamesTable,
  relayTable,
  relayLoginTable,
  namedRelayTable,
  rulesTable,
  ruleTable,
  scannerTable,
  spamAssassinTable,
  headerMasksTable,
  remoteControlTable,
  storeTable,
  oauth2Table,
  accountTable,
  recipientTable,
];

/** `Options`, `POP3 account: name of the account`. */
export const headingOf = (table: SectionTable): string =>
  table.named === undefined ? table.name : `${table.name}: ${table.named}`;

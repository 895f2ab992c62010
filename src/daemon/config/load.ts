/**
 * Reads the configuration of a home, all of it or nothing: one wrong value refuses it, and all that is wrong is
 * told at once, with file, line and key. A secret that cannot be had is no such fault: it puts the one account
 * or relay to rest whose it is.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { foldName } from '../base/blanks.ts';
import { certificatesUsable } from './certificates.ts';
import { checkWhole } from './checks.ts';
import { clearSecrets } from './clear-secrets.ts';
import type { Config } from './config.ts';
import { type Draft, type Listed, readDraft, readOptions } from './draft.ts';
import { parseIni, sectionsOf } from './ini-file.ts';
import type { SectionTable } from './key.ts';
import { readList } from './lists.ts';
import { checkOAuth2 } from './oauth2-checks.ts';
import { type ConfigProblem, type Findings, inReadingOrder, onlyCounted, type Place } from './problem.ts';
import { type Desk, placeOf, type RawSection } from './read-section.ts';
import { accountTable, recipientTable } from './sections/inbound.ts';
import { type Environment, openVault } from './secrets.ts';
import { settle } from './settle.ts';
import { type Exposure, readSmallFile, whyNot } from './small-file.ts';
import { type SortedSections, sortSections } from './sort-sections.ts';

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What it is called; the letters may be small or capital (S19). */
const INI = 'PMailGat.ini';

/** Octets. A thousand accounts, recipients and logins are one million, or two; a gigabyte is another file. */
const LARGEST_FILE = 4_194_304;

/** Three thousand sections with each of their keys are a third of it; what has more would only keep the daemon busy. */
const MOST_LINES = 200_000;

/** Octets of a certificate, a key or a disclaimer. */
const LARGEST_TEXT = 4_194_304;

/** The files that were read, and who else can read them (CFG06). */
type Exposures = Map<string, Exposure>;

/** Reads `PMailGat.ini` of `home` and the lists beside it. `env` is where `env:NAME` looks. */
export async function loadConfig(home: string, env: Environment): Promise<Loaded> {
  const folder = resolve(home);
  const found = await findIni(folder);
  if (!found.ok) return { ok: false, problems: [found.problem] };

  const file = await readSmallFile(join(folder, found.name), LARGEST_FILE);
  if (!file.ok) return { ok: false, problems: [wholeFile(found.name, `${file.why}.`)] };

  const desk: Desk = { home: folder, problems: [], warnings: [] };
  const sorted = takeApart(file.bytes, found.name, desk);
  if (sorted === null) return { ok: false, problems: inReadingOrder(desk.problems) };

  const exposures: Exposures = new Map(file.exposed === null ? [] : [[found.name, file.exposed]]);
  const options = readOptions(sorted, found.name, desk);
  const draft = readDraft(sorted, options, await readLists(sorted, options, exposures, desk), desk);

  checkWhole(draft, desk);
  checkOAuth2(draft, desk);
  clearSecrets(draft, exposures, desk);
  await filesThere(draft, desk);
  await certificatesUsable(draft, desk);
  const search = { ...desk, vault: openVault(folder, env) };
  const config = await settle(draft, folder, join(folder, found.name), search);

  if (desk.problems.length > 0) return { ok: false, problems: inReadingOrder(desk.problems) };
  return { ok: true, config: frozen(config), warnings: inReadingOrder(desk.warnings) };
}

const TOO_MANY_LINES = `has more than ${MOST_LINES} lines, which is no file of this kind.`;

const linesFit = (bytes: Uint8Array): boolean =>
  bytes.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0) <= MOST_LINES;

type Located = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly problem: ConfigProblem };

async function findIni(home: string): Promise<Located> {
  let names: string[];
  try {
    names = (await readdir(home)).filter((name) => foldName(name) === foldName(INI)).toSorted();
  } catch (error) {
    const why = whyNot((error as NodeJS.ErrnoException).code ?? '');
    return { ok: false, problem: wholeFile(INI, `its folder ${home} ${why}.`) };
  }

  const [name, other] = names;
  if (name === undefined) {
    return { ok: false, problem: wholeFile(INI, `is not in ${home}. "mailgate init" writes one.`) };
  }
  // S18: one of the two would hide the other.
  if (other !== undefined) {
    return { ok: false, problem: wholeFile(other, `stands beside ${name} in ${home}. Keep one.`) };
  }

  return { ok: true, name };
}

/** The sections of the file; null when it is so wrong that there is nothing to be read in it. */
function takeApart(bytes: Uint8Array, name: string, desk: Desk): SortedSections | null {
  if (!linesFit(bytes)) {
    desk.problems.push(wholeFile(name, TOO_MANY_LINES));
    return null;
  }

  const { document, problems, warnings } = parseIni(bytes, name);
  // One by one: there may be more of them than a call can have arguments.
  for (const problem of problems) desk.problems.push(problem);
  for (const warning of warnings) desk.warnings.push(warning);
  if (document.lines.every((line) => line.text.trim() === '')) {
    desk.problems.push(wholeFile(name, 'is empty. "mailgate init" writes one.'));
  }
  return onlyCounted(desk.problems) ? null : sortSections(name, sectionsOf(document), desk);
}

/** S26-S29: a list that is named and is there is read in place of the sections. */
async function readLists(
  sorted: SortedSections,
  options: Draft['options'],
  exposures: Exposures,
  desk: Desk,
): Promise<Listed> {
  const { keepAccountsInFile, keepRecipientsInFile } = options.values;
  listNamesApart(options, desk);

  const read = (name: string | null, table: SectionTable, place: Place) =>
    name === null ? null : readOneList(name, table, place, sorted, exposures, desk);
  return {
    accounts: await read(keepAccountsInFile, accountTable, placeOf(options, 'keepAccountsInFile')),
    recipients: await read(keepRecipientsInFile, recipientTable, placeOf(options, 'keepRecipientsInFile')),
  };
}

/** S28. Without case: the folder may be moved to a system that knows none. */
function listNamesApart(options: Draft['options'], desk: Desk): void {
  const { keepAccountsInFile: accounts, keepRecipientsInFile: recipients } = options.values;
  if (accounts !== null && recipients !== null && foldName(accounts) === foldName(recipients)) {
    const message = 'is the file of the accounts already. The two need a name each.';
    desk.problems.push({ ...placeOf(options, 'keepRecipientsInFile'), message });
  }
  for (const property of ['keepAccountsInFile', 'keepRecipientsInFile'] as const) {
    if (foldName(options.values[property] ?? '') !== foldName(INI)) continue;
    desk.problems.push({
      ...placeOf(options, property),
      message: 'is this file itself. The list needs one of its own.',
    });
  }
}

async function readOneList(
  name: string,
  table: SectionTable,
  place: Place,
  sorted: SortedSections,
  exposures: Exposures,
  desk: Desk,
): Promise<RawSection[] | null> {
  const file = await readSmallFile(join(desk.home, name), LARGEST_FILE);
  if (!file.ok) {
    // S29: it is written at the next save.
    if (!file.missing) desk.problems.push({ ...place, message: `${name} ${file.why}.` });
    return null;
  }
  if (file.exposed !== null) exposures.set(name, file.exposed);

  if (!linesFit(file.bytes)) {
    desk.problems.push(wholeFile(name, TOO_MANY_LINES));
    return null;
  }

  const [unread] = sorted.of(table);
  if (unread) {
    const at = { file: unread.file, line: unread.line, column: null, key: `[${unread.heading}]` };
    desk.warnings.push({ ...at, message: `is not read, nor others like it: ${name} is there and is read instead.` });
  }
  return readList(name, file.bytes, table, desk);
}

/** A file that is missing would be found out at the first connection, when nobody looks. */
async function filesThere(draft: Draft, findings: Findings): Promise<void> {
  const { mailServer, relay, relays, accounts, outgoing, remoteControl } = draft;
  const named: { place: Place; path: string | null }[] = [];
  for (const part of [mailServer, relay, ...relays, ...accounts].filter((one) => one !== null)) {
    named.push({ place: placeOf(part, 'caFile'), path: part.values.caFile });
  }
  for (const part of [outgoing, remoteControl]) {
    named.push({ place: placeOf(part, 'tlsCertificate'), path: part.values.tlsCertificate });
    named.push({ place: placeOf(part, 'tlsKey'), path: part.values.tlsKey });
  }
  named.push({ place: placeOf(outgoing, 'disclaimerFile'), path: outgoing.values.disclaimerFile });

  for (const { place, path } of named) {
    const file = path === null ? null : await readSmallFile(path, LARGEST_TEXT);
    if (file?.ok === false) findings.problems.push({ ...place, message: `${path} ${file.why}.` });
  }
}

const wholeFile = (file: string, message: string): ConfigProblem => ({
  file,
  line: null,
  column: null,
  key: null,
  message,
});

/** Plain objects and lists only: a Secret and an AddressList keep their own counsel. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;

  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

/** What the configuration says of messages that pass: S112, S113, S117-S119, S121, the disclaimer and the archive. */
import { decodeText, looksLikeUtf16 } from '../../config/encoding.ts';
import type { Config } from '../../config/config.ts';
import { readSmallFile } from '../../config/small-file.ts';
import { normalAddress } from '../../mail/address.ts';
import type { ArrivalSettings } from '../arrival.ts';
import { type Disclaimer, disclaimerOf } from './disclaimer-text.ts';
import type { Names } from './header.ts';

export interface PolicySettings extends ArrivalSettings {
  /** S113: by address in its normal form. */
  names: Names;
  /** S121. */
  avoidEmptyMailFrom: boolean;
  disclaimer: Disclaimer | null;
  /** Why there is none although one is configured; null otherwise. */
  disclaimerProblem: string | null;
  /** Absolute; null: no copies are kept. */
  archiveFolder: string | null;
}

/** Octets of the disclaimer's file: a longer text is no disclaimer. */
const LONGEST_DISCLAIMER = 65_536;

/** Reads the disclaimer's file, once. */
export async function policySettings(config: Config): Promise<PolicySettings> {
  const { outgoing, recipients } = config;
  const known = new Set(
    recipients.flatMap(({ address, otherAddresses }) => [address, ...otherAddresses]).map(normalAddress),
  );
  return {
    names: new Map(config.displayNames.map(({ address, name }) => [normalAddress(address), name])),
    avoidEmptyMailFrom: outgoing.avoidEmptyMailFrom,
    ...(await disclaimerSettings(outgoing.disclaimerFile)),
    archiveFolder: outgoing.archiveFolder,
    silentDropPrefixes: outgoing.silentDropSubjectPrefixes,
    alertOnUnknownSender: outgoing.alertOnUnknownSender,
    knownSender: (address) => known.has(normalAddress(address)),
  };
}

async function disclaimerSettings(
  path: string | null,
): Promise<Pick<PolicySettings, 'disclaimer' | 'disclaimerProblem'>> {
  if (path === null) return { disclaimer: null, disclaimerProblem: null };
  const unread = (why: string) => ({
    disclaimer: null,
    disclaimerProblem: `Messages leave without the disclaimer: ${path} ${why}.`,
  });
  const read = await readSmallFile(path, LONGEST_DISCLAIMER);
  if (!read.ok) return unread(read.why);
  if (looksLikeUtf16(read.bytes)) return unread('is UTF-16: save it as UTF-8');

  const disclaimer = disclaimerOf(decodeText(read.bytes).text);
  return disclaimer === null ? unread('is empty') : { disclaimer, disclaimerProblem: null };
}

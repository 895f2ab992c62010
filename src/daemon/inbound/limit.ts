/** How large a message may be, and whose limit that is (S63, S64, G13). Pure. */
import type { SizeLimit } from '../../protocol/model.ts';
import { IN_MEMORY, LARGEST_MESSAGE } from '../base/limits.ts';

/** Octets of each who sets one; 0: none, or not known. */
export interface Limits {
  account: number;
  /** Set for the internal server in the configuration. */
  configuration: number;
  /** What the internal server's EHLO said last. */
  mailServer: number;
  /** What the disk has room for, where a large message waits. */
  disk: number;
}

/** The smallest; of equal ones the one that is nearest to the account, which is where a person would look first. */
export function effectiveLimit({ account, configuration, mailServer, disk }: Limits): SizeLimit {
  const all: SizeLimit[] = [
    { bytes: account, setBy: 'account' },
    { bytes: configuration, setBy: 'configuration' },
    { bytes: mailServer, setBy: 'mail server' },
    { bytes: disk, setBy: 'disk' },
  ];
  const [smallest] = all.filter(({ bytes }) => bytes > 0).toSorted((a, b) => a.bytes - b.bytes);
  return smallest ?? { bytes: 0, setBy: 'nobody' };
}

/** Octets of the disk that no message is to take: ledger, queue and logs go on when mail has filled the rest. */
export const DISK_RESERVE = 67_108_864;

/**
 * Octets that a message may have, so that so many of them side by side fit on a disk with so many free octets; 0: any message fits,
 * or nobody can say. What stays in memory always fits.
 */
export function roomFor(free: number | null, sideBySide: number): number {
  if (free === null) return 0;
  const each = Math.floor((free - DISK_RESERVE) / Math.max(1, sideBySide));
  return each >= LARGEST_MESSAGE ? 0 : Math.max(IN_MEMORY, each);
}

/** What is in the way of a message: a person who wants it has lifted every limit but the disk's (G08). */
export function limitOn(wanted: boolean, limits: Limits): SizeLimit {
  return effectiveLimit(wanted ? { account: 0, configuration: 0, mailServer: 0, disk: limits.disk } : limits);
}

/** Is a message of so many octets too large for a limit, 0 being none? */
export function exceeds(bytes: number, limit: number): boolean {
  return limit > 0 && bytes > limit;
}

const whose: Record<Exclude<SizeLimit['setBy'], 'disk'>, string> = {
  account: 'the limit of the account',
  configuration: 'the limit set for the internal server',
  'mail server': 'what the internal server takes',
  nobody: 'any message may be',
};

/** Why a message is not downloaded: kept with it, and said again when it has become another. */
export function tooLargeFor({ bytes, setBy }: SizeLimit): string {
  // Without the octets, which are others at every session.
  if (setBy === 'disk') return 'The disk of the gateway has no room for it now: it is fetched when there is.';
  return `It is larger than ${bytes} octets, ${whose[setBy]}.`;
}

/** How large a message may be, and whose limit that is (S63, S64, G13). Pure. */
import type { SizeLimit } from '../../protocol/model.ts';

/** Octets of each who sets one; 0: none, or not known. */
export interface Limits {
  account: number;
  /** Set for the internal server in the configuration. */
  configuration: number;
  /** What the internal server's EHLO said last. */
  mailServer: number;
}

/** The smallest; of equal ones the one that is nearest to the account, which is where a person would look first. */
export function effectiveLimit({ account, configuration, mailServer }: Limits): SizeLimit {
  const all: SizeLimit[] = [
    { bytes: account, setBy: 'account' },
    { bytes: configuration, setBy: 'configuration' },
    { bytes: mailServer, setBy: 'mail server' },
  ];
  const [smallest] = all.filter(({ bytes }) => bytes > 0).toSorted((a, b) => a.bytes - b.bytes);
  return smallest ?? { bytes: 0, setBy: 'nobody' };
}

/** Is a message of so many octets too large for a limit, 0 being none? */
export function exceeds(bytes: number, limit: number): boolean {
  return limit > 0 && bytes > limit;
}

const whose: Record<SizeLimit['setBy'], string> = {
  account: 'the limit of the account',
  configuration: 'the limit set for the internal server',
  'mail server': 'what the internal server takes',
  nobody: 'any message may be',
};

/** Why a message is not downloaded: kept with it, and said again when it has become another. */
export function tooLargeFor({ bytes, setBy }: SizeLimit): string {
  return `It is larger than ${bytes} octets, ${whose[setBy]}.`;
}

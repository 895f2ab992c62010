/**
 * How messages leave (`Leaving`): the sender's address, the header, the disclaimer, the archive. What is stored is never changed, so the
 * same message leaves with the same octets at each attempt; one that nothing applies to is given back as it is (I21).
 */
import type { Bus } from '../../base/bus.ts';
import { LONGEST_HEADER_BLOCK } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import type { Body } from '../../mail/body.ts';
import { type Edit, editedBody } from '../../mail/mime/edited-body.ts';
import { type Field, fieldsOf } from '../../mail/mime/fields.ts';
import type { QueueEntry } from '../../store/store.ts';
import { createArchive } from '../archive.ts';
import type { Leaving } from '../leaving.ts';
import { DISCLAIMER } from '../problems.ts';
import { disclaimerEdits } from './disclaimer.ts';
import { isSignedAsWhole } from './guarded.ts';
import { headerEdits, type Names } from './header.ts';
import { leavingSender } from './sender.ts';
import type { PolicySettings } from './settings.ts';

export interface LeavingParts {
  settings: PolicySettings;
  bus: Bus;
  log: Log;
}

export function createLeaving({ settings, bus, log }: LeavingParts): Leaving {
  const { names, disclaimer, archiveFolder, avoidEmptyMailFrom } = settings;
  const archive = archiveFolder === null ? null : createArchive(archiveFolder, bus);
  if (settings.disclaimerProblem !== null)
    bus.tell({ type: 'problem.raised', key: DISCLAIMER, message: settings.disclaimerProblem });

  async function editsOf({ id, eightBit }: QueueEntry, stored: Body): Promise<Edit[]> {
    const head = await headOf(stored);
    if (names.size === 0 && disclaimer === null && !head.octets.includes('__')) return [];

    const fields = wholeFields(head);
    const signed = isSignedAsWhole(fields);
    const edits = headerEdits(head.octets, fields, signed ? NO_NAMES : names);
    if (disclaimer === null) return edits;
    const put = signed
      ? { ok: false as const, why: 'it is signed by its domain' }
      : await disclaimerEdits(stored, disclaimer, eightBit);
    if (put.ok) return [...edits, ...put.edits].toSorted((a, b) => a.start - b.start);
    log.info('A message leaves without the disclaimer', { id, why: put.why });
    return edits;
  }

  return {
    senderOf: (entry, to) => leavingSender(entry, { avoidEmpty: avoidEmptyMailFrom, to }),
    async bodyOf(entry, stored) {
      if (entry.reportOn !== null) return stored;
      try {
        return editedBody(stored, await editsOf(entry, stored));
      } catch (error) {
        return unreadable(stored.bytes, error);
      }
    },
    archiving: (entry, body) => (entry.reportOn === null && archive !== null ? archive.archiving(entry, body) : null),
  };
}

const NO_NAMES: Names = new Map();

/** The beginning of a message as far as its header goes, at most LONGEST_HEADER_BLOCK octets. */
interface Head {
  octets: Buffer;
  /** The empty line after it was seen, or the end of the message. */
  whole: boolean;
}

async function headOf(body: Body): Promise<Head> {
  let octets: Buffer = Buffer.alloc(0);
  for await (const chunk of body.chunks()) {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    octets = octets.length === 0 ? piece : Buffer.concat([octets, piece]);
    const end = octets.subarray(0, LONGEST_HEADER_BLOCK).indexOf('\r\n\r\n');
    if (end >= 0) return { octets: octets.subarray(0, end + 2), whole: true };
    if (octets.length >= LONGEST_HEADER_BLOCK)
      return { octets: octets.subarray(0, LONGEST_HEADER_BLOCK), whole: false };
  }
  return { octets, whole: true };
}

/** MSG05: of a header without end, a field that was cut short is left out: nobody knows what its address ends in. */
function wholeFields({ octets, whole }: Head): Field[] {
  const fields = fieldsOf(octets);
  return whole ? fields : fields.slice(0, -1);
}

/** Our own disk did not give it: whoever reads it hears so, as if nothing were rewritten. */
function unreadable(bytes: number, error: unknown): Body {
  return {
    bytes,
    // oxlint-disable-next-line require-yield
    async *chunks() {
      throw error;
    },
  };
}

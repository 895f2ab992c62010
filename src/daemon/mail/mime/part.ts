/** A part of a message while its octets stream by, and what is told of it once its end was seen. */
import type { PartHeader } from './part-header.ts';
import type { Place, SeenPart } from './scan.ts';
import type { Decoder } from './transfer-encoding.ts';

/** Whoever is given the octets of a message that stands encoded in a part. */
interface LooksInside {
  feed(octets: Uint8Array): boolean;
  end(): unknown;
}

/** A part whose end has not come. */
export interface Part {
  readonly parent: Part | null;
  readonly depth: number;
  readonly start: number;
  bodyStart: number;
  /** A message: the outer one, or one inside another. */
  readonly root: boolean;
  readonly sealed: Place['sealed'];
  readonly alternative: boolean;
  /** The how manieth part of its parent it is, from 1. */
  readonly child: number;
  /** `multipart/digest` holds messages unless they say otherwise (RFC 2046 §5.1.5). */
  readonly implied: string;
  /** Null while its header comes. */
  header: PartHeader | null;
  boundaries: readonly string[];
  children: number;
  closed: boolean;
  /** Where it lies, once somebody needs to know. */
  place: number | null;
  /** Of a message in base64 or quoted-printable: who looks into it. */
  inside: { decoder: Decoder; finder: LooksInside } | null;
}

/** The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1), unless it ends the part's header. */
export function extent(
  { bodyStart }: Part,
  delimiter: number,
  lineEnd: number,
  last: boolean,
): Pick<Place, 'end' | 'last'> {
  const before = delimiter - lineEnd;
  return last || before < bodyStart ? { end: delimiter, last: true } : { end: before, last: false };
}

export function seen(part: Part, header: PartHeader, { end, last }: Pick<Place, 'end' | 'last'>): SeenPart {
  const { start, bodyStart, sealed } = part;
  const within: SeenPart['within'] = [];
  for (let { parent, child } = part; parent !== null; { parent, child } = parent)
    within.unshift({ types: parent.header?.types ?? [], start: parent.start, child });
  return { header, start, bodyStart, end, last, sealed, within };
}

export function* ancestors(part: Part): Iterable<Part> {
  for (let at: Part | null = part; at !== null; at = at.parent) yield at;
}

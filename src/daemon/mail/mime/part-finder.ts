/**
 * Finds the attachments of a message while its octets stream by, each with the place where it lies (S78, MSG06). Iterative and bounded:
 * DEEPEST, MOST_PARTS, LONGEST_PART_HEADER. What is past a bound makes the message `unreadable`, and nothing more is looked at.
 *
 * Mail readers differ in how they cut a message into parts. This one sees a part wherever any of them might: a delimiter counts in
 * every place, also when its multipart was closed before, and when more stands behind the boundary (RFC 2046 §5.1.1 allows that, and
 * Dovecot cuts so). mailsplit is the second opinion in the tests; it drops the header of a part that a delimiter cuts short, and
 * enters no message that is marked as an attachment.
 */
import { type LineSink, OctetLines } from './octet-lines.ts';
import { ancestors, extent, type Part, seen } from './part.ts';
import {
  isAttachment,
  isMessage,
  isMultipart,
  type PartHeader,
  readPartHeader,
  withoutContentFields,
} from './part-header.ts';
import {
  DEEPEST,
  LONGEST_BOUNDARY,
  LONGEST_PART_HEADER,
  MOST_PARTS,
  MOST_TOLD,
  type Scan,
  type Watcher,
} from './scan.ts';
import { decoderFor } from './transfer-encoding.ts';

/** What the finders of a message and of those encoded inside it share. */
interface Tally {
  parts: number;
  told: number;
  /** Parts within parts; DEEPEST, or less for whoever looks at mail that only people wrote. */
  readonly deepest: number;
}

class Unreadable extends Error {}

export class PartFinder implements LineSink {
  readonly #scan: Scan;
  readonly #tally: Tally;
  readonly #lines = new OctetLines(this);
  /** Set for a finder inside: whatever it finds lies in that place of the outer message. */
  readonly #within: (() => number) | null;
  readonly #watch: Watcher | null;
  /** Each boundary that was ever declared, and the last multipart that did. */
  readonly #declared = new Map<string, Part>();
  #current: Part;
  #header: Buffer[] = [];
  #headerOctets = 0;
  #offset = 0;
  #lastLineEnd = 0;
  /** The line that goes on is a delimiter: the next part begins behind it. */
  #delimiterOf: Part | null = null;
  #skipping = false;

  constructor(
    scan: Scan = { attachments: [], places: [], unreadable: null, ambiguous: null },
    tally: Tally = { parts: 0, told: 0, deepest: DEEPEST },
    within: { place: () => number; depth: number } | null = null,
    watch: Watcher | null = null,
  ) {
    this.#scan = scan;
    this.#tally = tally;
    this.#within = within?.place ?? null;
    this.#watch = watch;
    this.#current = this.#newPart(null, { depth: within?.depth ?? 1, start: 0, root: true });
  }

  /** False once the message is unreadable: more of it is of no use. */
  feed(chunk: Uint8Array): boolean {
    return this.#bounded(() => this.#lines.feed(chunk));
  }

  /** The message has ended. */
  end(): Scan {
    this.#bounded(() => {
      this.#lines.end();
      if (this.#current.header === null) this.#headerEnds(this.#offset);
      this.#close(null, this.#offset, true);
    });
    return this.#scan;
  }

  piece(octets: Buffer, first: boolean, lineEnd: 0 | 1 | 2): void {
    const start = this.#offset;
    this.#offset += octets.length + lineEnd;
    if (first) this.#skipping = this.#isDelimiter(octets, start, lineEnd !== 0);

    if (this.#skipping) {
      if (lineEnd !== 0 && this.#delimiterOf !== null) {
        this.#begin(this.#delimiterOf, { root: false });
        this.#delimiterOf = null;
      }
    } else if (this.#current.header === null) {
      this.#headerLine(octets, first, lineEnd);
    } else {
      this.#bodyLine(octets, lineEnd);
    }
    if (lineEnd !== 0) this.#lastLineEnd = lineEnd;
  }

  #bounded(work: () => void): boolean {
    if (this.#scan.unreadable !== null) return false;
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#scan.unreadable = error.message;
      for (const place of this.#scan.places) place.end = Math.max(place.end, place.start);
      return false;
    }
  }

  // Headers

  #headerLine(octets: Buffer, first: boolean, lineEnd: 0 | 1 | 2): void {
    if (first && octets.length === 0 && lineEnd !== 0) {
      this.#headerEnds(this.#offset);
      return;
    }
    this.#headerOctets += octets.length + 2;
    if (this.#headerOctets > LONGEST_PART_HEADER)
      throw new Unreadable(`the header of a part has more than ${LONGEST_PART_HEADER} octets`);
    this.#header.push(Buffer.from(octets), LINE_ENDS[lineEnd]);
  }

  #headerEnds(bodyStart: number): void {
    const part = this.#current;
    const block = Buffer.concat(this.#header);
    this.#header = [];
    this.#headerOctets = 0;
    const header = readPartHeader(block, part.implied);
    part.header = header;
    part.bodyStart = bodyStart;
    if (isAttachment(header)) this.#found(part, header, block);

    if (isMultipart(header)) this.#declare(part, header.boundaries);
    else if (isMessage(header)) this.#enter(part, header);
  }

  #declare(part: Part, boundaries: readonly string[]): void {
    if (boundaries.some((boundary) => boundary.length > LONGEST_BOUNDARY))
      throw new Unreadable(`a boundary has more than ${LONGEST_BOUNDARY} characters`);
    part.boundaries = boundaries.map((boundary) => Buffer.from(boundary).toString('latin1'));
    for (const boundary of part.boundaries) this.#declared.set(boundary, part);
  }

  /** A message inside: as it stands, its header comes next; encoded, somebody else reads what comes out. */
  #enter(part: Part, header: PartHeader): void {
    const decoder = decoderFor(header.encodings);
    if (decoder === null) {
      this.#begin(part, { root: true });
      return;
    }
    if (part.depth >= this.#tally.deepest) throw new Unreadable(tooDeep(this.#tally));
    const place = () => this.#placeOf(part);
    part.inside = { decoder, finder: new PartFinder(this.#scan, this.#tally, { place, depth: part.depth + 1 }) };
  }

  // Bodies

  #bodyLine(octets: Buffer, lineEnd: 0 | 1 | 2): void {
    const { inside } = this.#current;
    if (inside === null) return;
    inside.finder.feed(inside.decoder.decode(octets));
    if (lineEnd !== 0) inside.finder.feed(inside.decoder.decode(LINE_ENDS[2]));
    if (this.#scan.unreadable !== null) throw new Unreadable(this.#scan.unreadable);
  }

  #isDelimiter(octets: Buffer, start: number, complete: boolean): boolean {
    if (octets[0] !== DASH || octets[1] !== DASH || this.#declared.size === 0) return false;
    const text = octets.toString('latin1', 2, LONGEST_BOUNDARY + 4);
    const match = this.#match(complete ? text.replace(/[ \t]+$/, '') : text);
    if (match === null) return false;

    const { owner, closes } = match;
    if (this.#current.header === null) this.#headerEnds(start);
    this.#close(owner, start, false);
    if (closes) {
      owner.closed = true;
      return true;
    }
    if (owner.closed) this.#scan.ambiguous ??= 'a delimiter stands behind the end of its multipart';
    this.#delimiterOf = owner;
    return true;
  }

  /** Whose delimiter is it? The innermost one that fits exactly, then one that was closed, then one that the line only begins with. */
  #match(text: string): { owner: Part; closes: boolean } | null {
    const bare = text.endsWith('--') ? text.slice(0, -2) : null;
    const open = [...this.#open()];
    for (const owner of open) {
      if (owner.boundaries.includes(text)) return { owner, closes: false };
      if (bare !== null && owner.boundaries.includes(bare)) return { owner, closes: true };
    }
    const closed = this.#declared.get(text);
    if (closed !== undefined) {
      this.#scan.ambiguous ??= 'a delimiter stands outside its multipart';
      return { owner: closed, closes: false };
    }

    const longest = open
      .flatMap((owner) =>
        owner.boundaries.filter((boundary) => text.startsWith(boundary)).map((boundary) => ({ owner, boundary })),
      )
      .toSorted((a, b) => b.boundary.length - a.boundary.length)[0];
    if (longest === undefined) return null;
    this.#scan.ambiguous ??= 'a line only begins as a delimiter does';
    return { owner: longest.owner, closes: false };
  }

  *#open(): Iterable<Part> {
    for (let part: Part | null = this.#current; part !== null; part = part.parent)
      if (part.boundaries.length > 0) yield part;
  }

  // Parts

  #begin(parent: Part, { root }: { root: boolean }): void {
    parent.children += 1;
    this.#current = this.#newPart(parent, { depth: parent.depth + 1, start: this.#offset, root });
  }

  #newPart(parent: Part | null, { depth, start, root }: Pick<Part, 'depth' | 'start' | 'root'>): Part {
    this.#tally.parts += 1;
    if (this.#tally.parts > MOST_PARTS) throw new Unreadable(`it has more than ${MOST_PARTS} parts`);
    if (depth > this.#tally.deepest) throw new Unreadable(tooDeep(this.#tally));

    const outer = parent?.header?.types ?? [];
    const seal = outer.includes('multipart/signed')
      ? 'signed'
      : outer.includes('multipart/encrypted')
        ? 'encrypted'
        : null;
    return {
      ...{ parent, depth, start, root, bodyStart: start, header: null, boundaries: [], children: 0, closed: false },
      sealed: parent?.sealed ?? seal,
      alternative: outer.includes('multipart/alternative'),
      child: parent?.children ?? 0,
      implied: outer.includes('multipart/digest') && !root ? 'message/rfc822' : 'text/plain',
      ...{ place: null, inside: null },
    };
  }

  /** Everything below `owner` ends; `delimiter` is where the line begins that ends it, or the end of the message. */
  #close(owner: Part | null, delimiter: number, last: boolean): void {
    const inherited = owner === null ? null : new Set(ancestors(owner));
    let part: Part | null = this.#current;
    for (; part !== null && part !== owner && inherited?.has(part) !== true; part = part.parent)
      this.#ended(part, delimiter, last);
    if (owner !== null) this.#current = owner;
  }

  #ended(part: Part, delimiter: number, last: boolean): void {
    if (part.inside !== null) {
      part.inside.finder.feed(part.inside.decoder.end());
      part.inside.finder.end();
      part.inside = null;
      if (this.#scan.unreadable !== null) throw new Unreadable(this.#scan.unreadable);
    }
    const { header } = part;
    if (header !== null) this.#watch?.(seen(part, header, extent(part, delimiter, this.#lastLineEnd, last)));
    if (header !== null && isMultipart(header) && part.children === 0 && !isAttachment(header)) {
      this.#scan.ambiguous ??= 'a multipart has no parts that can be told apart';
      this.#add(part, { ...header, names: [] });
    }
    const place = part.place === null || this.#within !== null ? undefined : this.#scan.places[part.place];
    if (place === undefined) return;
    Object.assign(place, extent(part, delimiter, this.#lastLineEnd, last));
  }

  #found(part: Part, header: PartHeader, block: Buffer): void {
    this.#add(part, header);
    const place = this.#within === null && part.place !== null ? this.#scan.places[part.place] : undefined;
    if (place === undefined || !part.root) return;
    place.kept = new Uint8Array(withoutContentFields(block));
    this.#tell(place.kept.length);
    if (header.types.some((type) => /^application\/(x-)?pkcs7-mime$/.test(type))) place.sealed ??= 'encrypted';
  }

  #add(part: Part, { names, types }: PartHeader): void {
    this.#tell(names.reduce((sum, name) => sum + name.length, 0));
    this.#scan.attachments.push({ names, type: (types[0] ?? '').slice(0, LONGEST_TYPE), place: this.#placeOf(part) });
  }

  #placeOf(part: Part): number {
    if (this.#within !== null) return this.#within();
    if (part.place === null) {
      const { start, sealed, alternative } = part;
      part.place = this.#scan.places.push({ start, end: start, last: false, kept: null, sealed, alternative }) - 1;
    }
    return part.place;
  }

  #tell(amount: number): void {
    this.#tally.told += amount;
    if (this.#tally.told > MOST_TOLD) throw new Unreadable('its attachments have names without end');
  }
}

const DASH = 0x2d;
const LINE_ENDS = [Buffer.alloc(0), Buffer.from('\n'), Buffer.from('\r\n')] as const;
const LONGEST_TYPE = 127;
const tooDeep = ({ deepest }: Tally): string => `it has parts within parts more than ${deepest} deep`;

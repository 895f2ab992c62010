/**
 * Where in a message the text is that a person reads first: one part, or the forms of it that stand in one multipart/alternative. What
 * is signed, encrypted or cannot be told for sure is named as the reason why not. Bounded as the part finder is (MSG06).
 */
import type { Body } from '../../mail/body.ts';
import { PartFinder } from '../../mail/mime/part-finder.ts';
import type { Scan, SeenPart } from '../../mail/mime/scan.ts';

export interface TextPart {
  kind: 'plain' | 'html';
  part: SeenPart;
}

export type Found = { ok: true; parts: TextPart[] } | { ok: false; why: string };

/** Multiparts that a text may stand in. What stands in others (a report, a digest, a form) was written by no person for another. */
const OPEN: ReadonlySet<string> = new Set(['multipart/mixed', 'multipart/alternative', 'multipart/related']);

/** Parts within parts before a person's text is found; mail programs write four. Each costs a comparison at every line that begins as a
 *  delimiter does, and this is not done in a thread of its own. */
const DEEPEST_TEXT = 12;

/** Reads to the end of the text, and vouches for no more than that. Fails as reading the body does. */
export async function findText(body: Body): Promise<Found> {
  const scan: Scan = { attachments: [], places: [], unreadable: null, ambiguous: null };
  const search = startSearch(scan);
  const finder = new PartFinder(scan, { parts: 0, told: 0, deepest: DEEPEST_TEXT }, null, search.see);
  for await (const chunk of body.chunks()) if (!finder.feed(chunk) || search.done()) break;

  if (!search.done()) finder.end();
  return search.result();
}

/** Looks at the parts as they end; of a part that holds others that is after those. */
function startSearch(scan: Scan) {
  const forms = new Map<number, TextPart>(); // by the branch of the alternative
  let alternative: number | null = null; // where it begins
  let refusal: string | null = null;
  let done = false;

  /** Whatever comes behind the text, in the same chunk or in another, counts for nothing. */
  function end(): void {
    done = true;
    refusal ??= scan.ambiguous;
  }

  function see(part: SeenPart): void {
    if (done) return;
    if (alternative !== null && !part.within.some(({ start }) => start === alternative)) {
      end(); // the alternative is over
      return;
    }
    const kind = kindOf(part);
    if (kind === null || part.within.some(({ types }) => types.some((type) => type.startsWith('message/')))) return;

    const outer = part.within.find(({ types }) => types.includes('multipart/alternative'));
    refusal ??= refusalOf(part);
    alternative ??= outer?.start ?? null;
    const branch = outer?.child ?? 0;
    if (!forms.has(branch)) forms.set(branch, { kind, part });
    if (outer === undefined || refusal !== null) end();
  }

  return {
    see,
    done: () => done,
    result(): Found {
      const why = refusal ?? (done ? null : (scan.unreadable ?? scan.ambiguous));
      if (why !== null) return { ok: false, why };
      return forms.size === 0 ? { ok: false, why: 'it has no text' } : { ok: true, parts: [...forms.values()] };
    },
  };
}

/** Null for what is no text that a reader shows with the message. */
function kindOf({ header: { types, names, dispositions } }: SeenPart): TextPart['kind'] | null {
  if (names.length > 0 || dispositions.some((disposition) => disposition !== '' && disposition !== 'inline'))
    return null;
  if (types.includes('text/html')) return 'html';
  return types.includes('text/plain') || types.includes('text') ? 'plain' : null;
}

function refusalOf({ sealed, within, header, start, bodyStart }: SeenPart): string | null {
  if (sealed !== null) return `its text is ${sealed}`;
  const odd = within.find(({ types }) => types.length !== 1 || types.some((type) => !OPEN.has(type)));
  if (odd !== undefined) return `its text stands in ${odd.types.join(', ').slice(0, 100)}`;
  if (header.types.length > 1) return 'its text has several types';
  return bodyStart === start ? 'its text has no header' : null;
}

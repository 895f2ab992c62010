/**
 * A message without its attachments: each makes room for a short text that names it, and everything else stays octet for octet. A message
 * whose attachments are signed or encrypted with it is left alone: it would be broken, not cleaned. (A DKIM signature breaks with any
 * change to a body; who strips attachments accepts that.) Pure.
 */
import type { Language } from '../../protocol/model.ts';
import type { Edit } from '../mail/mime/edited-body.ts';
import { shownName } from './name.ts';
import type { FoundAttachment, Place, Scan } from '../mail/mime/scan.ts';

export type Stripping =
  | { ok: true; edits: Edit[]; removed: string[] }
  /** Why the attachments cannot be taken out of this message. */
  | { ok: false; why: string };

/** Takes out the attachments that `which` names. */
export function strip(
  scan: Scan,
  which: (attachment: FoundAttachment) => boolean,
  told: { rule: string; language: Language },
): Stripping {
  if (scan.unreadable !== null) return { ok: false, why: scan.unreadable };
  if (scan.ambiguous !== null) return { ok: false, why: scan.ambiguous };

  const doomed = scan.attachments.filter(which);
  const places = outermost([...new Set(doomed.map(({ place }) => place))].flatMap((index) => scan.places[index] ?? []));
  const sealed = places.find((place) => place.sealed !== null)?.sealed;
  if (sealed !== undefined && sealed !== null) return { ok: false, why: `they are ${sealed} with the message` };

  const edits = places.map((place) => {
    // An attachment within a part that goes as a whole is named there.
    const inIt = doomed.filter((attachment) => isWithin(scan.places[attachment.place], place));
    return { start: place.start, end: place.end, insert: replacement(place, inIt.map(nameOf), told) };
  });
  return { ok: true, edits, removed: doomed.map(nameOf) };
}

/** Its name as it is told to people; its type where it has none. */
export function nameOf({ names, type }: FoundAttachment): string {
  const name = names.map(shownName).find((shown) => shown !== '');
  return name ?? (type === '' ? 'without a name' : `without a name (${type})`);
}

function outermost(places: Place[]): Place[] {
  const kept: Place[] = [];
  for (const place of places.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const before = kept.at(-1);
    if (before === undefined || place.start >= before.end) kept.push(place);
  }
  return kept;
}

function isWithin(inner: Place | undefined, outer: Place): boolean {
  return inner !== undefined && inner.start >= outer.start && inner.end <= outer.end;
}

function replacement(place: Place, names: string[], { rule, language }: { rule: string; language: Language }): Buffer {
  const text = names.map((name) => `${TEXTS[language](name, shownName(rule))}\r\n`).join('');
  // Of several forms of one text a reader shows the last that it can: a note that it could show would hide the text itself.
  const kind = place.alternative
    ? ['Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="removed.txt"']
    : ['Content-Type: text/plain; charset=utf-8', 'Content-Disposition: inline'];
  const fields = [...(place.kept === null ? [] : ['MIME-Version: 1.0']), ...kind, 'Content-Transfer-Encoding: base64'];
  const body = (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n');
  return Buffer.concat([
    place.kept ?? Buffer.alloc(0),
    Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}${place.last ? '\r\n' : ''}`),
  ]);
}

const TEXTS: Record<Language, (name: string, rule: string) => string> = {
  en: (name, rule) => `The attachment ${name} was removed by the mail gateway (rule "${rule}").`,
  fr: (name, rule) => `La pièce jointe ${name} a été retirée par la passerelle de messagerie (règle « ${rule} »).`,
};

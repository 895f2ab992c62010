/**
 * Puts the operator's text under a message: into the text that a person reads, in each of its forms or in none. What is signed,
 * encrypted or cannot be told for sure stays as it is (MSG15). Nothing else of the message changes, save for one case: a plain text whose
 * charset or encoding has no letters for it is written anew in UTF-8.
 */
import { IN_MEMORY } from '../../base/limits.ts';
import { type Body, bodyOf } from '../../mail/body.ts';
import type { Edit } from '../../mail/mime/edited-body.ts';
import { readings } from '../../mail/mime/parameters.ts';
import { encoded, extendsAscii } from './charset.ts';
import { type Disclaimer, plainText } from './disclaimer-text.ts';
import { endsWith, gap, type OpenedText, openText, type Put } from './opened-text.ts';
import { rewritten } from './recoded-text.ts';
import { findText, type TextPart } from './text-parts.ts';

/** Octets of a text that a person wrote; under a longer one nobody would find ours. */
const LONGEST_TEXT = IN_MEMORY;

/** Fails as reading the body does. `eightBit`: its way was asked to take octets above 0x7F. */
export async function disclaimerEdits(body: Body, disclaimer: Disclaimer, eightBit: boolean): Promise<Put> {
  const source = body.bytes <= IN_MEMORY ? bodyOf(await octetsOf(body, 0, body.bytes)) : body;
  const found = await findText(source);
  if (!found.ok) return found;

  const edits: Edit[] = [];
  for (const part of found.parts) {
    const { start, end } = part.part;
    if (end - start > LONGEST_TEXT) return { ok: false, why: 'its text is too long' };
    const put = under(part, await octetsOf(source, start, end), disclaimer, eightBit);
    if (!put.ok) return put;
    edits.push(...put.edits.map((edit) => ({ ...edit, start: edit.start + start, end: edit.end + start })));
  }
  return { ok: true, edits: edits.toSorted((a, b) => a.start - b.start) };
}

async function octetsOf(body: Body, start: number, end: number): Promise<Buffer> {
  const octets = Buffer.alloc(end - start);
  let at = 0;
  for await (const chunk of body.chunks()) {
    if (at < end && at + chunk.length > start)
      octets.set(chunk.subarray(Math.max(0, start - at), end - at), Math.max(0, at - start));
    at += chunk.length;
    if (at >= end) break;
  }
  return octets;
}

/** Places count from the part's beginning. */
function under({ kind, part }: TextPart, octets: Buffer, disclaimer: Disclaimer, eightBit: boolean): Put {
  const text = openText(part, octets);
  if (typeof text === 'string') return { ok: false, why: text };
  if (text.body.coded.octets.includes('-----BEGIN PGP ')) return { ok: false, why: 'its text is signed or encrypted' };
  return kind === 'html' ? underHtml(text, disclaimer) : underPlain(text, disclaimer, eightBit);
}

function underHtml(text: OpenedText, { html }: Disclaimer): Put {
  const { coded } = text.body;
  if (!extendsAscii(text.charset)) return { ok: false, why: `its text is in ${text.charset.slice(0, 40)}` };
  const page = coded.octets.toString('latin1').toLowerCase();
  const end = [page.lastIndexOf('</body'), page.lastIndexOf('</html')].find((at) => at >= 0);
  if (coded.octets.toString('latin1', 0, end).trimEnd().endsWith(html)) return { ok: true, edits: [] };

  const at = end ?? coded.octets.length;
  const lineEnd = end !== undefined || text.last ? '\r\n' : '';
  const before = at === 0 || page[at - 1] === '\n' ? '' : '\r\n';
  return { ok: true, edits: [inPlace(text, at, Buffer.from(before + html + lineEnd))] };
}

function underPlain(text: OpenedText, disclaimer: Disclaimer, eightBit: boolean): Put {
  const { coded } = text.body;
  const flowed = readings(text.contentType, 'format').some((format) => format.toLowerCase() === 'flowed');
  const added = plainText(disclaimer, { flowed });
  const octets = encoded(added, text.charset);
  if (octets === null || !mayStand(octets, text, eightBit)) return rewritten(text, added);
  if (endsWith(coded.octets, octets)) return { ok: true, edits: [] };

  const addition = Buffer.concat([Buffer.from(gap(coded.octets)), octets, Buffer.from(text.last ? '\r\n' : '')]);
  return { ok: true, edits: [inPlace(text, coded.octets.length, addition)] };
}

/** Octets above 0x7F as they are need a part that says so, and a way that takes them. */
function mayStand(octets: Buffer, { encoding }: OpenedText, eightBit: boolean): boolean {
  if (encoding === 'base64' || encoding === 'quoted-printable') return true;
  return octets.every((octet) => octet < 0x80) || (eightBit && (encoding === '8bit' || encoding === 'binary'));
}

function inPlace({ body }: OpenedText, at: number, octets: Buffer): Edit {
  const { start, end, insert } = body.coded.put(at, octets);
  return { start: body.start + start, end: body.start + end, insert };
}

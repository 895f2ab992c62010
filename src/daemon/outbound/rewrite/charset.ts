/** Text in the charset that a part of a message names. Pure. */

/** Octets in which ASCII is written otherwise, or changes its meaning by what stands before it. */
const NOT_ASCII = /^(utf-?(7|16|32)|iso-2022|hz|csiso2022|ucs|unicode|iso-10646)/;

/** Does an octet below 0x80 mean the same there as in ASCII, wherever it begins a line? */
export function extendsAscii(charset: string): boolean {
  return !NOT_ASCII.test(charset);
}

/** Null where the charset has no such character, or is not one of those in which we write. */
export function encoded(text: string, charset: string): Buffer | null {
  if (!extendsAscii(charset)) return null;
  if (/^\p{ASCII}*$/u.test(text)) return Buffer.from(text, 'latin1');
  if (/^utf-?8$/.test(charset)) return Buffer.from(text.toWellFormed());
  if (!SINGLE_OCTET.test(charset)) return null;

  const octetOf = tableOf(charset);
  const octets = Array.from(text, (character) => octetOf.get(character) ?? -1);
  return octets.includes(-1) ? null : Buffer.from(octets);
}

/** A character is an octet there; of others we say only what is ASCII. */
const SINGLE_OCTET = /^(iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|macintosh)$/;

/** Null where they are none of its octets, or nobody knows it. */
export function decoded(octets: Buffer, charset: string): string | null {
  if (isAsciiName(charset)) return octets.every((octet) => octet < 0x80) ? octets.toString('latin1') : null;
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return null;
  }
}

function isAsciiName(charset: string): boolean {
  return charset === 'us-ascii' || charset === 'ascii' || charset === 'ansi_x3.4-1968';
}

/** As it is read: TextDecoder reads ISO 8859-1 as Windows-1252, whose additions others do not know. */
function tableOf(charset: string): Map<string, number> {
  const decoder = new TextDecoder(charset);
  const table = new Map<string, number>();
  for (let octet = 0; octet < 256; octet++) {
    if (octet >= 0x80 && octet < 0xa0 && charset.startsWith('iso-8859-')) continue;
    const character = decoder.decode(Uint8Array.of(octet));
    if (character !== '\ufffd') table.set(character, octet);
  }
  return table;
}

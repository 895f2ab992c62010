/**
 * Text of a configuration file: UTF-8, with or without a BOM, else Windows-1252, as the editors of the
 * description's time wrote it (CFG02). Every sequence of bytes decodes, and encodes back to the same bytes.
 */
export type Encoding = 'utf-8' | 'windows-1252';

export interface Decoded {
  readonly text: string;
  readonly encoding: Encoding;
  /** A UTF-8 BOM stood first; it is no part of the text. */
  readonly bom: boolean;
}

/** 0x80 to 0x9F of Windows-1252; the five that it leaves undefined stay the C1 controls of their number (WHATWG). */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const BYTE_OF = new Map(Array.from(HIGH, (char, index) => [char, 0x80 + index]));
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

export function decodeText(bytes: Uint8Array): Decoded {
  const bom = BOM.every((byte, index) => bytes[index] === byte);
  const body = bom ? bytes.subarray(BOM.length) : bytes;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return { text, encoding: 'utf-8', bom };
  } catch {
    return { text: fromWindows1252(body), encoding: 'windows-1252', bom };
  }
}

/** The bytes of `text`, or null when Windows-1252 has no byte for one of its characters. */
export function encodeText(decoded: Decoded): Uint8Array | null {
  const body = decoded.encoding === 'utf-8' ? new TextEncoder().encode(decoded.text) : toWindows1252(decoded.text);
  if (body === null) return null;

  return decoded.bom ? Buffer.concat([BOM, body]) : body;
}

/** "Unicode" as Notepad calls UTF-16: to be named as such, since it reads as Windows-1252 with a NUL in every second place. */
export function looksLikeUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function fromWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\u0080-\u009f]/g, (char) => HIGH[char.charCodeAt(0) - 0x80] as string);
}

function toWindows1252(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = code < 0x80 || (code > 0x9f && code < 0x100) ? code : BYTE_OF.get(text[i] as string);
    if (byte === undefined) return null;

    bytes[i] = byte;
  }
  return bytes;
}

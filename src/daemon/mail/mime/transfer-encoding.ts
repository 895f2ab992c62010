/** Octets out of base64 (RFC 2045 §6.8) and quoted-printable (§6.7) that come in pieces, as a lax reader takes them. */

export interface Decoder {
  decode(octets: Uint8Array): Buffer;
  end(): Buffer;
}

/** Null for an encoding that changes nothing. */
export function decoderFor(encodings: readonly string[]): Decoder | null {
  if (encodings.includes('base64')) return base64();
  return encodings.includes('quoted-printable') ? quotedPrintable() : null;
}

/** What is no letter of it is left out; padding in the middle, as of two texts put together, too. */
function base64(): Decoder {
  let rest = '';
  return {
    decode(octets) {
      const letters = rest + latin1(octets).replace(/[^A-Za-z0-9+/]/g, '');
      const whole = letters.length - (letters.length % 4);
      rest = letters.slice(whole);
      return Buffer.from(letters.slice(0, whole), 'base64');
    },
    end: () => Buffer.from(rest, 'base64'),
  };
}

function quotedPrintable(): Decoder {
  let rest = '';
  const plain = (text: string): Buffer => {
    const joined = text.replace(/=[ \t]*(?:\r\n|\r|\n)/g, '');
    return Buffer.from(
      joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    );
  };
  return {
    decode(octets) {
      const text = rest + latin1(octets);
      // An "=" near the end waits for what follows it; blanks between it and a line end are few in any sane text.
      const open = text.lastIndexOf('=');
      const cut = open >= 0 && /^=(?:[0-9A-Fa-f]?|[ \t]{0,998}\r?)$/.test(text.slice(open)) ? open : text.length;
      rest = text.slice(cut);
      return plain(text.slice(0, cut));
    },
    end: () => plain(rest),
  };
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}

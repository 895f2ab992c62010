/** A person's or a department's name as it stands before an address (RFC 5322 §3.2.5, RFC 2047 §5). Pure. */

/** Characters that stand on one line with `From: ` and an address; a longer name is encoded, for that can be folded. */
const LONGEST_PLAIN = 60;

/** Octets in one encoded word: with its frame it stays below the 75 characters of RFC 2047 §2. */
const LONGEST_ENCODED = 45;

/** As it is where it can be, in quotes where it must, encoded where it is no ASCII (or would be read as encoded, MSG03). */
export function phraseOf(name: string): string {
  const text = name.replace(/\p{Cc}+/gu, ' ').trim();
  if (!/^[ -~]*$/.test(text) || text.includes('=?') || text.length > LONGEST_PLAIN) return encodedWords(text);
  if (/^[\w!#$%&'*+\-/=?^`{|}~]+(?: [\w!#$%&'*+\-/=?^`{|}~]+)*$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A character is never cut in two: each word stands for itself (RFC 2047 §5). */
function encodedWords(text: string): string {
  const words: string[] = [];
  let open = '';
  for (const character of text.toWellFormed()) {
    if (Buffer.byteLength(open + character) > LONGEST_ENCODED) {
      words.push(open);
      open = '';
    }
    open += character;
  }
  words.push(open);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

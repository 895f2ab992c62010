/**
 * The value of an address field (RFC 5322 §3.4) cut into tokens and mailboxes by their places, so that a spot can be changed and all
 * around it stays: folding, comments, encoded words, groups. Text is Latin-1, an octet a character. Pure, linear in its length.
 */

export interface Token {
  is: 'space' | 'comment' | 'quoted' | 'word' | 'special';
  start: number;
  end: number;
}

/** What stands between two commas, or in a group. */
export interface Mailbox {
  /** Of the name before the `<`, comments and blanks left out. */
  phrase: Token[];
  /** From the first to behind the last octet of the address as it stands, without brackets and route. */
  start: number;
  end: number;
  bracket: Token | null;
  /** The address, without blanks and comments within it. */
  address: string;
}

/** Whatever stands there is in one of the tokens. `broken`: a quote or comment is never closed, and what is in it is anybody's guess. */
export function tokensOf(text: string): { tokens: Token[]; broken: boolean } {
  const tokens: Token[] = [];
  let broken = false;

  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at, broken);
    if (token === null) {
      broken = true; // the character stands for itself from here on: else each one would be looked for to the end of the text
      continue;
    }
    tokens.push(token);
    at = token.end;
  }
  return { tokens, broken };
}

function tokenAt(text: string, at: number, broken: boolean): Token | null {
  const character = text[at] ?? '';
  const encoded = character === '=' ? matchEnd(ENCODED_WORD, text, at) : -1;
  if (encoded > 0) return { is: 'word', start: at, end: encoded };
  const word = matchEnd(WORD, text, at);
  if (word > 0) return { is: 'word', start: at, end: word };
  const space = matchEnd(SPACE, text, at);
  if (space > 0) return { is: 'space', start: at, end: space };

  if (!broken && (character === '"' || character === '(')) {
    const end = character === '"' ? quoteEnd(text, at) : commentEnd(text, at);
    return end < 0 ? null : { is: character === '"' ? 'quoted' : 'comment', start: at, end };
  }
  return { is: 'special', start: at, end: at + 1 };
}

/** Some mailers leave commas and brackets in the text of an encoded word as they are. */
const ENCODED_WORD = /=\?[^?\s]{1,75}\?[bq]\?[^?\s]{0,998}\?=/iy;
/** Dots belong to it: `J.Doe`, `example.com`. */
const WORD = /[^\s()<>@,;:"]+/y;
const SPACE = /\s+/y;

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function quoteEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

function commentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '(') depth++;
    else if (text[at] === ')') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The mailboxes of the field, those of groups too, in order. What is none is left out. */
export function mailboxesOf(text: string, tokens: readonly Token[]): Mailbox[] {
  const mailboxes: Mailbox[] = [];
  let open: Token[] = [];
  let bracketed = false;

  const close = () => {
    const mailbox = mailboxOf(text, open);
    if (mailbox !== null) mailboxes.push(mailbox);
    open = [];
    bracketed = false;
  };
  for (const token of tokens) {
    const special = token.is === 'special' ? text[token.start] : '';
    if (special === '<') bracketed = true;
    else if (special === '>') bracketed = false;
    // Within brackets both belong to a route, `<@a.example,@b.example:anna@kunde.example>` (RFC 5322 §4.4).
    if (!bracketed && (special === ',' || special === ';')) close();
    else if (!bracketed && special === ':') open = [];
    else open.push(token);
  }
  close();
  return mailboxes;
}

function mailboxOf(text: string, tokens: readonly Token[]): Mailbox | null {
  const visible = tokens.filter(({ is }) => is !== 'space' && is !== 'comment');
  const opens = visible.findIndex((token) => isSpecial(text, token, '<'));
  const closes = visible.findIndex((token) => isSpecial(text, token, '>'));
  if (opens < 0) return addressOf(text, visible, { phrase: [], bracket: null });
  if (closes !== visible.length - 1) return null;

  const inside = visible.slice(opens + 1, closes);
  const route = inside.findLastIndex((token) => isSpecial(text, token, ':'));
  const bracket = visible[opens] ?? null;
  return addressOf(text, inside.slice(route + 1), { phrase: visible.slice(0, opens), bracket });
}

function addressOf(
  text: string,
  tokens: readonly Token[],
  around: Pick<Mailbox, 'phrase' | 'bracket'>,
): Mailbox | null {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (tokens.filter(({ is }) => is === 'special').length !== 1) return null;
  if (!tokens.some((token) => isSpecial(text, token, '@'))) return null;
  const address = tokens.map(({ start, end }) => text.slice(start, end)).join('');
  return { ...around, start: first.start, end: last.end, address };
}

export function isSpecial(text: string, token: Token, character: string): boolean {
  return token.is === 'special' && text[token.start] === character;
}

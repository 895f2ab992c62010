/** A terminal without a window: what the program writes goes through xterm, and is read back as a person sees it. */
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';

/** How wide a terminal draws what is disputed: xterm's own old table, or every emoji code point as two columns. */
export type Widths = 'old' | 'wide';

const WIDE = /\p{Emoji_Presentation}|\p{Extended_Pictographic}/u;

export class FakeTerminal extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** All that was written. */
  written = '';
  readonly #xterm: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number, widths: Widths = 'old') {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
    // A terminal's driver turns LF into CR LF, in raw mode too (Node leaves OPOST on).
    this.#xterm = new xterm.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      convertEol: true,
      scrollback: 100,
    });
    if (widths === 'wide') this.#widen();
    this.#xterm.write('$ echo before\r\nbefore\r\n$ mailgate\r\n');
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    const text = String(chunk);
    this.written += text;
    this.#xterm.write(text, done);
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.#xterm.resize(columns, rows);
    this.emit('resize');
  }

  /** The screen, a line a row, without the blanks at the ends. */
  text(): string {
    return this.lines().join('\n');
  }

  lines(): string[] {
    const { active } = this.#xterm.buffer;
    return Array.from(
      { length: this.#xterm.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  /** Rows that the terminal had to break: each was wider than the screen. */
  brokenRows(): number {
    const { active } = this.#xterm.buffer;
    const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.isWrapped === true);
    return rows.filter(Boolean).length;
  }

  get isAlternate(): boolean {
    return this.#xterm.buffer.active.type === 'alternate';
  }

  get cursor(): { x: number; y: number } {
    const { cursorX, cursorY } = this.#xterm.buffer.active;
    return { x: cursorX, y: cursorY };
  }

  #widen(): void {
    const { unicode } = this.#xterm;
    const width = (point: number): 0 | 1 | 2 => {
      const character = String.fromCodePoint(point);
      if (/^[\p{Mn}\p{Me}\p{Cf}\u{fe0f}]$/u.test(character)) return 0;
      if (WIDE.test(character) && point > 0xff) return 2;
      return point >= 0x1100 &&
        /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60]$/u.test(
          character,
        )
        ? 2
        : 1;
    };
    unicode.register({
      version: 'wide',
      wcwidth: width,
      charProperties: (point, preceding) => {
        const joins = width(point) === 0 && preceding !== 0;
        const columns = joins ? (preceding >> 1) & 3 : width(point);
        return (columns << 1) | (joins ? 1 : 0);
      },
    });
    unicode.activeVersion = 'wide';
  }
}

/** The keyboard of the fake terminal. */
export class FakeKeyboard extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

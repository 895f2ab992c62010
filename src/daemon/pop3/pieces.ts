/** Octets in the order in which they came, in a bounded number of buffers: a server that sends single octets must cost no more memory. */

/** Below this, a piece is copied into a block that it shares with its neighbours. */
const SMALL = 2_048;
const BLOCK = 8_192;

export class Pieces {
  #list: Buffer[] = [];
  #length = 0;
  /** The block that is being filled: the last of the list is its beginning. */
  #block: Buffer | null = null;
  #used = 0;

  get length(): number {
    return this.#length;
  }

  get list(): readonly Buffer[] {
    return this.#list;
  }

  add(data: Buffer): void {
    this.#length += data.length;
    // The first is kept as it is: most messages come in one piece, and are never copied.
    if (data.length >= SMALL || this.#list.length === 0) {
      this.#list.push(data);
      this.#block = null;
      return;
    }
    const block = this.#room(data.length);
    data.copy(block, this.#used);
    this.#used += data.length;
    this.#list[this.#list.length - 1] = block.subarray(0, this.#used);
  }

  clear(): void {
    this.#list = [];
    this.#length = 0;
    this.#block = null;
  }

  #room(octets: number): Buffer {
    if (this.#block === null || BLOCK - this.#used < octets) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK);
      this.#used = 0;
      this.#list.push(this.#block);
    }
    return this.#block;
  }
}

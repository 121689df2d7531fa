// Union of indices that can only leave together. A slot is one index of one axis of one value.

/** Why a slot stays: an index into a list of reasons; none where there is no reason. */
const none = -1;

export class Slots {
  readonly #parent: number[] = [];
  readonly #reason: number[] = [];
  readonly #born: boolean[] = [];

  get size(): number {
    return this.#parent.length;
  }

  /** Adds `count` slots and returns the first. */
  add(count: number): number {
    const first = this.size;
    for (let slot = first; slot < first + count; slot++) {
      this.#parent.push(slot);
      this.#reason.push(none);
      this.#born.push(false);
    }
    return first;
  }

  /** The slot that stands for all that leave with this one. */
  root(slot: number): number {
    let at = slot;
    while (this.#parent[at] !== at) {
      this.#parent[at] = this.#parent[this.#parent[at]!]!;
      at = this.#parent[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [kept, gone] = [this.root(a), this.root(b)];
    if (kept === gone) return;
    this.#parent[gone] = kept;
    if (this.#reason[kept] === none) this.#reason[kept] = this.#reason[gone]!;
    this.#born[kept] ||= this.#born[gone]!;
  }

  /** Says why a slot stays. The first reason counts. */
  pin(slot: number, reason: number): void {
    const root = this.root(slot);
    if (this.#reason[root] === none) this.#reason[root] = reason;
  }

  /** Says that a layer makes this channel. */
  bear(slot: number): void {
    this.#born[this.root(slot)] = true;
  }

  /** Undefined where nothing holds the slot. */
  reasonOf(slot: number): number | undefined {
    const reason = this.#reason[this.root(slot)]!;
    return reason === none ? undefined : reason;
  }

  /** True for a channel that a layer makes and nothing holds. */
  mayLeave(slot: number): boolean {
    const root = this.root(slot);
    return this.#born[root]! && this.#reason[root] === none;
  }
}

// Fresh names: `hint` itself, else `hint_1`, `hint_2`... whichever is not taken.
export class Names {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** Marks a name as taken; false when it was already. */
  take(name: string): boolean {
    const before = this.#taken.size;
    return this.#taken.add(name).size > before;
  }

  fresh(hint: string): string {
    if (hint !== '' && this.take(hint)) return hint;
    let name = hint;
    let n = this.#next.get(hint) ?? 0;
    while (name === '' || this.#taken.has(name)) name = `${hint}_${++n}`;
    this.#next.set(hint, n);
    this.#taken.add(name);
    return name;
  }
}

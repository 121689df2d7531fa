// Values that must share one scale: disjoint sets with a representative each.
export class Groups {
  readonly #parent = new Map<string, string>();

  add(value: string): void {
    if (!this.#parent.has(value)) this.#parent.set(value, value);
  }

  has(value: string): boolean {
    return this.#parent.has(value);
  }

  get values(): Iterable<string> {
    return this.#parent.keys();
  }

  /** Makes one set of the sets of all these values; values that were not added are left out. */
  join(values: readonly string[]): void {
    const [first, ...rest] = values.filter((value) => this.has(value));
    for (const value of rest) this.#parent.set(this.representative(value), this.representative(first));
  }

  representative(value: string): string {
    let root = value;
    for (let up = this.#parent.get(root)!; up !== root; up = this.#parent.get(root)!) root = up;
    return root;
  }
}

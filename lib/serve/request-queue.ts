// Requests that wait, by priority and then by age, at most so many; what comes when it is full waits behind it in the order of arrival.

export class RequestQueue<T extends { readonly priority: number }> {
  readonly #limit: number;
  readonly #placed: T[] = [];
  readonly #behind: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Those that have a place, the next one first. */
  get placed(): readonly T[] {
    return this.#placed;
  }

  get length(): number {
    return this.#placed.length + this.#behind.length;
  }

  get full(): boolean {
    return this.#placed.length >= this.#limit;
  }

  add(request: T): void {
    if (this.full) this.#behind.push(request);
    else this.#place(request);
  }

  /** Whether it was here. Its place goes to the next one behind. */
  remove(request: T): boolean {
    for (const list of [this.#placed, this.#behind]) {
      const at = list.indexOf(request);
      if (at < 0) continue;
      list.splice(at, 1);
      while (this.#behind.length > 0 && !this.full) this.#place(this.#behind.shift()!);
      return true;
    }
    return false;
  }

  /** Who must go for a newcomer: the oldest of the lowest priority, or the newcomer when its own is lower still. */
  victimOf(newcomer: T): T {
    const lowest = this.#placed.at(-1)!.priority;
    return newcomer.priority < lowest ? newcomer : this.#placed.find(({ priority }) => priority === lowest)!;
  }

  #place(request: T): void {
    let at = this.#placed.length;
    while (at > 0 && this.#placed[at - 1]!.priority < request.priority) at--;
    this.#placed.splice(at, 0, request);
  }
}

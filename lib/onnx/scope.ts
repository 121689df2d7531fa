// Names of one graph (or one expansion of a function) while it is imported. A name that a surrounding or sibling
// graph has already is replaced by a fresh one, so that names are unique in the whole model.
import { KompaktError } from '../errors.js';
import type { Names } from '../graph/names.js';

export class Scope {
  readonly #parent: Scope | null;
  readonly #names: Names;
  readonly #map = new Map<string, string>();

  constructor(parent: Scope | null, names: Names) {
    this.#parent = parent;
    this.#names = names;
  }

  /** Says that this graph defines `name`, under `unique` when given; returns the unique name. */
  define(name: string, unique?: string): string {
    if (this.#map.has(name))
      throw new KompaktError('KPT_GRAPH_INVALID', `Value '${name}' is defined twice in one graph.`, {
        value: name,
      });
    const chosen = unique ?? this.#names.fresh(name);
    this.#map.set(name, chosen);
    return chosen;
  }

  defines(name: string): boolean {
    return this.#map.has(name);
  }

  /** The unique name; '' stays ''. Throws KPT_GRAPH_INVALID when nothing visible defines it. */
  resolve(name: string, where: string): string {
    if (name === '') return '';
    for (let scope: Scope | null = this; scope !== null; scope = scope.#parent) {
      const unique = scope.#map.get(name);
      if (unique !== undefined) return unique;
    }
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      `Value '${name}' is used by ${where} but nothing defines it.`,
      {
        value: name,
      },
    );
  }
}

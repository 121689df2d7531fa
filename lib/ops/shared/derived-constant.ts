// Constants computed from constants (permuted or biased weights), kept while memory allows: plans for other shapes mostly
// follow soon and find them made. The engine knows them again by their bytes and keeps what it packs of them.
import type { TensorValue } from '../../tensor/tensor.js';

const cache = new WeakMap<TensorValue, Map<string, WeakRef<TensorValue>>>();

/** make() of `source`, or what it made before. `tag` says all that make() depends on. */
export function derivedConstant(source: TensorValue, tag: string, make: () => TensorValue): TensorValue {
  let derived = cache.get(source);
  if (derived === undefined) {
    derived = new Map();
    cache.set(source, derived);
  }
  const known = derived.get(tag)?.deref();
  if (known !== undefined) return known;
  const made = make();
  derived.set(tag, new WeakRef(made));
  return made;
}

// Constants computed from constants (permuted or biased weights), kept as long as the tensor they come from: every
// plan of a session gets the same object, so the engine keeps and packs it once.
import type { TensorValue } from '../../tensor/tensor.js';

const cache = new WeakMap<TensorValue, Map<string, TensorValue>>();

/** make() of `source` the first time, the same tensor after that. `tag` says all that make() depends on. */
export function derivedConstant(source: TensorValue, tag: string, make: () => TensorValue): TensorValue {
  let derived = cache.get(source);
  if (derived === undefined) {
    derived = new Map();
    cache.set(source, derived);
  }
  const known = derived.get(tag) ?? make();
  derived.set(tag, known);
  return known;
}
